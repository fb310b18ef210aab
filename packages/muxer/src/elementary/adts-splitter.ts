import { ADTS_HEADER_SIZE, AdtsHeader } from '../aac/adts-header.js';
import { configurationChannels } from '../aac/sampling-frequencies.js';
import { type AudioFrame, SampleClock } from './audio-frame.js';
import { type FrameFormat, FrameSplitter } from './frame-splitter.js';
import { id3TagLength } from './id3.js';

/**
 * Cuts an AAC stream of ADTS frames, which comes in pieces of any size, into frames.
 *
 * @example
 * const splitter = new AdtsSplitter();
 * for await (const piece of stream) for (const frame of splitter.push(piece)) use(frame);
 * for (const frame of splitter.flush()) use(frame);
 */
export class AdtsSplitter extends FrameSplitter {
  constructor() {
    super(new AdtsFormat());
  }
}

class AdtsFormat implements FrameFormat {
  readonly prefixSize = ADTS_HEADER_SIZE;
  readonly syncByte = 0xff;
  readonly #header = new AdtsHeader();
  readonly #clock = new SampleClock();

  lengthAt(data: Uint8Array, offset: number): number {
    return this.#header.lengthAt(data, offset);
  }

  kindAt(data: Uint8Array, offset: number): number {
    return this.#header.kindAt(data, offset);
  }

  skip(data: Uint8Array, offset: number): number {
    return id3TagLength(data, offset);
  }

  frame(data: Uint8Array, offset: number, skippedBytes: number, lost: number): AudioFrame {
    const header = this.#header;
    header.readFields(data, 0);
    const samples = 1024 * header.rawDataBlocks;
    const { sampleRate } = header;
    const channels = configurationChannels[header.channelConfiguration]!;
    if (lost > 0) this.#clock.next(lost * samples, sampleRate);
    const time = this.#clock.next(samples, sampleRate);
    return { data, offset, skippedBytes, sampleRate, channels, samples, time };
  }
}
