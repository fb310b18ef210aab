import { BitReader } from '../bits/bit-reader.js';
import { MuxerError } from '../errors.js';
import { fourCcOf } from '../four-cc.js';
import type { AudioFormat } from '../frames/audio-format.js';
import type { PacketFrames } from '../frames/packet-frames.js';

const MARKER = 0x66_4c_61_43; // fLaC
const BLOCK_HEADER_SIZE = 4;
const STREAM_INFO_SIZE = 34;
const HEADER_SIZE = 4 + BLOCK_HEADER_SIZE + STREAM_INFO_SIZE;

/** FLAC frames (RFC 9639 §9), one in a packet, behind a stream header with its STREAMINFO block (§8.2). */
export class FlacFormat implements AudioFormat {
  readonly codec = 'flac';
  readonly fourCc = fourCcOf('flac');
  readonly hasStreamHeader = true;
  frameLength = 0;
  samples = 0;
  sampleRate = 0;
  channels = 0;
  sampleSize = 16;
  samplesPerFrame: number | undefined;
  configuration: Uint8Array | undefined;

  takeStreamHeader(given: Uint8Array): boolean {
    const data = flacStreamHeader(given);
    if (data.length < 4 || new BitReader(data).bits(32) !== MARKER) return false;
    if (data.length < HEADER_SIZE || (data[4]! & 0x7f) !== 0) {
      throw invalid(
        'STREAMINFO',
        `${data.length} bytes`,
        `fLaC and a STREAMINFO block: ≥ ${HEADER_SIZE} bytes`,
      );
    }
    const reader = new BitReader(data, 4 + BLOCK_HEADER_SIZE);
    const smallest = reader.bits(16);
    const largest = reader.bits(16);
    reader.skip(48); // frame sizes
    const sampleRate = reader.bits(20);
    if (sampleRate === 0) throw invalid('sample rate', 0, '1 to 1048575');
    this.sampleRate = sampleRate;
    this.channels = reader.bits(3) + 1;
    this.sampleSize = reader.bits(5) + 1;
    this.samplesPerFrame = smallest === largest ? largest : undefined;
    this.configuration = Uint8Array.from(data.subarray(0, HEADER_SIZE));
    // Other metadata blocks stay behind, so STREAMINFO is the last one, and its length is known.
    this.configuration.set([0x80, 0, 0, STREAM_INFO_SIZE], 4);
    return true;
  }

  find(_data: Uint8Array, frames: PacketFrames): void {
    frames.takeWhole();
  }

  readFrame(data: Uint8Array, offset: number, encrypted: boolean): void {
    this.frameLength = data.length;
    if (this.configuration === undefined) {
      throw new MuxerError('ERR_CLOUDPUSH_FLAC_NO_STREAM_INFO', { offset, actual: 'none', permitted: 'one' });
    }
    if (encrypted) return;
    if (data.length < 5 || data[0] !== 0xff || (data[1]! & 0xfe) !== 0xf8) {
      throw invalid(
        'frame sync code',
        `0x${Buffer.from(data.subarray(0, 2)).toString('hex')}`,
        '0xfff8 or 0xfff9',
      );
    }
    this.samples = blockSize(data);
  }
}

/**
 * The stream header with its marker and block header in front of STREAMINFO. Some writers, FFmpeg 8.1 for
 * one, leave them out: bare STREAMINFO is told from a frame by its size and by what a frame begins with.
 */
export function flacStreamHeader(data: Uint8Array): Uint8Array {
  if (data.length !== STREAM_INFO_SIZE || (data[0] === 0xff && (data[1]! & 0xfe) === 0xf8)) return data;
  const header = new Uint8Array(HEADER_SIZE);
  header.set([0x66, 0x4c, 0x61, 0x43, 0x80, 0, 0, STREAM_INFO_SIZE]);
  header.set(data, HEADER_SIZE - STREAM_INFO_SIZE);
  return header;
}

/**
 * Samples of the block by the first bits of the frame header (RFC 9639 §9.1.1); the number field is
 * UTF-8-like.
 */
function blockSize(data: Uint8Array): number {
  const code = data[2]! >> 4;
  if (code === 0) throw invalid('block size', 0, '1 to 15');
  if (code === 1) return 192;
  if (code <= 5) return 144 << code;
  if (code >= 8) return 1 << code;
  const at = 4 + codedNumberLength(data[4]!);
  const bytes = code - 5;
  if (data.length < at + bytes)
    throw invalid('frame header', `${data.length} bytes`, `≥ ${at + bytes} bytes`);
  return (bytes === 1 ? data[at]! : (data[at]! << 8) | data[at + 1]!) + 1;
}

function codedNumberLength(first: number): number {
  const ones = Math.clz32(~(first << 24));
  return ones === 0 ? 1 : ones;
}

function invalid(field: string, actual: number | string, permitted: string): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_FLAC_INVALID', { offset: 0, field, actual, permitted });
}
