import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { AccessUnitSplitter } from '@cloudpush/muxer';

/** ms between two pictures of the clip. */
export const FRAME_MS = 40;
const CLOCK_RATE = 90_000;
const LARGEST_PAYLOAD = 1400;
const RTP_HEADER = 12;
const INTERLEAVED_HEADER = 4;
const PAYLOAD_TYPE = 96;
const FU_A = 28;
const START_CODE = Buffer.of(0, 0, 1);

/**
 * One picture as RTP packets (RFC 6184), interleaved (RFC 2326 §10.12), without their sequence numbers and
 * times.
 */
export interface RtpPicture {
  readonly bytes: Buffer;
  /** Offset of each packet. */
  readonly packets: readonly number[];
}

/** The bundled clip, as each camera sends it. */
export function loadRtpClip(): RtpPicture[] {
  const path = fileURLToPath(new URL('../../../packages/cloudpush/assets/clip.h264', import.meta.url));
  return accessUnits(readFileSync(path)).map(picture);
}

/** Puts sequence numbers and time into the packets of a picture. @returns the next sequence number */
export function stampPicture({ bytes, packets }: RtpPicture, frame: number, sequence: number): number {
  const time = (frame * FRAME_MS * (CLOCK_RATE / 1000)) >>> 0;
  let next = sequence;
  for (const at of packets) {
    bytes.writeUInt16BE(next & 0xffff, at + INTERLEAVED_HEADER + 2);
    bytes.writeUInt32BE(time, at + INTERLEAVED_HEADER + 4);
    next++;
  }
  return next;
}

function accessUnits(stream: Buffer): Uint8Array[] {
  const splitter = new AccessUnitSplitter('h264');
  const units = [...splitter.push(stream), ...splitter.flush()];
  return units.map(({ data }) => Uint8Array.from(data));
}

function picture(accessUnit: Uint8Array): RtpPicture {
  const units = nalUnits(accessUnit);
  const packets: number[] = [];
  const pieces: Buffer[] = [];
  let size = 0;
  for (const [index, unit] of units.entries()) {
    const payloads = payloadsOf(unit);
    for (const [i, payload] of payloads.entries()) {
      const isLast = index === units.length - 1 && i === payloads.length - 1;
      const piece = packet(payload, isLast);
      packets.push(size);
      pieces.push(piece);
      size += piece.length;
    }
  }
  return { bytes: Buffer.concat(pieces), packets };
}

function nalUnits(accessUnit: Uint8Array): Buffer[] {
  const bytes = Buffer.from(accessUnit);
  const starts: number[] = [];
  for (let at = bytes.indexOf(START_CODE); at >= 0; at = bytes.indexOf(START_CODE, at + START_CODE.length)) {
    starts.push(at + START_CODE.length);
  }
  return starts.map((start, i) => {
    let end = i + 1 < starts.length ? starts[i + 1]! - START_CODE.length : bytes.length;
    // The first zero of a start code of four bytes.
    while (bytes[end - 1] === 0) end--;
    return bytes.subarray(start, end);
  });
}

function payloadsOf(unit: Buffer): Buffer[] {
  if (unit.length <= LARGEST_PAYLOAD) return [unit];
  const header = unit[0]!;
  const payloads: Buffer[] = [];
  for (let at = 1; at < unit.length; at += LARGEST_PAYLOAD) {
    const end = Math.min(unit.length, at + LARGEST_PAYLOAD);
    const flags = (at === 1 ? 0x80 : 0) | (end === unit.length ? 0x40 : 0);
    const indicator = Buffer.of((header & 0xe0) | FU_A, flags | (header & 0x1f));
    payloads.push(Buffer.concat([indicator, unit.subarray(at, end)]));
  }
  return payloads;
}

function packet(payload: Buffer, isLast: boolean): Buffer {
  const head = Buffer.alloc(INTERLEAVED_HEADER + RTP_HEADER);
  head[0] = 0x24;
  head.writeUInt16BE(RTP_HEADER + payload.length, 2);
  head[INTERLEAVED_HEADER] = 0x80;
  head[INTERLEAVED_HEADER + 1] = PAYLOAD_TYPE | (isLast ? 0x80 : 0);
  head.writeUInt32BE(0x5eed_0001, INTERLEAVED_HEADER + 8);
  return Buffer.concat([head, payload]);
}
