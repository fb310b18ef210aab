import type { FlvTag } from '@cloudpush/muxer';
import type { Releasable } from '@cloudpush/transport';
import type { SegmentState, SegmentTotals } from '../../protocol/stream.js';
import type { PacketBlock } from '../channel/packet-block.js';
import type { SegmentStanding } from '../connection/reconnector-owner.js';
import { isAudioFrame, isPicture } from './drop-policy.js';

/**
 * The standing of a segment at its destination: its stream has yet to be published; it is; everything has
 * been handed over; and the kernel has taken the last byte. A segment whose tail is lost with its connection
 * stays `'ended'`.
 */
type SegmentPlace = 'opening' | 'open' | 'ended' | 'left';

/** A segment at one destination. */
export class SegmentProgress {
  readonly number: number;
  state: SegmentPlace;
  #videoFrames = 0;
  #audioFrames = 0;
  #bytes = 0;
  #duration = 0;

  constructor(number: number, state: SegmentPlace) {
    this.number = number;
    this.state = state;
  }

  /** Takes note of a tag that the connection has taken. */
  note(tag: FlvTag): void {
    if (isPicture(tag)) this.#videoFrames++;
    else if (isAudioFrame(tag)) this.#audioFrames++;
    this.#bytes += tag.size;
    this.#duration = tag.timestamp;
  }

  totals(streamName: string): SegmentTotals {
    return {
      number: this.number,
      streamName,
      videoFrames: this.#videoFrames,
      audioFrames: this.#audioFrames,
      bytes: this.#bytes,
      duration: this.#duration,
    };
  }
}

/** The segments of a stream at its destination: the present or last one, and the one before it. */
export class DestinationSegments implements SegmentStanding {
  #current: SegmentProgress;
  /** Undefined when it was over before the destination came. */
  #before: SegmentProgress | undefined;

  /** @param state of the channel, where the destination joins it */
  constructor({ number, isOpen }: SegmentState) {
    this.#current = new SegmentProgress(number, isOpen ? 'open' : 'ended');
  }

  get current(): SegmentProgress {
    return this.#current;
  }

  /** Tags of the segment may go out. */
  get isOpen(): boolean {
    return this.#current.state === 'open';
  }

  get isBetween(): boolean {
    return this.#current.state === 'ended' || this.#current.state === 'left';
  }

  get isAtRest(): boolean {
    return this.#current.state === 'left';
  }

  get isOpening(): boolean {
    return this.#current.state === 'opening' && this.#before?.state === 'left';
  }

  /** The next segment begins: its stream is to be published. */
  start(number: number): SegmentProgress {
    this.#before = this.#current;
    this.#current = new SegmentProgress(number, 'opening');
    return this.#current;
  }

  /** The stream of a segment that has begun is published. */
  open(): void {
    if (this.#current.state === 'opening') this.#current.state = 'open';
  }
}

/** The last tag of a segment, on its way through a connection: when it has left, everything before it has. */
export class SegmentEndMarker implements Releasable {
  readonly #block: PacketBlock | undefined;
  readonly #onLeft: (taken: boolean) => void;

  /** @param onLeft `taken` is false when it was lost with the connection */
  constructor(block: PacketBlock | undefined, onLeft: (taken: boolean) => void) {
    this.#block = block;
    this.#onLeft = onLeft;
  }

  release(taken = true): void {
    this.#block?.release(taken);
    this.#onLeft(taken);
  }
}
