import { AdtsSplitter, type AudioFrame, Mp3Splitter } from '@cloudpush/muxer';
import type { SourcePacket } from '../packet.js';
import { InvalidMedia, type PacketParser } from './packet-parser.js';

const FORMATS = {
  aac: { name: 'ADTS', create: () => new AdtsSplitter() },
  mp3: { name: 'MP3', create: () => new Mp3Splitter() },
} as const;

/** Bytes without one frame after which a file is not what its name says. */
const MAX_SEARCH = 0x10_0000;

/** AAC with ADTS headers, or MP3: one packet a frame, timed by counting samples. */
export class AudioParser implements PacketParser {
  readonly #codec: 'aac' | 'mp3';
  readonly #splitter: AdtsSplitter | Mp3Splitter;
  #found = false;

  constructor(codec: 'aac' | 'mp3') {
    this.#codec = codec;
    this.#splitter = FORMATS[codec].create();
  }

  get notices(): string[] {
    const { skippedBytes } = this.#splitter;
    return skippedBytes === 0 ? [] : [`${skippedBytes} bytes belong to no frame and are left out`];
  }

  get losses(): string[] {
    const { lostFrames } = this.#splitter;
    return lostFrames === 0 ? [] : [`damage has cost about ${lostFrames} of its audio frames`];
  }

  push(piece: Uint8Array): SourcePacket[] {
    const packets = this.#packets(this.#splitter.push(piece));
    if (!this.#found && this.#splitter.skippedBytes > MAX_SEARCH) throw this.#notAudio();
    return packets;
  }

  end(): SourcePacket[] {
    const packets = this.#packets(this.#splitter.flush());
    if (!this.#found) throw this.#notAudio();
    return packets;
  }

  #packets(frames: readonly AudioFrame[]): SourcePacket[] {
    this.#found ||= frames.length > 0;
    return frames.map(({ data, time, samples, sampleRate }) => ({
      kind: 'audio',
      codec: this.#codec,
      data,
      pts: time,
      dts: time,
      keyFrame: true,
      duration: (samples * 1000) / sampleRate,
    }));
  }

  #notAudio(): InvalidMedia {
    return new InvalidMedia(`no ${FORMATS[this.#codec].name} frame was found`, 0);
  }
}
