import type { MediaSink } from '../../sources/rtsp/depacketize/media-sink.js';
import type { AudioTranscoder } from './audio-transcoder.js';

/** Hands the sound of a camera to a transcoder. What the transcoder has no room for is lost. */
export class TranscodingSink implements MediaSink {
  readonly #transcoder: AudioTranscoder;
  readonly #onRefused: () => void;
  readonly #limit: number;
  readonly #frame: Uint8Array;
  #bytes = 0;

  /** @param limit bytes of the largest frame */
  constructor(transcoder: AudioTranscoder, limit: number, onRefused: () => void) {
    this.#transcoder = transcoder;
    this.#onRefused = onRefused;
    this.#limit = limit;
    this.#frame = new Uint8Array(limit);
  }

  /** Of AAC only, which is not transcoded. */
  configure(): void {}

  begin(): void {
    this.#bytes = 0;
  }

  /** Of video only. */
  beginNalUnit(): void {}

  append(bytes: Uint8Array, start: number, end: number): void {
    const length = Math.min(end - start, this.#limit - this.#bytes);
    this.#frame.set(bytes.subarray(start, start + length), this.#bytes);
    this.#bytes += length;
  }

  end(pts: number): void {
    if (!this.#transcoder.write(this.#frame.subarray(0, this.#bytes), pts)) this.#onRefused();
    this.#bytes = 0;
  }

  abort(): void {
    this.#bytes = 0;
  }
}
