import { Buffer } from 'node:buffer';

/** The codecs whose pictures can carry a stamp. */
export type StampedCodec = 'h264' | 'h265';

/**
 * The user data that carries the time at which a picture was due: what servers pass on untouched, and players
 * skip (H.264 Annex D.1.7, H.265 Annex D.2.7). The time is written in hex digits, so that nothing in it looks
 * like a start code.
 */
const UUID = Uint8Array.of(
  ...[0x9d, 0x3e, 0x51, 0xa8, 0x77, 0xc2, 0x4f, 0x06, 0xb1, 0x1f, 0x6a, 0xd4, 0x2b, 0x90, 0xe5, 0x18],
);
const DIGITS = 16;
/** Headers of the NAL units (H.264 §7.3.1; H.265 §7.3.1.2: prefix SEI of layer 0). */
const HEADER = { h264: [0x06], h265: [0x4e, 0x01] } as const;
/** payloadType of user_data_unregistered. */
const USER_DATA = 5;
/** rbsp_trailing_bits. */
const TRAILING = 0x80;
/** A stamp stands near the front of a picture: behind its delimiter, and what a server puts in front. */
const SEARCHED = 4096;

/** @param ms on a clock that the reader of the stamp shares; exact to a microsecond */
export function stampUnit(codec: StampedCodec, ms: number): Uint8Array {
  const digits = Math.round(ms * 1000)
    .toString(16)
    .padStart(DIGITS, '0');
  const header = HEADER[codec];
  return Uint8Array.of(
    ...header,
    USER_DATA,
    UUID.length + DIGITS,
    ...UUID,
    ...Buffer.from(digits, 'latin1'),
    TRAILING,
  );
}

/** Finds the stamp of a picture, wherever near its front it stands, in ms; undefined: there is none. */
export function readStamp(picture: Uint8Array): number | undefined {
  const front = Buffer.from(picture.buffer, picture.byteOffset, Math.min(picture.length, SEARCHED));
  const at = front.indexOf(UUID);
  if (at < 0) return undefined;
  const digits = front.toString('latin1', at + UUID.length, at + UUID.length + DIGITS);
  return /^[\da-f]{16}$/.test(digits) ? Number.parseInt(digits, 16) / 1000 : undefined;
}
