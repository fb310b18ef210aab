import { type AmfValue, type ConnectTimings, parseRtmpUrl } from '@cloudpush/transport';
import {
  type CloseOptions,
  checkedCloseSignal,
  checkedSignal,
  whenAborted,
} from '../../base/abort-signals.js';
import { Backoff } from '../../base/backoff.js';
import { monotonicNow } from '../../base/clock.js';
import { abortedError, CloudPushError, type ErrorData, toErrorData } from '../../base/errors.js';
import { invalidType, requireObject } from '../../base/validation.js';
import { Waiters } from '../../base/waiters.js';
import { DestinationCounter } from '../../memory/counters.js';
import { Command } from '../../memory/ring.js';
import type { DestinationConfig, ShardTarget } from '../../options/destination-config.js';
import { checkedUrl } from '../../options/destination-config.js';
import type { PendingReconnect } from '../../protocol/stream.js';
import { fallingRate } from '../../stats/bit-rate.js';
import type { DestinationStats, DestinationTotals } from '../../stats/stats.js';
import { addTotals, NO_DESTINATION_TOTALS } from '../../stats/totals.js';
import type { PushTarget, TargetReason } from '../../targets/push-target.js';
import type { PacketSender } from '../channel/packet-sender.js';
import type { Placement } from '../channel/placement.js';
import type { CloseReport } from '../close-report.js';
import {
  Destination,
  type DestinationControl,
  type DestinationState,
  type Disconnection,
} from './destination.js';
import { DestinationTarget, type TargetQuestion } from './destination-target.js';

/** Where a destination lives. */
export interface DestinationSlot {
  /** Unique for the life of the engine. */
  readonly id: number;
  /** The destination's number in shared memory; used again after it is over. */
  readonly number: number;
  readonly placement: Placement;
  /** The channel's way into its shard. */
  readonly sender: PacketSender;
}

/** How a destination goes on with another shard; without a loss it connects for the first time. */
export interface Connecting {
  readonly loss: PendingReconnect | undefined;
}

/**
 * A destination from its opening until it is over, on whichever shards its channel lives meanwhile: what stands behind the
 * {@link Destination} that the caller holds.
 */
export class DestinationController implements DestinationControl {
  readonly destination: Destination;
  /** Unique for the life of the engine. */
  readonly id: number;
  readonly #slot: DestinationSlot;
  #config: DestinationConfig;
  #state: DestinationState = 'connecting';
  #closeRequested = false;
  #connects = 0;
  /** ms of the monotonic clock; undefined while nothing is being published. */
  #publishingSince: number | undefined;
  /** How many attempts to connect in a row have failed. */
  #attempts = 0;
  /** What was counted on shards that the channel has left. */
  #carried = NO_DESTINATION_TOTALS;
  /** Why it was aborted, when it was. */
  #abortedBy: ErrorData | undefined;
  /** Why a connection was lost that has been made again since, or is about to be. */
  #lastLoss: CloudPushError | undefined;
  /** A connection was lost that had been publishing: no mere attempt has failed. */
  #wasLost = false;
  /** When it is made again, in ms of the monotonic clock. */
  #connectsAgainAt = 0;
  #report: CloseReport | undefined;
  readonly #waiters = new Waiters();
  /** The counters as they were when the destination ended: its number may be in other hands now. */
  #lastStats: DestinationStats | undefined;

  readonly #target: DestinationTarget | undefined;
  #moves = 0;
  /** Stops listening to the signal that aborts the destination. */
  #stopListening: () => void = () => {};
  /** Of the latest connect. */
  #timings: ConnectTimings | undefined;

  constructor(slot: DestinationSlot, config: DestinationConfig, question: TargetQuestion | undefined) {
    this.#target = question === undefined ? undefined : new DestinationTarget(question);
    this.id = slot.id;
    this.destination = new Destination(this);
    this.#slot = slot;
    this.#config = config;
    this.#attach(undefined);
  }

  get state(): DestinationState {
    return this.#state;
  }

  /** What a line of the log tells of it. */
  logFields(): object {
    const url = (this.#target?.given ?? this.#config.target)?.url;
    return url === undefined ? { destination: this.id } : { destination: this.id, ...placeOf(url) };
  }

  /** It drops rather than to make the source wait. */
  get mayDrop(): boolean {
    return this.#config.overflow === 'drop';
  }

  async connected(given: AbortSignal | undefined): Promise<void> {
    const signal = checkedSignal(given);
    while (this.#report === undefined) {
      if (this.#state === 'publishing' || (this.#state === 'closing' && this.#connects > 0)) return;
      await this.#waiters.next(signal);
    }
    throw this.#report.error ?? closedError();
  }

  async close(options: CloseOptions): Promise<CloseReport> {
    const signal = checkedCloseSignal(options);
    if (!this.#closeRequested && this.#report === undefined) {
      this.onChannelClosing();
      this.#slot.sender.command(Command.detach, this.#slot.number);
    }
    const stop = whenAborted(signal, (reason) => this.abort(reason));
    while (this.#report === undefined) await this.#waiters.next(undefined);
    stop();
    return this.#report;
  }

  /** Aborts the destination when the signal fires. */
  abortWith(signal: AbortSignal | undefined): void {
    this.#stopListening = whenAborted(signal, (reason) => this.abort(reason));
  }

  abort(reason: unknown = abortedError()): void {
    if (this.#report !== undefined) return;
    this.#state = 'closing';
    const error = toErrorData(reason instanceof CloudPushError ? reason : abortedError(reason));
    this.#abortedBy ??= error;
    const { placement, number } = this.#slot;
    placement.shard.post({ type: 'abort', channel: placement.channel, destination: number, error });
  }

  moveTo(given: PushTarget): void {
    const target = this.#checkedTarget(given);
    // The number may be another destination's by now.
    if (this.#report !== undefined) return;
    // Another shard would have to know, should this one die.
    if (this.#config.target !== undefined) this.#config = { ...this.#config, target };
    const { placement, number } = this.#slot;
    placement.shard.post({
      type: 'move',
      channel: placement.channel,
      destination: number,
      target,
      renewed: false,
    });
  }

  stats(): DestinationStats {
    if (this.#lastStats !== undefined) return this.#lastStats;
    const { placement, number } = this.#slot;
    const { destinations } = placement.shard.counters;
    const count = (counter: DestinationCounter) => destinations.get(number, counter);
    const counted: DestinationTotals = {
      videoFrames: count(DestinationCounter.videoFrames),
      audioFrames: count(DestinationCounter.audioFrames),
      dataMessages: count(DestinationCounter.dataMessages),
      bytesSent: count(DestinationCounter.bytesSent),
      droppedDisposable: count(DestinationCounter.droppedDisposable),
      droppedPictures: count(DestinationCounter.droppedPictures),
      droppedUndecodable: count(DestinationCounter.droppedUndecodable),
      droppedAudio: count(DestinationCounter.droppedAudio),
      lostPictures: count(DestinationCounter.lostPictures),
      lostAudio: count(DestinationCounter.lostAudio),
      reconnects: Math.max(0, this.#connects - 1),
      moves: this.#moves,
    };
    return {
      ...addTotals(this.#carried, counted),
      state: this.#state,
      queuedBytes: count(DestinationCounter.queuedBytes),
      queuedMs: count(DestinationCounter.queuedMs),
      ...this.#flow(count),
      timings: this.#timings,
    };
  }

  onConnected(timings: ConnectTimings): void {
    this.#timings = timings;
    this.#connects++;
    this.#publishingSince = monotonicNow();
    if (this.#state === 'connecting') this.#state = 'publishing';
    this.#waiters.wake();
    this.destination.emit('connect');
  }

  onDisconnected(disconnection: Disconnection, wasPublishing: boolean): void {
    if (this.#state === 'publishing') this.#state = 'connecting';
    this.#noteLoss(disconnection.error);
    this.#wasLost ||= wasPublishing;
    this.#connectsAgainAt = monotonicNow() + disconnection.delay;
    this.destination.emit('disconnect', disconnection);
  }

  /**
   * The shard is dead, and the connection with it.
   * @returns how it is made again, once the channel {@link onMigrated}; undefined when it is not
   */
  onShardDied(data: ErrorData): Connecting | undefined {
    const { reconnect } = this.#config;
    if (reconnect === undefined || this.#isEnding) return undefined;
    const error = CloudPushError.from(data);
    this.#noteLoss(error);
    this.#wasLost = true;
    const backoff = new Backoff(reconnect);
    backoff.resume(this.#attempts - 1);
    const delay = backoff.next(error.class);
    if (delay === undefined) return undefined;
    if (this.#state === 'publishing') this.#state = 'connecting';
    this.#connectsAgainAt = monotonicNow() + delay;
    this.#carryCounts();
    return { loss: { error: data, delay, attempts: this.#attempts } };
  }

  /**
   * The shard has let the channel go while nothing was being published.
   * @returns how the connection is made, once the channel {@link onMigrated}: when and as often as it would have been;
   *   undefined when it is not
   */
  onReleased(): Connecting | undefined {
    if (this.#isEnding) return undefined;
    this.#carryCounts();
    if (this.#lastLoss === undefined) return { loss: undefined };
    this.#wasLost = true;
    const delay = Math.max(0, this.#connectsAgainAt - monotonicNow());
    return { loss: { error: toErrorData(this.#lastLoss), delay, attempts: this.#attempts } };
  }

  /** What it ends with when the connection is not made again. */
  get lastLoss(): CloudPushError {
    return this.#lastLoss ?? closedError();
  }

  /** The channel lives on another shard now. */
  onMigrated({ loss }: Connecting): void {
    this.#attach(loss);
  }

  onMoved(timings: ConnectTimings): void {
    this.#timings = timings;
    this.#moves++;
    if (this.#state === 'connecting') this.#state = 'publishing';
    this.destination.emit('move');
  }

  onTargetWanted(reason: TargetReason): void {
    const { placement, number } = this.#slot;
    void this.#target?.answer(placement, number, reason);
  }

  onCommand(name: string, args: AmfValue[]): void {
    this.destination.emit('command', { name, args, destination: this.destination });
  }

  /** The channel was told to close, and this destination with it. */
  onChannelClosing(): void {
    this.#closeRequested = true;
    this.#state = 'closing';
  }

  /** The connection is over, for good. */
  onDetached(error: ErrorData | undefined): void {
    // What a connection had taken when it was lost is lost, even if all that followed arrived. Where an attempt was refused
    // before anything was sent, nothing is.
    const loss = this.#wasLost ? this.#lastLoss : undefined;
    const failure = error === undefined ? loss : CloudPushError.from(this.#abortedBy ?? error);
    const report = { clean: failure === undefined && this.#closeRequested, error: failure };
    this.#target?.close();
    this.#stopListening();
    this.#lastStats = { ...this.stats(), state: 'closed', queuedBytes: 0, queuedMs: 0, bitRate: 0 };
    this.#state = 'closed';
    this.#report = report;
    this.#waiters.wake();
    // A listener that throws must not keep the engine from its work.
    process.nextTick(() => this.destination.emit('close', report));
  }

  /** How it ended; undefined before. */
  get report(): CloseReport | undefined {
    return this.#report;
  }

  #flow(
    count: (counter: DestinationCounter) => number,
  ): Pick<DestinationStats, 'bitRate' | 'unacknowledgedBytes' | 'acknowledgementLag'> {
    const age = monotonicNow() - count(DestinationCounter.countedAt);
    const bytesPerSecond = fallingRate(count(DestinationCounter.bytesPerSecond), age);
    const unacknowledged = count(DestinationCounter.unacknowledgedBytes);
    const isKnown = this.#state === 'publishing' && unacknowledged >= 0;
    return {
      bitRate: bytesPerSecond * 8,
      unacknowledgedBytes: isKnown ? unacknowledged : undefined,
      acknowledgementLag:
        isKnown && bytesPerSecond > 1 ? (unacknowledged * 1000) / bytesPerSecond : undefined,
    };
  }

  #checkedTarget(given: PushTarget): ShardTarget {
    const { url, token } = requireObject('target', given);
    if (token !== undefined && typeof token !== 'string') throw invalidType('token', token, 'a text');
    return { url: checkedUrl(url, this.#config.connection), token };
  }

  get #isEnding(): boolean {
    return this.#closeRequested || this.#abortedBy !== undefined;
  }

  /** The shard counts no more: another one begins at zero. */
  #carryCounts(): void {
    this.#carried = { ...addTotals(NO_DESTINATION_TOTALS, this.stats()), reconnects: 0, moves: 0 };
  }

  #attach(loss: PendingReconnect | undefined): void {
    const { placement, number, sender } = this.#slot;
    const { shard, channel } = placement;
    shard.counters.destinations.reset(number);
    shard.post({ type: 'attach', channel, destination: number, config: this.#config, loss });
    sender.command(Command.attach, number);
  }

  /** The same count as the shard's own, which is gone when it dies. */
  #noteLoss(error: CloudPushError): void {
    this.#lastLoss = error;
    const since = this.#publishingSince;
    this.#publishingSince = undefined;
    const resetAfter = this.#config.reconnect?.resetAfter ?? 0;
    if (since !== undefined && monotonicNow() - since >= resetAfter) this.#attempts = 0;
    this.#attempts++;
  }
}

function closedError(): CloudPushError {
  return new CloudPushError('ERR_CLOUDPUSH_CHANNEL_CLOSED', 'closed before it was connected');
}

/** Platforms whose stream name is the key to publish with. */
const KEY_IS_NAME =
  /(^|\.)(youtube\.com|twitch\.tv|facebook\.com|live-video\.net|instagram\.com|tiktok\.com|vimeo\.com)$/i;

/** Where a stream goes, without user info, query and key. */
function placeOf(url: string): object {
  try {
    const { host, app, streamName } = parseRtmpUrl(url);
    return { host, stream: `${app}/${KEY_IS_NAME.test(host) ? '…' : streamName}` };
  } catch {
    // A target that a token provider gave may be no URL: the connection fails on it, and the error says so.
    return {};
  }
}
