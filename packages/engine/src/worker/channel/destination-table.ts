import { toErrorData } from '../../base/errors.js';
import type { DestinationConfig, ShardTarget } from '../../options/destination-config.js';
import type { Watermark } from '../../options/options.js';
import type { PendingReconnect } from '../../protocol/stream.js';
import type { DestinationOwner } from '../destination/destination-owner.js';
import { StreamHeaders } from '../destination/stream-headers.js';
import { WorkerDestination } from '../destination/worker-destination.js';
import type { ShardContext } from '../shard-context.js';
import type { ChannelMuxer } from './channel-muxer.js';
import type { ChannelSegments } from './channel-segments.js';
import type { FanOut } from './fan-out.js';
import type { PacketIntake } from './packet-intake.js';
import { type KeptPacket, timeOf } from './pre-roll.js';
import type { WaitEnd } from './standby-media.js';

/**
 * So long the first destinations wait for the key frame that they are to begin with, in ms: somebody else has
 * had it from the same camera.
 */
const LONGEST_WAIT = 2000;

/**
 * Destinations that are added so soon one after the other, in ms, begin together: the caller has a thread of
 * its own.
 */
const TOGETHER = 40;

/** A destination that is added. */
export interface Attachment {
  readonly number: number;
  readonly config: DestinationConfig;
  readonly loss: PendingReconnect | undefined;
  /** Where its first connection leads, instead of to what its configuration says. */
  readonly movedTo: ShardTarget | undefined;
}

interface DestinationTableParts {
  readonly channel: DestinationOwner;
  readonly context: ShardContext;
  readonly muxer: ChannelMuxer;
  readonly fanOut: FanOut;
  readonly segments: ChannelSegments;
  /** The way of packets into the stream. */
  intake(): PacketIntake;
  /** @param act what a timer does: a fault in it is the channel's end */
  contain(act: () => void): void;
}

/**
 * The destinations of a channel. The first ones of a channel that stood by wait until what their stream
 * begins with has come: all that are added until then begin with it.
 */
export class DestinationTable {
  /** Those that are not over, by number. */
  readonly all = new Map<number, WorkerDestination>();
  readonly #parts: DestinationTableParts;
  #waiting: Attachment[] = [];
  /** Others may be on their way. */
  #isGathering = false;
  #stopGathering: () => void = () => {};
  #stopTimer: () => void = () => {};

  constructor(parts: DestinationTableParts) {
    this.#parts = parts;
  }

  get isEmpty(): boolean {
    return this.all.size === 0 && this.#waiting.length === 0;
  }

  /** One that waits begins at once, as something else is asked of it. */
  find(number: number): WorkerDestination | undefined {
    if (this.#waiting.some((one) => one.number === number)) this.begin('brokenOff');
    return this.all.get(number);
  }

  add(attachment: Attachment): void {
    const { segments, context, intake, contain } = this.#parts;
    intake().sendRiding();
    if (!segments.isStandby) {
      this.#attach(attachment);
      return;
    }
    if (this.#waiting.length === 0)
      this.#stopTimer = context.clock.after(LONGEST_WAIT, () => contain(() => this.begin('late')));
    this.#waiting.push(attachment);
    this.#isGathering = true;
    this.#stopGathering();
    this.#stopGathering = context.clock.after(TOGETHER, () =>
      contain(() => {
        this.#isGathering = false;
        this.look();
      }),
    );
  }

  /** Begins with those that wait, if what they wait for has come. */
  look(): void {
    if (this.#waiting.length === 0 || this.#isGathering) return;
    if (this.#parts.segments.isReady) this.begin('found');
  }

  /**
   * Ends those that wait, or one of them, before anything was done for them.
   * @returns whether there were any
   */
  dismiss(number: number | undefined, error: Error | undefined): boolean {
    const gone = this.#waiting.filter((one) => number === undefined || one.number === number);
    this.#waiting = this.#waiting.filter((one) => !gone.includes(one));
    if (this.#waiting.length === 0) this.#stopTimers();
    const { context, channel } = this.#parts;
    for (const { number: destination } of gone) {
      const report = { channel: channel.number, destination, error: error && toErrorData(error) };
      context.report({ type: 'detached', ...report });
    }
    return gone.length > 0;
  }

  /**
   * Those that wait do so no longer. A fault in one of them is the channel's end: those that have not begun by
   * then wait on, for {@link dismiss} to end them with its cause.
   */
  begin(end: WaitEnd): void {
    if (this.#waiting.length === 0) return;
    this.#stopTimers();
    const waiting = this.#waiting.splice(0);
    const { segments, intake } = this.#parts;
    let kept: readonly KeptPacket[] = [];
    try {
      kept = segments.begin(end);
      const size = sizeOf(kept);
      for (const attachment of waiting) this.#attach(attachment).stream.backlog.allow(size);
    } catch (fault) {
      this.#waiting = waiting.filter(({ number }) => !this.all.has(number));
      for (const packet of kept) intake().giveUp(packet, packet.block);
      throw fault;
    }
    intake().takeKept(kept);
    this.flush();
  }

  flush(): void {
    for (const { stream } of this.all.values()) stream.flush();
  }

  #stopTimers(): void {
    this.#stopGathering();
    this.#stopTimer();
  }

  #attach({ number, config, loss, movedTo }: Attachment): WorkerDestination {
    const { channel, context, muxer, fanOut, segments } = this.#parts;
    const headers = new StreamHeaders(muxer.sequenceHeaders, muxer.description);
    const destination = new WorkerDestination(channel, context, {
      number,
      config,
      headers,
      segment: segments.state,
    });
    this.all.set(number, destination);
    fanOut.add(destination.stream);
    if (movedTo !== undefined) destination.moveTo(movedTo, false);
    destination.connect(loss);
    return destination;
  }
}

function sizeOf(kept: readonly KeptPacket[]): Watermark {
  const [first, last] = [kept[0], kept.at(-1)];
  return {
    bytes: kept.reduce((sum, { bytes }) => sum + bytes, 0),
    ms: first === undefined ? 0 : timeOf(last!) - timeOf(first),
  };
}
