import { copyOf } from '../bits/bytes.js';
import { type FrameSync, frameInside, next } from '../frames/frame-sync.js';
import type { AudioFrame } from './audio-frame.js';

/** The parts of cutting a byte stream into frames that AAC and MP3 do each in its own way. */
export interface FrameFormat extends FrameSync {
  /**
   * Length of what is no audio at `offset` (ID3 tags): more than 0: to be skipped; 0: nothing; −1: more bytes
   * needed.
   */
  skip(data: Uint8Array, offset: number): number;
  /**
   * The frame, or undefined when it holds no sound.
   * @param lost frames in front of it that damage has cost: their time goes by
   */
  frame(data: Uint8Array, offset: number, skippedBytes: number, lost: number): AudioFrame | undefined;
}

/** Bytes that may lie between two frames without a doubt about the first: encoders round their buffers up. */
const GAP = 64;
/**
 * Bytes that must be there behind a frame which no other follows, to tell whether its length is damaged: an
 * ADTS frame, and a header.
 */
const LOOKAHEAD = 8192 + 16;

/**
 * Cuts an audio elementary stream, which comes in pieces of any size, into frames. Where no header is found,
 * bytes are skipped up to a header that another one, or the end of the stream, follows, or one like those
 * before. A frame with a damaged length costs itself alone.
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
  /** Those of them that are no padding. */
  #strayBytes = 0;
  #strayBefore = 0;
  /** The header fields that the last frame has in common with those of its stream; −1 before the first. */
  #kind = -1;
  /** Frames that damage has cost, as far as their length tells. */
  lostFrames = 0;

  constructor(format: FrameFormat) {
    this.#format = format;
  }

  /** Takes the next piece of the stream, and returns the frames that are whole with it. */
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

  /** Takes a frame, a tag, or bytes that are none; returns how many, 0 when more are needed. */
  #step(data: Uint8Array, position: number, ended: boolean, frames: AudioFrame[]): number {
    const left = data.length - position;
    if (this.#toSkip > 0) return this.#skipTag(left);
    if (left < this.#format.prefixSize) return 0;
    const length = this.#format.lengthAt(data, position);
    if (length === 0) return this.#resync(data, position, ended);
    if (left < length) return this.#cutOff(data, position, ended);
    const verdict = this.#judge(data, position, position + length, ended);
    if (verdict === 'unknown') return 0;
    if (verdict !== 'good') return this.#skipBytes(data, position, verdict);
    this.#inSync = true;
    this.#kind = this.#format.kindAt(data, position);
    this.#emit(copyOf(data, position, position + length), frames);
    return length;
  }

  /** The stream ends within the frame, unless another begins in it: then its length is damaged. */
  #cutOff(data: Uint8Array, position: number, ended: boolean): number {
    if (!ended) return 0;
    const inside = frameInside(this.#format, data, position, data.length);
    if (inside >= 0) return this.#skipBytes(data, position, inside - position);
    return this.#inSync ? 0 : this.#skipBytes(data, position, 1);
  }

  /** Judges whether a frame is one; returns the number of bytes to skip when it is not. */
  #judge(data: Uint8Array, position: number, end: number, ended: boolean): 'good' | 'unknown' | number {
    const isLast = end + this.#format.prefixSize > data.length;
    if (isLast && !ended) {
      const mayFollow = end === data.length || data[end] === this.#format.syncByte;
      return this.#inSync && mayFollow ? 'good' : 'unknown';
    }
    if (isLast) {
      if (end === data.length) return 'good';
      const inside = frameInside(this.#format, data, position, end);
      return inside >= 0 ? inside - position : 'good';
    }
    if (this.#format.lengthAt(data, end) > 0 || this.#format.skip(data, end) > 0) return 'good';
    if (!ended && data.length < end + LOOKAHEAD) return 'unknown';
    const inside = frameInside(this.#format, data, position, end);
    if (inside >= 0) return inside - position;
    return this.#inSync || this.#isKnown(data, position, end) ? 'good' : 1;
  }

  /** True when a frame like it has come before, or follows behind some bytes of padding. */
  #isKnown(data: Uint8Array, position: number, end: number): boolean {
    const kind = this.#format.kindAt(data, position);
    if (kind === this.#kind) return true;
    const last = Math.min(end + GAP, data.length - this.#format.prefixSize);
    for (let at = next(this.#format, data, end); at <= last; at = next(this.#format, data, at + 1)) {
      if (this.#format.kindAt(data, at) === kind && this.#format.lengthAt(data, at) > 0) return true;
    }
    return false;
  }

  #emit(data: Uint8Array, frames: AudioFrame[]): void {
    const skipped = this.skippedBytes - this.#skippedBefore;
    const isDamage = this.#strayBytes > this.#strayBefore && this.#taken > skipped;
    const lost = isDamage ? Math.round(skipped / data.length) : 0;
    const frame = this.#format.frame(data, this.#taken, skipped, lost);
    this.#strayBefore = this.#strayBytes;
    if (frame === undefined) return;
    this.lostFrames += lost;
    this.#skippedBefore = this.skippedBytes;
    frames.push(frame);
  }

  #resync(data: Uint8Array, position: number, ended: boolean): number {
    const skip = this.#format.skip(data, position);
    if (skip < 0 && !ended) return 0;
    if (skip <= 0) return this.#skipBytes(data, position, 1);
    this.#toSkip = skip;
    return this.#skipTag(data.length - position);
  }

  #skipTag(left: number): number {
    const step = Math.min(left, this.#toSkip);
    this.#toSkip -= step;
    return step;
  }

  #skipBytes(data: Uint8Array, position: number, count: number): number {
    this.#inSync = false;
    this.skippedBytes += count;
    for (let i = position; i < position + count; i++) {
      if (data[i] !== 0 && data[i] !== 0xff) this.#strayBytes++;
    }
    return count;
  }
}
