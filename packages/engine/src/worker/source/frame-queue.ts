import type { SourceAudioFrame } from './transcoder-module.js';

/** The most that is held: some seconds of sound. */
const MAX_FRAMES = 256;
const MAX_BYTES = 256 * 1024;

type Taken = IteratorResult<SourceAudioFrame, undefined>;

const END: Taken = { done: true, value: undefined };

/** Audio frames on their way to one reader, in a bounded queue. */
export class FrameQueue
  implements AsyncIterable<SourceAudioFrame>, AsyncIterator<SourceAudioFrame, undefined>
{
  readonly #frames: SourceAudioFrame[] = [];
  readonly #onTaken: () => void;
  #bytes = 0;
  #ended = false;
  #reader: ((taken: Taken) => void) | undefined;

  /** @param onTaken there is room for one more */
  constructor(onTaken: () => void) {
    this.#onTaken = onTaken;
  }

  get isFull(): boolean {
    return this.#frames.length >= MAX_FRAMES || this.#bytes >= MAX_BYTES;
  }

  /** False when it is full, or has ended: nothing was taken. */
  push(frame: SourceAudioFrame): boolean {
    if (this.#ended || this.isFull) return false;
    const reader = this.#reader;
    this.#reader = undefined;
    if (reader !== undefined) reader({ done: false, value: frame });
    else {
      this.#frames.push(frame);
      this.#bytes += frame.data.length;
    }
    return true;
  }

  get hasEnded(): boolean {
    return this.#ended;
  }

  /** No more frames come. */
  end(): void {
    this.#ended = true;
    this.#reader?.(END);
    this.#reader = undefined;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<Taken> {
    const value = this.#frames.shift();
    if (value === undefined) {
      if (this.#ended) return Promise.resolve(END);
      return new Promise((resolve) => {
        this.#reader = resolve;
      });
    }
    this.#bytes -= value.data.length;
    this.#onTaken();
    return Promise.resolve({ done: false, value });
  }

  return(): Promise<Taken> {
    this.#frames.length = 0;
    this.#bytes = 0;
    this.end();
    return Promise.resolve(END);
  }
}
