import { readUint16 } from '../bits/bytes.js';
import { MuxerError } from '../errors.js';
import type { FrameReader } from '../frames/frame-sync.js';

const SYNC_WORD = 0x0b77;
/** Bytes that tell all that is asked for here. */
const HEADER_SIZE = 7;

const sampleRates = [48_000, 44_100, 32_000];
/** kbit/s by frmsizecod / 2 (ATSC A/52 Table 5.18). */
const bitRates = [32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384, 448, 512, 576, 640];
/** Channels by acmod, without the low frequency channel (Table 5.8). */
const channelCounts = [2, 1, 2, 3, 3, 4, 4, 5];
/** Audio blocks by numblkscod (Table E2.4). */
const blockCounts = [1, 2, 3, 6];
const SAMPLES_PER_BLOCK = 256;
/** bsid up to here is AC-3, above it, up to 16, E-AC-3 (§E.2.3.1.6). */
const LAST_AC3_BSID = 10;
const LAST_BSID = 16;

/** A field of the header that is not what it may be. */
export interface WrongField {
  readonly field: string;
  readonly actual: number;
  readonly permitted: string;
}

/** The header of an AC-3 or E-AC-3 synchronization frame (ATSC A/52 §5.3, §E.2.2). One object is reused. */
export class SyncFrame implements FrameReader {
  readonly prefixSize = HEADER_SIZE;
  readonly syncByte = SYNC_WORD >> 8;
  readonly cutOffCode = 'ERR_CLOUDPUSH_AC3_CUT_OFF';
  enhanced = false;
  /** Bytes of the whole frame. */
  length = 0;
  sampleRate = 0;
  channels = 0;
  samples = 0;
  /** The frame begins an access unit: it is no dependent substream, and the first of the independent ones. */
  first = true;

  /** Reads the header at data[offset] and checks that the whole frame is there. Throws MuxerError. */
  read(data: Uint8Array, offset: number): void {
    const left = data.length - offset;
    if (left < HEADER_SIZE) throw cutOff(offset, left, HEADER_SIZE);
    const sync = readUint16(data, offset);
    if (sync !== SYNC_WORD) {
      throw new MuxerError('ERR_CLOUDPUSH_AC3_SYNC', {
        offset,
        actual: `0x${sync.toString(16)}`,
        permitted: '0xb77',
      });
    }
    const problem = this.readFields(data, offset);
    if (problem !== undefined) {
      const { field, actual, permitted } = problem;
      throw new MuxerError('ERR_CLOUDPUSH_AC3_HEADER_INVALID', { offset, field, actual, permitted });
    }
    if (left < this.length) throw cutOff(offset, left, this.length);
  }

  lengthAt(data: Uint8Array, offset: number): number {
    if (readUint16(data, offset) !== SYNC_WORD) return 0;
    return this.readFields(data, offset) === undefined ? this.length : 0;
  }

  /** AC-3 or E-AC-3, and the sample rate. */
  kindAt(data: Uint8Array, offset: number): number {
    return (data[offset + 4]! & 0xc0) | (data[offset + 5]! >> 3 > LAST_AC3_BSID ? 1 : 0);
  }

  /**
   * Reads the fields behind the sync word, which must be there; gives the one that is wrong, without
   * throwing.
   */
  readFields(data: Uint8Array, offset: number): WrongField | undefined {
    const bsid = data[offset + 5]! >> 3;
    if (bsid > LAST_BSID) return { field: 'bsid', actual: bsid, permitted: `0 to ${LAST_BSID}` };
    this.enhanced = bsid > LAST_AC3_BSID;
    return this.enhanced ? this.#readEnhanced(data, offset) : this.#readBasic(data, offset, bsid);
  }

  #readBasic(data: Uint8Array, offset: number, bsid: number): WrongField | undefined {
    const rateCode = data[offset + 4]! >> 6;
    if (rateCode === 3) return { field: 'fscod', actual: rateCode, permitted: '0 to 2' };
    const sizeCode = data[offset + 4]! & 0x3f;
    const bitRate = bitRates[sizeCode >> 1];
    if (bitRate === undefined) return { field: 'frmsizecod', actual: sizeCode, permitted: '0 to 37' };
    // At 44.1 kHz the length is no whole number of words, so every other frame has one more.
    const words =
      rateCode === 0
        ? 2 * bitRate
        : rateCode === 2
          ? 3 * bitRate
          : Math.floor((320 * bitRate) / 147) + (sizeCode & 1);
    this.length = 2 * words;
    this.sampleRate = sampleRates[rateCode]! >> Math.max(0, bsid - 8);
    this.samples = 6 * SAMPLES_PER_BLOCK;
    this.first = true;
    const mode = data[offset + 6]! >> 5;
    // Before lfeon: cmixlev with three front channels, surmixlev with surround channels, dsurmod in stereo.
    const before =
      ((mode & 1) === 1 && mode !== 1 ? 2 : 0) + ((mode & 4) !== 0 ? 2 : 0) + (mode === 2 ? 2 : 0);
    this.channels = channelCounts[mode]! + ((data[offset + 6]! >> (4 - before)) & 1);
    return undefined;
  }

  #readEnhanced(data: Uint8Array, offset: number): WrongField | undefined {
    const streamType = data[offset + 2]! >> 6;
    if (streamType === 3) return { field: 'strmtyp', actual: streamType, permitted: '0 to 2' };
    const subStreamId = (data[offset + 2]! >> 3) & 7;
    this.first = streamType !== 1 && subStreamId === 0;
    this.length = 2 * ((readUint16(data, offset + 2) & 0x7ff) + 1);
    const rateCode = data[offset + 4]! >> 6;
    const blocksCode = (data[offset + 4]! >> 4) & 3;
    if (rateCode === 3 && blocksCode === 3)
      return { field: 'fscod2', actual: blocksCode, permitted: '0 to 2' };
    // fscod 3 halves the rate, and its place is taken by fscod2.
    this.sampleRate = rateCode === 3 ? sampleRates[blocksCode]! / 2 : sampleRates[rateCode]!;
    this.samples = SAMPLES_PER_BLOCK * (rateCode === 3 ? 6 : blockCounts[blocksCode]!);
    const mode = (data[offset + 4]! >> 1) & 7;
    this.channels = channelCounts[mode]! + (data[offset + 4]! & 1);
    if (this.length >= HEADER_SIZE) return undefined;
    return { field: 'frmsiz', actual: this.length / 2 - 1, permitted: `≥ ${HEADER_SIZE / 2 - 1}` };
  }
}

function cutOff(offset: number, actual: number, permitted: number): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_AC3_CUT_OFF', {
    offset,
    actual: `${actual} bytes`,
    permitted: `≥ ${permitted} bytes`,
  });
}
