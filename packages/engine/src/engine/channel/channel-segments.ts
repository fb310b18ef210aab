import type { SentMetadata } from '../../metadata/types.js';
import type { SegmentState } from '../../protocol/stream.js';
import type { SegmentReport, SegmentStream } from '../events.js';

/** The segments of a channel, as its caller has begun and ended them, until each has been reported. */
export class ChannelSegments {
  #state: SegmentState;
  /** Of each segment that has ended and was not reported yet: the streams that it was sent as. */
  readonly #ending = new Map<number, SegmentStream[]>();

  /** @param begins the first one is under way from the start; otherwise it waits for its `streamStart` */
  constructor(begins = true) {
    this.#state = begins ? { number: 1, isOpen: true } : { number: 0, isOpen: false };
  }

  /** What a shard must know that the channel moves to. */
  get state(): SegmentState {
    return this.#state;
  }

  /** The metadata is on its way to the shard. */
  note({ type }: SentMetadata): void {
    const { number, isOpen } = this.#state;
    if (type === 'streamStart' && !isOpen) this.#state = { number: number + 1, isOpen: true };
    if (type !== 'streamEnd' || !isOpen) return;
    this.#state = { number, isOpen: false };
    this.#ending.set(number, []);
  }

  /** A destination has brought a segment to its end. */
  onLeft(number: number, stream: SegmentStream): void {
    this.#ending.get(number)?.push(stream);
  }

  /** The last destination has; undefined when the segment has been reported before. */
  onEnd(number: number): SegmentReport | undefined {
    const streams = this.#ending.get(number);
    if (streams === undefined) return undefined;
    this.#ending.delete(number);
    return { number, streams };
  }

  /** The shard is dead: no more will come of the segments that had ended there. */
  onShardDied(): SegmentReport[] {
    const reports = [...this.#ending].map(([number, streams]) => ({ number, streams }));
    this.#ending.clear();
    return reports;
  }
}
