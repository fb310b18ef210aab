import { MPEG_AUDIO_HEADER_SIZE, MpegAudioHeader } from '../mp3/mpeg-audio-header.js';
import { type AudioFrame, SampleClock } from './audio-frame.js';
import { type FrameFormat, FrameSplitter } from './frame-splitter.js';
import { id3TagLength } from './id3.js';

/**
 * Cuts an MP3 stream, which comes in pieces of any size, into frames. ID3 tags and the frame that holds an
 * encoder's Xing or Info header (no sound) are left out.
 */
export class Mp3Splitter extends FrameSplitter {
  constructor() {
    super(new Mp3Format());
  }
}

class Mp3Format implements FrameFormat {
  readonly prefixSize = MPEG_AUDIO_HEADER_SIZE;
  readonly syncByte = 0xff;
  readonly #header = new MpegAudioHeader();
  readonly #clock = new SampleClock();
  #first = true;

  lengthAt(data: Uint8Array, offset: number): number {
    return this.#header.lengthAt(data, offset);
  }

  kindAt(data: Uint8Array, offset: number): number {
    return this.#header.kindAt(data, offset);
  }

  skip(data: Uint8Array, offset: number): number {
    return id3TagLength(data, offset);
  }

  frame(data: Uint8Array, offset: number, skippedBytes: number, lost: number): AudioFrame | undefined {
    const first = this.#first;
    this.#first = false;
    if (first && isInfoFrame(data)) return undefined;
    const header = this.#header;
    header.readFields(data, 0);
    const { sampleRate, channels, samplesPerFrame: samples } = header;
    if (lost > 0) this.#clock.next(lost * samples, sampleRate);
    const time = this.#clock.next(samples, sampleRate);
    return { data, offset, skippedBytes, sampleRate, channels, samples, time };
  }
}

/** An encoder's header takes the place of the sound behind the (empty) side information. */
function isInfoFrame(frame: Uint8Array): boolean {
  const mpeg1 = (frame[1]! & 8) !== 0;
  const mono = frame[3]! >> 6 === 3;
  const sideInformation = mpeg1 ? (mono ? 17 : 32) : mono ? 9 : 17;
  const crc = (frame[1]! & 1) === 0 ? 2 : 0;
  const at = MPEG_AUDIO_HEADER_SIZE + crc + sideInformation;
  const name = Buffer.from(frame.subarray(at, at + 4)).toString('latin1');
  return name === 'Xing' || name === 'Info';
}
