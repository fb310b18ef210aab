import { MuxerError } from '../errors.js';
import { fourCcOf } from '../four-cc.js';
import type { AudioFormat } from '../frames/audio-format.js';
import { wholeFrameAt } from '../frames/frame-sync.js';
import type { PacketFrames } from '../frames/packet-frames.js';
import { SyncFrame } from './sync-frame.js';

/**
 * AC-3 or E-AC-3 synchronization frames, one or more in a packet. Frames of E-AC-3 that belong together
 * (dependent and further independent substreams) stay in one tag. There is no sequence header: every frame
 * tells all.
 */
export class Ac3Format implements AudioFormat {
  readonly codec: 'ac3' | 'eac3';
  readonly fourCc: number;
  readonly hasStreamHeader = false;
  readonly sampleSize = 16;
  readonly configuration = undefined;
  readonly #frame = new SyncFrame();
  frameLength = 0;
  samples = 0;
  sampleRate = 0;
  channels = 0;
  samplesPerFrame: number | undefined;

  constructor(codec: 'ac3' | 'eac3') {
    this.codec = codec;
    this.fourCc = fourCcOf(codec);
  }

  takeStreamHeader(): boolean {
    return false;
  }

  find(data: Uint8Array, frames: PacketFrames): void {
    const frame = this.#frame;
    frames.find(data, frame);
    for (let i = 1; i < frames.count; i++) {
      const before = frames.starts[i - 1]!;
      const start = frames.starts[i]!;
      const beforeEnd = this.#endOf(data, before, start);
      frame.readFields(data, start);
      if (!frame.first && beforeEnd === start) frames.join(i--);
    }
  }

  /** Returns the end of the frames that begin at `start` and follow each other up to `limit`, at most. */
  #endOf(data: Uint8Array, start: number, limit: number): number {
    let end = start;
    while (end < limit) end += this.#frame.lengthAt(data, end) || limit;
    return end;
  }

  readFrame(data: Uint8Array, offset: number): void {
    const frame = this.#frame;
    this.#read(data, offset);
    this.samples = frame.samples;
    this.sampleRate = frame.sampleRate;
    this.channels = frame.channels;
    this.samplesPerFrame = frame.samples;
    let end = offset + frame.length;
    while (wholeFrameAt(frame, data, end) > 0) {
      this.#read(data, end);
      if (frame.first) break;
      end += frame.length;
    }
    this.frameLength = end - offset;
  }

  #read(data: Uint8Array, offset: number): void {
    this.#frame.read(data, offset);
    if (this.#frame.enhanced === (this.codec === 'eac3')) return;
    throw new MuxerError('ERR_CLOUDPUSH_AC3_HEADER_INVALID', {
      offset,
      field: 'bsid',
      actual: data[offset + 5]! >> 3,
      permitted: this.codec === 'ac3' ? '0 to 10 (AC-3)' : '11 to 16 (E-AC-3)',
    });
  }
}
