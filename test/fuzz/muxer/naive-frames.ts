import { NaiveError } from './naive-bits.js';

/** The finding at a place: a whole frame, or a fault. */
export type NaiveFrame = { length: number; kind: string } | string;

/** Frames of an audio packet, each with the number of frames that seem to be missing in front of it. */
export function naiveFrames(
  bytes: readonly number[],
  look: (rest: readonly number[]) => NaiveFrame,
  cutOff: string,
): { frames: { at: number; length: number; missing: number }[]; damage: string | undefined } {
  const frameAt = (at: number): { length: number; kind: string } | undefined => {
    const seen = look(bytes.slice(at));
    return typeof seen === 'string' ? undefined : seen;
  };
  let content = bytes.length;
  while (content > 0 && bytes[content - 1] === 0) content--;
  const frames: { at: number; length: number; missing: number }[] = [];
  let damage: string | undefined;
  let at = 0;
  let missing = 0;
  const first = frameAt(0);
  if (first !== undefined && first.length === bytes.length)
    return { frames: [{ at, missing, ...first }], damage };
  while (at < content) {
    const padding = bytes.findIndex((byte, i) => i >= at && byte !== 0);
    if (frameAt(padding) !== undefined) at = padding;
    const frame = frameAt(at);
    const end = at + (frame?.length ?? 0);
    let other: number | undefined;
    if (frame !== undefined && end < content && frameAt(end) === undefined) {
      for (let i = at + 1; i < end && other === undefined; i++) {
        const inner = frameAt(i);
        if (i < at + headerSizes[cutOff]! || inner?.kind !== frame.kind) continue;
        if (i + inner.length === bytes.length || frameAt(i + inner.length) !== undefined) other = i;
      }
    }
    if (frame !== undefined && other === undefined) {
      frames.push({ at, length: frame.length, missing });
      if (frames.length > 1024) throw new NaiveError('ERR_CLOUDPUSH_AUDIO_FRAME_LIMIT');
      missing = 0;
      at = end;
      continue;
    }
    damage ??= frame === undefined ? (look(bytes.slice(at)) as string) : cutOff;
    const known = frames.length === 0 ? undefined : frameAt(frames.at(-1)!.at)!.kind;
    for (let i = at + 1; i < content && other === undefined; i++) {
      const candidate = frameAt(i);
      if (candidate === undefined) continue;
      const behind = i + candidate.length;
      if (behind >= content || frameAt(behind) !== undefined || candidate.kind === known) other = i;
    }
    const next = other ?? bytes.length;
    missing = 2 * (next - at) >= (frameAt(next)?.length ?? 0) ? 1 : 0;
    at = next;
  }
  if (frames.length === 0) throw new NaiveError(damage ?? (look(bytes) as string));
  return { frames, damage };
}

const headerSizes: Record<string, number> = { ERR_CLOUDPUSH_ADTS_CUT_OFF: 7, ERR_CLOUDPUSH_MP3_CUT_OFF: 4 };
