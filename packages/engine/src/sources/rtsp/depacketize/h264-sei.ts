/** payloadType of a recovery point SEI message (H.264 §D.1.8). */
const RECOVERY_POINT = 6;

/**
 * Tells whether an SEI NAL unit holds a recovery point (H.264 §7.3.2.3). `start` is behind the NAL unit's
 * header. Emulation prevention bytes stand inside of payloads, whose size does not count them: none is in a
 * recovery point's way unless a longer payload comes before it.
 */
export function hasRecoveryPoint(bytes: Uint8Array, start: number, end: number): boolean {
  let at = start;
  while (at + 2 < end) {
    let type = 0;
    while (at < end && bytes[at] === 0xff) {
      type += 255;
      at++;
    }
    type += bytes[at++] ?? 0;
    if (type === RECOVERY_POINT) return true;
    let size = 0;
    while (at < end && bytes[at] === 0xff) {
      size += 255;
      at++;
    }
    size += bytes[at++] ?? 0;
    at += size;
  }
  return false;
}
