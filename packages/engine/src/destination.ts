import { EventEmitter } from 'node:events';
import type { AmfValue } from '@cloudpush/transport';
import type { CloseReport, DestinationEvents } from './channel-events.js';
import { DestinationTarget, type TargetQuestion } from './destination-target.js';
import { abortedError, CloudPushError, type ErrorData, toErrorData } from './errors.js';
import { Command } from './memory/ring.js';
import { checkUrl } from './options.js';
import type { PacketSender } from './packet-sender.js';
import type { DestinationConfig } from './shard/protocol.js';
import type { ShardClient } from './shard/shard-client.js';
import { DestinationCounter } from './stats/counters.js';
import type { DestinationStats } from './stats/stats.js';
import type { PushTarget, TargetReason } from './token/push-target.js';
import { Waiters } from './waiters.js';

export type DestinationState = 'connecting' | 'publishing' | 'closing' | 'closed';

/** Where a destination lives. */
export interface DestinationSeat {
  /** Unique for the life of the engine. */
  readonly id: number;
  /** The destination's number in shared memory; used again after it is over. */
  readonly number: number;
  /** The channel's number in shared memory. */
  readonly channel: number;
  readonly shard: ShardClient;
  /** The channel's way into its shard. */
  readonly sender: PacketSender;
}

/**
 * One server that a channel's stream goes to. A channel opens with one; others are added with `Channel.addDestination`.
 * A destination that is slow, or lost, or ends, does not touch the others.
 */
export class Destination extends EventEmitter<DestinationEvents> {
  /** Unique for the life of the engine. */
  readonly id: number;
  readonly #seat: DestinationSeat;
  #state: DestinationState = 'connecting';
  #closeRequested = false;
  #connects = 0;
  /** Why a connection was lost that has been made again since, or is about to be. */
  #lastLoss: CloudPushError | undefined;
  #report: CloseReport | undefined;
  readonly #waiters = new Waiters();
  /** The counters as they were when the destination ended: its number may be in other hands now. */
  #lastStats: DestinationStats | undefined;

  readonly #target: DestinationTarget | undefined;
  #moves = 0;

  /** Destinations are made by `Channel`. */
  constructor(seat: DestinationSeat, config: DestinationConfig, question: TargetQuestion | undefined) {
    super();
    this.#target = question === undefined ? undefined : new DestinationTarget(question);
    this.id = seat.id;
    this.#seat = seat;
    const { shard, channel, number, sender } = seat;
    shard.counters.destinations.reset(number);
    shard.post({ type: 'attach', channel, destination: number, config });
    sender.command(Command.attach, number);
  }

  get state(): DestinationState {
    return this.#state;
  }

  /** How often publishing has begun. @internal */
  get connects(): number {
    return this.#connects;
  }

  /** Resolves when the stream is being published here. Rejects with the reason when it never will be. */
  async connected(signal?: AbortSignal): Promise<void> {
    while (this.#report === undefined) {
      if (this.#state === 'publishing' || (this.#state === 'closing' && this.#connects > 0)) return;
      await this.#waiters.next(signal);
    }
    throw this.#report.error ?? closedError();
  }

  /**
   * Sends everything accepted so far, ends the stream here cleanly, and closes the connection; the channel's other
   * destinations go on, and a channel ends with its last one. Always ends: at the latest after `closeTimeout`.
   */
  async close(): Promise<CloseReport> {
    if (!this.#closeRequested && this.#report === undefined) {
      this.onChannelClosing();
      this.#seat.sender.command(Command.detach, this.#seat.number);
    }
    while (this.#report === undefined) await this.#waiters.next(undefined);
    return this.#report;
  }

  /** Resets the connection now; what is queued for it is lost. */
  abort(reason: unknown = abortedError()): void {
    if (this.#report !== undefined) return;
    this.#state = 'closing';
    const error = reason instanceof CloudPushError ? reason : abortedError(reason);
    const { shard, channel, number } = this.#seat;
    shard.post({ type: 'abort', channel, destination: number, error: toErrorData(error) });
  }

  /**
   * Leads the stream to another server, or another name, without a gap: the new connection is made while the old one goes
   * on, takes the stream up at a key frame, and the old one is ended cleanly: event `move`. Where the server lets only one
   * connection publish the name, the old one is ended first. A move that fails leaves the stream where it is, with a
   * warning in the log; while nothing is being published, the next connection is made there.
   * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_URL`
   */
  moveTo({ url, token }: PushTarget): void {
    checkUrl(url);
    const { shard, channel, number } = this.#seat;
    shard.post({ type: 'move', channel, destination: number, target: { url, token } });
  }

  stats(): DestinationStats {
    if (this.#lastStats !== undefined) return this.#lastStats;
    const { shard, number } = this.#seat;
    const count = (counter: DestinationCounter) => shard.counters.destinations.get(number, counter);
    return {
      state: this.#state,
      videoFrames: count(DestinationCounter.videoFrames),
      audioFrames: count(DestinationCounter.audioFrames),
      dataMessages: count(DestinationCounter.dataMessages),
      bytesSent: count(DestinationCounter.bytesSent),
      queuedBytes: count(DestinationCounter.queuedBytes),
      queuedMs: count(DestinationCounter.queuedMs),
      droppedDisposable: count(DestinationCounter.droppedDisposable),
      droppedPictures: count(DestinationCounter.droppedPictures),
      droppedAudio: count(DestinationCounter.droppedAudio),
      reconnects: Math.max(0, this.#connects - 1),
      moves: this.#moves,
    };
  }

  /** @internal */
  onConnected(): void {
    this.#connects++;
    if (this.#state === 'connecting') this.#state = 'publishing';
    this.#waiters.wake();
    this.emit('connect');
  }

  /** @internal */
  onDisconnected(error: CloudPushError, delay: number): void {
    if (this.#state === 'publishing') this.#state = 'connecting';
    this.#lastLoss = error;
    this.emit('disconnect', { error, delay, destination: this });
  }

  /** @internal */
  onMoved(): void {
    this.#moves++;
    if (this.#state === 'connecting') this.#state = 'publishing';
    this.emit('move');
  }

  /** @internal */
  onTargetWanted(reason: TargetReason): void {
    const { shard, channel, number } = this.#seat;
    void this.#target?.answer(shard, channel, number, reason);
  }

  /** @internal */
  onCommand(name: string, args: AmfValue[]): void {
    this.emit('command', { name, args, destination: this });
  }

  /** The channel was told to close, and this destination with it. @internal */
  onChannelClosing(): void {
    this.#closeRequested = true;
    this.#state = 'closing';
  }

  /** The connection is over, for good. @internal */
  onDetached(error: ErrorData | undefined): void {
    // What a connection had taken when it was lost is lost, even if all that followed arrived.
    const failure = error === undefined ? this.#lastLoss : CloudPushError.from(error);
    const report = { clean: failure === undefined && this.#closeRequested, error: failure };
    this.#target?.close();
    this.#lastStats = { ...this.stats(), state: 'closed', queuedBytes: 0, queuedMs: 0 };
    this.#state = 'closed';
    this.#report = report;
    this.#waiters.wake();
    // A listener that throws must not keep the engine from its work.
    process.nextTick(() => this.emit('close', report));
  }

  /** How it ended; undefined before. @internal */
  get report(): CloseReport | undefined {
    return this.#report;
  }
}

function closedError(): CloudPushError {
  return new CloudPushError('ERR_CLOUDPUSH_CHANNEL_CLOSED', 'closed before it was connected');
}
