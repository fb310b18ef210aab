import { CloudPushError } from '../../base/errors.js';
import { invalidType } from '../../base/validation.js';
import type { SentMetadata } from '../../metadata/types.js';
import type { StreamConfig } from '../../options/stream-config.js';
import type { SegmentState } from '../../protocol/stream.js';
import type { SegmentReport, SegmentStream } from '../events.js';

/**
 * The present segment: the first one waits for the channel's first destination, any may wait for its
 * `streamStart`, behind the one with that number, or is under way.
 */
type PresentSegment =
  | { readonly phase: 'standby' }
  | { readonly phase: 'awaited'; readonly after: number }
  | { readonly phase: 'open'; readonly number: number };

/** The present segment of a channel that has just been opened. */
const PRESENT = {
  standby: { phase: 'standby' },
  awaited: { phase: 'awaited', after: 0 },
  open: { phase: 'open', number: 1 },
} as const satisfies Record<PresentSegment['phase'], PresentSegment>;

/** A segment whose `streamEnd` was sent: the streams that it was sent as, as they reach their ends. */
interface EndingSegment {
  readonly number: number;
  readonly streams: SegmentStream[];
}

/** Tells of a segment that has been pushed to its end. */
export interface SegmentObserver {
  segmentEnded(report: SegmentReport): void;
}

/** How the first segment of a channel begins: with the channel, its first destination, or `streamStart`. */
export function firstSegment({ standby, preRoll }: StreamConfig): PresentSegment['phase'] {
  if (standby) return 'standby';
  return preRoll === undefined ? 'open' : 'awaited';
}

/**
 * The segments of a channel, as its caller begins and ends them, until each has been told of. A segment is
 * `awaited`, then `open` from `streamStart` to `streamEnd`, then ending until every destination has brought
 * it to its end, or the shard dies. Several can be ending at once, while the next one is open.
 */
export class ChannelSegments {
  readonly #observer: SegmentObserver;
  #present: PresentSegment;
  /** By number. */
  readonly #ending = new Map<number, EndingSegment>();

  constructor(observer: SegmentObserver, first: PresentSegment['phase']) {
    this.#observer = observer;
    this.#present = PRESENT[first];
  }

  /** The state that a shard begins with when it gets the channel. */
  get state(): SegmentState {
    const present = this.#present;
    switch (present.phase) {
      case 'awaited':
        return { number: present.after, isOpen: false };
      case 'standby':
        return { number: 1, isOpen: true };
      case 'open':
        return { number: present.number, isOpen: true };
      default:
        return present satisfies never;
    }
  }

  /** A destination was added: the first one begins the segment of a channel that stands by. */
  onAttached(): void {
    if (this.#present.phase === 'standby') this.#present = { phase: 'open', number: 1 };
  }

  /** @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`, `ERR_CLOUDPUSH_INVALID_STATE` */
  requireStandby(keyFrame: unknown): void {
    if (typeof keyFrame !== 'string') throw invalidType('keyFrame', keyFrame, 'a string');
    if (this.#present.phase === 'standby') return;
    const message = 'the channel has begun: beginWith is for one of openStandby without a destination';
    throw new CloudPushError('ERR_CLOUDPUSH_INVALID_STATE', message, { class: 'fatal' });
  }

  /**
   * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_STATE`: no segment starts or ends before the first
   *   destination is added
   */
  requireBorderAllowed({ type }: SentMetadata): void {
    if (this.#present.phase !== 'standby' || (type !== 'streamStart' && type !== 'streamEnd')) return;
    const reason = 'its first segment begins with its first destination: call addDestination before';
    const message = `${type} was sent to a channel without a destination; ${reason}`;
    throw new CloudPushError('ERR_CLOUDPUSH_INVALID_STATE', message, { class: 'fatal' });
  }

  /**
   * Metadata is on its way to the shard: only a start while a segment is awaited, and an end while one is
   * open, change anything.
   */
  onSent({ type }: SentMetadata): void {
    const present = this.#present;
    switch (present.phase) {
      case 'awaited':
        if (type === 'streamStart') this.#present = { phase: 'open', number: present.after + 1 };
        return;
      case 'standby':
        return;
      case 'open':
        if (type === 'streamEnd') this.#end(present.number);
        return;
      default:
        present satisfies never;
    }
  }

  /** A destination has brought a segment to its end. */
  onLeft(number: number, stream: SegmentStream): void {
    this.#ending.get(number)?.streams.push(stream);
  }

  /** The last destination has brought a segment to its end: it is told, once. */
  onEnd(number: number): void {
    const segment = this.#ending.get(number);
    if (segment === undefined) return;
    this.#ending.delete(number);
    this.#observer.segmentEnded(segment);
  }

  /**
   * The shard is dead, and reports no more of the segments that had ended there: they are told as they are.
   */
  onShardDied(): void {
    for (const number of [...this.#ending.keys()]) this.onEnd(number);
  }

  #end(number: number): void {
    this.#present = { phase: 'awaited', after: number };
    this.#ending.set(number, { number, streams: [] });
  }
}
