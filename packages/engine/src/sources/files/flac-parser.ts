import type { SourcePacket } from '../packet.js';
import { InvalidMedia, type PacketParser } from './packet-parser.js';
import { Pieces } from './pieces.js';

const STREAM_INFO_SIZE = 34;
/** fLaC, a block header and STREAMINFO. */
const HEADER_SIZE = 8 + STREAM_INFO_SIZE;
/** The longest frame header (RFC 9639 §9.1). */
const MAX_FRAME_HEADER = 16;
/** A longer frame fits no message. */
const MAX_FRAME_SIZE = 0xff_ffff;

/** The fields of a frame header. */
interface FrameHeader {
  readonly samples: number;
  /** The number of the frame, or of its first sample. */
  readonly number: number;
  readonly variable: boolean;
}

/** FLAC files (RFC 9639): the stream header, then one packet a frame, timed by counting samples. */
export class FlacParser implements PacketParser {
  readonly notices: string[] = [];
  readonly #pieces = new Pieces();
  #state: 'start' | 'metadata' | 'frames' = 'start';
  /** Bytes of metadata blocks that are still to be passed over. */
  #toSkip = 0;
  #isLastBlock = false;
  #sampleRate = 0;
  #samples = 0;
  /** Of the frame at the start of what is left. */
  #current: FrameHeader | undefined;
  /** Offset up to which its end has been looked for. */
  #searched = 0;

  push(piece: Uint8Array): SourcePacket[] {
    this.#pieces.push(piece);
    const packets: SourcePacket[] = [];
    if (this.#state === 'start') this.#readStart(packets);
    if (this.#state === 'metadata') this.#passMetadata();
    if (this.#state === 'frames') this.#readFrames(packets);
    return packets;
  }

  end(): SourcePacket[] {
    return this.#current === undefined ? [] : [this.#frame(this.#pieces.data.length)];
  }

  #readStart(packets: SourcePacket[]): void {
    const { data } = this.#pieces;
    if (data.length < HEADER_SIZE) return;
    if (data.toString('latin1', 0, 4) !== 'fLaC' || (data[4]! & 0x7f) !== 0) {
      throw new InvalidMedia('the file does not begin with fLaC and a STREAMINFO block', 0);
    }
    this.#isLastBlock = data[4]! >= 0x80;
    this.#toSkip = data.readUIntBE(5, 3) - STREAM_INFO_SIZE;
    this.#sampleRate = data.readUIntBE(18, 3) >> 4;
    if (this.#toSkip < 0 || this.#sampleRate === 0)
      throw new InvalidMedia('the STREAMINFO block is not valid', 4);
    const header = this.#pieces.take(HEADER_SIZE);
    this.#state = 'metadata';
    packets.push({
      ...{ kind: 'audio', codec: 'flac', data: header, pts: 0, dts: 0, keyFrame: true },
      ...{ duration: 100, isHeader: true },
    });
  }

  #passMetadata(): void {
    for (;;) {
      const taken = Math.min(this.#toSkip, this.#pieces.data.length);
      this.#pieces.take(taken);
      this.#toSkip -= taken;
      if (this.#toSkip > 0) return;
      if (this.#isLastBlock) {
        this.#state = 'frames';
        return;
      }
      const { data } = this.#pieces;
      if (data.length < 4) return;
      this.#isLastBlock = data[0]! >= 0x80;
      this.#toSkip = data.readUIntBE(1, 3);
      this.#pieces.take(4);
    }
  }

  /**
   * A frame ends where the header of the one that follows it stands: its number goes on, and its checksum is
   * right.
   */
  #readFrames(packets: SourcePacket[]): void {
    for (;;) {
      const { data, offset } = this.#pieces;
      if (this.#current === undefined) {
        if (data.length < MAX_FRAME_HEADER) return;
        this.#current = readFrameHeader(data, 0);
        if (this.#current === undefined) throw new InvalidMedia('a FLAC frame was expected', offset);
        this.#searched = 2;
      }
      const next = this.#findNext(this.#current);
      if (next === undefined) {
        if (data.length > MAX_FRAME_SIZE)
          throw new InvalidMedia('the end of a FLAC frame was not found', offset);
        return;
      }
      packets.push(this.#frame(next));
    }
  }

  #findNext({ number, samples, variable }: FrameHeader): number | undefined {
    const { data } = this.#pieces;
    const expected = variable ? number + samples : number + 1;
    for (;;) {
      const at = data.indexOf(0xff, this.#searched);
      if (at < 0 || at + MAX_FRAME_HEADER > data.length) {
        this.#searched = at < 0 ? data.length : at;
        return undefined;
      }
      const header = readFrameHeader(data, at);
      if (header !== undefined && header.variable === variable && header.number === expected) return at;
      this.#searched = at + 1;
    }
  }

  #frame(size: number): SourcePacket {
    const { samples } = this.#current!;
    const dts = (this.#samples * 1000) / this.#sampleRate;
    this.#samples += samples;
    this.#current = undefined;
    const data = this.#pieces.take(size);
    const duration = (samples * 1000) / this.#sampleRate;
    return { kind: 'audio', codec: 'flac', data, pts: dts, dts, keyFrame: true, duration };
  }
}

/** The frame header at `at`, whose checksum is right; 16 bytes are there. */
function readFrameHeader(data: Buffer, at: number): FrameHeader | undefined {
  if (data[at] !== 0xff || (data[at + 1]! & 0xfe) !== 0xf8) return undefined;
  const sizeCode = data[at + 2]! >> 4;
  const rateCode = data[at + 2]! & 15;
  if (sizeCode === 0 || rateCode === 15) return undefined;
  const first = data[at + 4]!;
  const ones = Math.clz32(~(first << 24));
  const length = ones === 0 ? 1 : ones;
  if (ones === 1 || length > 7) return undefined;
  const number = readCodedNumber(data, at + 4, length, ones === 0 ? first : first & (0x7f >> ones));
  if (number === undefined) return undefined;
  let end = at + 4 + length;
  const samples =
    sizeCode === 6 ? data[end]! + 1 : sizeCode === 7 ? data.readUInt16BE(end) + 1 : samplesOf(sizeCode);
  end += sizeCode === 6 ? 1 : sizeCode === 7 ? 2 : 0;
  end += rateCode === 12 ? 1 : rateCode === 13 || rateCode === 14 ? 2 : 0;
  if (crc8(data, at, end) !== data[end]) return undefined;
  return { samples, number, variable: (data[at + 1]! & 1) === 1 };
}

/**
 * The number of a frame or sample (RFC 9639 §9.1.5), whose first byte has given `first`: six bits in each
 * byte that follows.
 */
function readCodedNumber(data: Buffer, at: number, length: number, first: number): number | undefined {
  let number = first;
  for (let i = 1; i < length; i++) {
    const byte = data[at + i]!;
    if ((byte & 0xc0) !== 0x80) return undefined;
    number = number * 64 + (byte & 0x3f);
  }
  return number;
}

/** RFC 9639 §9.1.1. */
function samplesOf(code: number): number {
  return code === 1 ? 192 : code <= 5 ? 144 << code : 1 << code;
}

/** x^8 + x^2 + x + 1 (RFC 9639 §9.1.8). */
function crc8(data: Uint8Array, start: number, end: number): number {
  let crc = 0;
  for (let i = start; i < end; i++) {
    crc ^= data[i]!;
    for (let bit = 0; bit < 8; bit++) crc = crc & 0x80 ? ((crc << 1) ^ 0x07) & 0xff : crc << 1;
  }
  return crc;
}
