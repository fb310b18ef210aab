import { type AudioTiming, readAudioSpecificConfigAt } from './audio-specific-config.js';
import type { BitReader } from './bit-reader.js';

/** The fields of a LATM stream's StreamMuxConfig that its frames need (ISO/IEC 14496-3 §1.7.3.1). */
export interface StreamMuxConfig {
  readonly audioSpecificConfig: Uint8Array;
  readonly timing: AudioTiming;
  /** Frames of one AudioMuxElement. */
  readonly subFrames: number;
  /** Bits behind the frames of an AudioMuxElement that belong to nothing here. */
  readonly hasOtherData: boolean;
}

/**
 * Reads a StreamMuxConfig: one program with one layer of AAC. The reason in words when it is none of these.
 */
export function readStreamMuxConfig(reader: BitReader, bytes: Uint8Array): StreamMuxConfig | string {
  const version = reader.bits(1);
  if (version === 1 && reader.bits(1) !== 0) return 'audioMuxVersionA 1';
  if (version === 1) readLatmValue(reader); // taraBufferFullness
  if (!reader.flag()) return 'streams of different time framing';
  const subFrames = reader.bits(6) + 1;
  if (reader.bits(4) !== 0 || reader.bits(3) !== 0) return 'several programs or layers';
  const ascBits = version === 1 ? readLatmValue(reader) : -1;
  const ascStart = reader.position;
  const timing = readAudioSpecificConfigAt(reader);
  if (timing === undefined) return 'a configuration that is not AAC';
  if (reader.flag()) reader.skip(14); // dependsOnCoreCoder, coreCoderDelay
  if (reader.flag()) return 'a configuration with extensions'; // extensionFlag
  if (timing.channelConfiguration === 0 && ascBits < 0) return 'a program config element';
  const ascEnd = ascBits < 0 ? reader.position : ascStart + ascBits;
  if (ascEnd < reader.position || reader.overrun) return 'a configuration that is cut off';
  // Some servers leave out what follows, which then reads as zeros: frames with a length, and nothing else.
  reader.skip(ascEnd - reader.position);
  if (reader.bits(3) !== 0) return 'frames without a length'; // frameLengthType
  reader.skip(8); // latmBufferFullness
  const hasOtherData = reader.flag();
  if (hasOtherData) readOtherDataLength(reader, version);
  if (reader.flag()) reader.skip(8); // crcCheckSum
  const audioSpecificConfig = copyBits(bytes, ascStart, ascEnd);
  return { audioSpecificConfig, timing, subFrames, hasOtherData };
}

/** LatmGetValue(). */
function readLatmValue(reader: BitReader): number {
  return reader.bits(8 * (reader.bits(2) + 1));
}

function readOtherDataLength(reader: BitReader, version: number): void {
  if (version === 1) {
    readLatmValue(reader);
    return;
  }
  let escaped: boolean;
  do {
    escaped = reader.flag();
    reader.skip(8);
  } while (escaped && !reader.overrun);
}

/** The bits from `start` to `end` moved to a byte boundary, with zeros behind. */
function copyBits(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const target = new Uint8Array(Math.ceil((end - start) / 8));
  shiftBits(bytes, start, target, target.length);
  const unused = target.length * 8 - (end - start);
  if (unused > 0) target[target.length - 1]! &= 0xff << unused;
  return target;
}

/** Copies `count` bytes that begin at bit `start`. */
export function shiftBits(bytes: Uint8Array, start: number, target: Uint8Array, count: number): void {
  const shift = start & 7;
  let at = start >> 3;
  for (let i = 0; i < count; i++, at++) {
    target[i] = ((bytes[at]! << shift) | ((bytes[at + 1] ?? 0) >> (8 - shift))) & 0xff;
  }
}
