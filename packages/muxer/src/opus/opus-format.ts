import { MuxerError } from '../errors.js';
import { fourCcOf } from '../four-cc.js';
import type { AudioFormat } from '../frames/audio-format.js';
import type { PacketFrames } from '../frames/packet-frames.js';

const MAGIC = 'OpusHead';
const HEAD_SIZE = 19;
/** Opus counts its samples at 48 kHz, whatever was put in (RFC 7845 §4). */
const CLOCK_RATE = 48_000;
/** No packet is longer than 120 ms (RFC 6716 §3.4 [R5]). */
const LONGEST_PACKET = (CLOCK_RATE * 120) / 1000;

/** Samples of a frame at 48 kHz by config (RFC 6716 Table 2): SILK, hybrid, CELT. */
const silkFrames = [480, 960, 1920, 2880];
const hybridFrames = [480, 960];
const celtFrames = [120, 240, 480, 960];

/** Opus packets (RFC 6716), one in a packet, behind an OpusHead (RFC 7845 §5.1). */
export class OpusFormat implements AudioFormat {
  readonly codec = 'opus';
  readonly fourCc = fourCcOf('opus');
  readonly sampleRate = CLOCK_RATE;
  readonly hasStreamHeader = true;
  readonly sampleSize = 16;
  frameLength = 0;
  samples = 0;
  channels = 0;
  samplesPerFrame: number | undefined;
  configuration: Uint8Array | undefined;

  takeStreamHeader(data: Uint8Array): boolean {
    if (
      data.length < MAGIC.length ||
      Buffer.from(data.subarray(0, MAGIC.length)).toString('latin1') !== MAGIC
    ) {
      return false;
    }
    const channels = data[9];
    if (data.length < HEAD_SIZE || channels === 0) {
      throw invalid(
        'OpusHead',
        `${data.length} bytes, ${channels ?? 'no'} channels`,
        `≥ ${HEAD_SIZE} bytes, ≥ 1 channel`,
      );
    }
    if (data[8]! > 15) throw invalid('version', data[8]!, '0 to 15');
    if (data[18] !== 0 && data.length < HEAD_SIZE + 2 + channels!) {
      throw invalid('channel mapping table', `${data.length} bytes`, `≥ ${HEAD_SIZE + 2 + channels!} bytes`);
    }
    this.configuration = Uint8Array.from(data);
    this.channels = channels!;
    return true;
  }

  find(_data: Uint8Array, frames: PacketFrames): void {
    frames.takeWhole();
  }

  readFrame(data: Uint8Array, _offset: number, encrypted: boolean): void {
    this.frameLength = data.length;
    if (encrypted && this.configuration !== undefined) return;
    const toc = data[0]!;
    this.samples = frameSamples(toc >> 3) * frameCount(data, toc & 3);
    if (this.samples > LONGEST_PACKET)
      throw invalid('packet duration', this.samples, `≤ ${LONGEST_PACKET} samples`);
    this.samplesPerFrame = this.samples;
    if (this.configuration !== undefined) return;
    // A source without an OpusHead, such as RTP (RFC 7587), has mono or stereo, which the packet tells.
    this.channels = (toc & 4) === 0 ? 1 : 2;
    this.configuration = defaultHead(this.channels);
  }
}

function frameSamples(config: number): number {
  if (config < 12) return silkFrames[config % 4]!;
  if (config < 16) return hybridFrames[config % 2]!;
  return celtFrames[config % 4]!;
}

/** Frames in the packet by the code in the last bits of its TOC (RFC 6716 §3.2). */
function frameCount(data: Uint8Array, code: number): number {
  if (code < 3) return code === 0 ? 1 : 2;
  const count = data.length < 2 ? 0 : data[1]! & 0x3f;
  if (count === 0) throw invalid('frame count', count, '1 to 48');
  return count;
}

function defaultHead(channels: number): Uint8Array {
  const head = Buffer.alloc(HEAD_SIZE);
  head.write(MAGIC, 'latin1');
  head[8] = 1; // version
  head[9] = channels;
  head.writeUInt32LE(CLOCK_RATE, 12);
  return Uint8Array.from(head);
}

function invalid(field: string, actual: number | string, permitted: string): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_OPUS_INVALID', { offset: 0, field, actual, permitted });
}
