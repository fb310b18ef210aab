import { type ShardCounters, SourceCounter } from '../../memory/counters.js';

/** Counts what a channel's source has received. What a fallback sends does not count. */
export class ReceivedCounts {
  readonly #counters: ShardCounters['sources'];
  readonly #channel: number;
  /** False while a fallback is sent. */
  isOn = true;
  /** When something came the last time, and a picture, in ms of the monotonic clock. */
  at = 0;
  pictureAt = 0;

  constructor(counters: ShardCounters['sources'], channel: number) {
    this.#counters = counters;
    this.#channel = channel;
  }

  /** A session begins: it has its time-outs before it. */
  begin(now: number): void {
    this.at = now;
    this.pictureAt = now;
  }

  /** A picture has come. */
  addVideo(bytes: number, now: number): void {
    if (!this.isOn) return;
    this.pictureAt = now;
    this.#add(SourceCounter.videoFrames, bytes, now);
  }

  /** An audio frame has come. */
  addAudio(bytes: number, now: number): void {
    if (this.isOn) this.#add(SourceCounter.audioFrames, bytes, now);
  }

  /** A picture, or an audio frame, found no room. */
  addRefused(): void {
    this.#counters.add(this.#channel, SourceCounter.framesRefused, 1);
  }

  #add(counter: SourceCounter, bytes: number, now: number): void {
    this.at = now;
    this.#counters.add(this.#channel, counter, 1);
    this.#counters.add(this.#channel, SourceCounter.bytesReceived, bytes);
  }
}
