import { copyOf } from '../bits/bytes.js';
import type { AudioFrame } from './audio-frame.js';

/** What AAC and MP3 do each in its own way, to cut a byte stream into frames. */
export interface FrameFormat {
  readonly headerSize: number;
  /** Length of the frame whose header is at `offset`; 0: that is no header. All bytes of the header are there. */
  frameLength(data: Uint8Array, offset: number): number;
  /** Length of what is no audio at `offset` (ID3 tags): more than 0: to be skipped; 0: nothing; −1: more bytes needed. */
  skip(data: Uint8Array, offset: number): number;
  /** The frame, or undefined when it holds no sound. */
  frame(data: Uint8Array, offset: number, skippedBytes: number): AudioFrame | undefined;
}

/**
 * Cuts an audio elementary stream, which comes in pieces of any size, into frames. Where no header is found, bytes
 * are skipped up to a header that another one, or the end of the stream, follows.
 */
export class FrameSplitter {
  readonly #format: FrameFormat;
  #rest: Uint8Array = new Uint8Array(0);
  #toSkip = 0;
  #inSync = false;
  /** Bytes of the stream that have been taken. */
  #taken = 0;
  /** `skippedBytes` when the last frame was given out. */
  #skippedBefore = 0;
  /** Bytes that belonged to no frame and no tag. */
  skippedBytes = 0;

  constructor(format: FrameFormat) {
    this.#format = format;
  }

  push(piece: Uint8Array): AudioFrame[] {
    return this.#split(this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]), false);
  }

  /** Says that the stream has ended. A last frame that is cut off counts as skipped bytes. */
  flush(): AudioFrame[] {
    const frames = this.#split(this.#rest, true);
    this.skippedBytes += this.#rest.length;
    this.#rest = new Uint8Array(0);
    return frames;
  }

  #split(data: Uint8Array, ended: boolean): AudioFrame[] {
    const frames: AudioFrame[] = [];
    let position = 0;
    for (;;) {
      const step = this.#step(data, position, ended, frames);
      if (step === 0) break;
      position += step;
      this.#taken += step;
    }
    this.#rest = copyOf(data, position);
    return frames;
  }

  /** Takes a frame, a tag, or a byte that is none; returns how many bytes, 0 when more are needed. */
  #step(data: Uint8Array, position: number, ended: boolean, frames: AudioFrame[]): number {
    const left = data.length - position;
    if (this.#toSkip > 0) return this.#skipTag(left);
    if (left < this.#format.headerSize) return 0;
    const length = this.#format.frameLength(data, position);
    if (length === 0) return this.#resync(data, position, ended);
    if (left < length) return this.#inSync || !ended ? 0 : this.#skipByte();
    if (!this.#inSync && !this.#confirmed(data, position + length, ended)) {
      return left < length + this.#format.headerSize && !ended ? 0 : this.#skipByte();
    }
    this.#inSync = true;
    this.#emit(copyOf(data, position, position + length), frames);
    return length;
  }

  #emit(data: Uint8Array, frames: AudioFrame[]): void {
    const frame = this.#format.frame(data, this.#taken, this.skippedBytes - this.#skippedBefore);
    if (frame === undefined) return;
    this.#skippedBefore = this.skippedBytes;
    frames.push(frame);
  }

  #resync(data: Uint8Array, position: number, ended: boolean): number {
    const skip = this.#format.skip(data, position);
    if (skip < 0 && !ended) return 0;
    if (skip <= 0) return this.#skipByte();
    this.#toSkip = skip;
    return this.#skipTag(data.length - position);
  }

  #skipTag(left: number): number {
    const step = Math.min(left, this.#toSkip);
    this.#toSkip -= step;
    return step;
  }

  #skipByte(): number {
    this.#inSync = false;
    this.skippedBytes++;
    return 1;
  }

  /** Whether another frame, a tag, or the end of the stream follows. */
  #confirmed(data: Uint8Array, next: number, ended: boolean): boolean {
    if (next + this.#format.headerSize > data.length) return ended;
    return this.#format.frameLength(data, next) > 0 || this.#format.skip(data, next) > 0;
  }
}
