import type { ConnectTimings } from '@cloudpush/transport';
import {
  type CloseOptions,
  checkedCloseSignal,
  checkedSignal,
  whenAborted,
} from '../../base/abort-signals.js';
import type { MonotonicClock } from '../../base/clock.js';
import { abortedError, CloudPushError, type ErrorData, toErrorData } from '../../base/errors.js';
import { invalidType, requireObject } from '../../base/validation.js';
import { Command } from '../../memory/ring.js';
import type { DestinationConfig, ShardTarget } from '../../options/destination-config.js';
import { checkedUrl } from '../../options/destination-config.js';
import type { SpoolNames } from '../../options/spool-config.js';
import type { PendingReconnect } from '../../protocol/stream.js';
import type { DestinationStats } from '../../stats/stats.js';
import type { PushTarget, TargetReason } from '../../targets/push-target.js';
import { streamPlace } from '../../targets/stream-place.js';
import type { CloseReport } from '../close-report.js';
import type { CommandSender, Placement } from '../shards/placement.js';
import type { SeriesTurns, SeriesUser } from '../spool/series-turns.js';
import { type Connecting, ConnectionHistory } from './connection-history.js';
import { Destination, type DestinationControl, type DestinationState } from './destination.js';
import { DestinationCounts } from './destination-counts.js';
import { closedError, DestinationLifecycle } from './destination-lifecycle.js';
import { DestinationTarget, type TargetQuestion } from './destination-target.js';

/** The place of a destination in its engine. */
export interface DestinationSlot {
  /** Unique for the life of the engine. */
  readonly id: number;
  /** The destination's number in shared memory; used again after it is over. */
  readonly number: number;
  readonly clock: MonotonicClock;
  readonly placement: Placement;
  /** The channel's way into its shard. */
  readonly sender: CommandSender;
  readonly turns: SeriesTurns;
}

/**
 * A destination from its opening until it is over, on whichever shards its channel lives meanwhile: the
 * engine's side of the {@link Destination} that the caller holds.
 */
export class DestinationController implements DestinationControl, SeriesUser {
  readonly destination: Destination;
  /** Unique for the life of the engine. */
  readonly id: number;
  readonly #slot: DestinationSlot;
  #config: DestinationConfig;
  readonly #lifecycle = new DestinationLifecycle();
  readonly #history: ConnectionHistory;
  readonly #counts: DestinationCounts;
  readonly #target: DestinationTarget | undefined;
  /** Stops listening to the signal that aborts the destination. */
  #stopListening: () => void = () => {};

  constructor(slot: DestinationSlot, config: DestinationConfig, question: TargetQuestion | undefined) {
    const { id, number, clock, placement } = slot;
    this.#target = question === undefined ? undefined : new DestinationTarget(question);
    this.#history = new ConnectionHistory(clock, config.reconnect);
    this.#counts = new DestinationCounts(clock, placement, number, config.spool !== undefined);
    this.id = id;
    this.destination = new Destination(this);
    this.#slot = slot;
    this.#config = config;
    this.#attach(undefined);
  }

  get state(): DestinationState {
    return this.#lifecycle.state;
  }

  /** Report of its end; undefined before. */
  get report(): CloseReport | undefined {
    return this.#lifecycle.report;
  }

  /** The fields by which a line of the log names it. */
  logFields(): object {
    const url = (this.#target?.given ?? this.#config.target)?.url;
    return url === undefined ? { destination: this.id } : { destination: this.id, ...streamPlace(url) };
  }

  /** It drops, or spools, rather than to make the source wait. */
  get mayDrop(): boolean {
    return this.#config.overflow !== 'reject';
  }

  async connected(given: AbortSignal | undefined): Promise<void> {
    await this.#lifecycle.connected(checkedSignal(given));
  }

  async close(options: CloseOptions): Promise<CloseReport> {
    const signal = checkedCloseSignal(options);
    if (this.#lifecycle.requestClose()) this.#slot.sender.command(Command.detach, this.#slot.number);
    const stop = whenAborted(signal, (reason) => this.abort(reason));
    const report = await this.#lifecycle.closed();
    stop();
    return report;
  }

  /** Aborts the destination when the signal fires. */
  abortWith(signal: AbortSignal | undefined): void {
    this.#stopListening = whenAborted(signal, (reason) => this.abort(reason));
  }

  abort(reason: unknown = abortedError()): void {
    const error = toErrorData(reason instanceof CloudPushError ? reason : abortedError(reason));
    if (!this.#lifecycle.abort(error)) return;
    const { placement, number } = this.#slot;
    placement.shard.post({ type: 'abort', channel: placement.channel, destination: number, error });
  }

  moveTo(given: PushTarget): void {
    const target = this.#checkedTarget(given);
    // The number may be another destination's by now.
    if (this.report !== undefined) return;
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

  /** It has part in the disk spool. */
  get hasSpool(): boolean {
    return this.#config.spool !== undefined;
  }

  /** The name of its series in the spool. */
  get series(): string {
    return this.#config.spool?.series ?? '';
  }

  get seriesNames(): SpoolNames {
    return this.#config.spool?.names ?? { channel: '', destination: '' };
  }

  get channel(): number {
    return this.#slot.placement.channel;
  }

  get isEnding(): boolean {
    return this.#lifecycle.isEnding;
  }

  onSeriesFree(): void {
    this.#slot.placement.shard.post({ type: 'series', turn: this.id, error: undefined });
  }

  onSeriesHeld(error: CloudPushError): void {
    this.#slot.placement.shard.post({ type: 'series', turn: this.id, error: toErrorData(error) });
  }

  /** Bytes that it has on disk. */
  get spooledBytes(): number {
    return this.#counts.spooledBytes;
  }

  /** Removes the oldest of what it has on disk. */
  expireSpool(bytes: number, before: number): void {
    const { placement, number } = this.#slot;
    const { shard, channel } = placement;
    shard.post({ type: 'expire', channel, destination: number, bytes, before });
  }

  get queuedBytes(): number {
    return this.#counts.queuedBytes;
  }

  get queuedMs(): number {
    return this.#counts.queuedMs;
  }

  stats(): DestinationStats {
    return this.#counts.stats(this.state);
  }

  /** The stream is being published, for the first time or again. */
  onConnected(timings: ConnectTimings): void {
    this.#counts.onConnected(timings);
    this.#history.onConnected();
    this.#lifecycle.onPublishing();
  }

  /**
   * The connection is lost, or an attempt has failed, and it is made again.
   * @param delay until then, in ms
   */
  onDisconnected(error: CloudPushError, delay: number, wasPublishing: boolean): void {
    this.#history.onDisconnected(error, delay, wasPublishing);
    this.#lifecycle.onLost();
  }

  /**
   * The shard is dead, and the connection with it.
   * @returns how it is made again, once the channel {@link onMigrated}; undefined when it is not
   */
  onShardDied(data: ErrorData): Connecting | undefined {
    if (this.#lifecycle.isEnding) return undefined;
    const connecting = this.#history.onShardDied(data);
    if (connecting === undefined) return undefined;
    this.#lifecycle.onLost();
    this.#counts.carry();
    return connecting;
  }

  /**
   * The shard has let the channel go while nothing was being published.
   * @returns how the connection is made, once the channel {@link onMigrated}: when and as often as it would
   *   have been; undefined when it is not
   */
  onReleased(): Connecting | undefined {
    if (this.#lifecycle.isEnding) return undefined;
    this.#counts.carry();
    return this.#history.onReleased();
  }

  /** The error that it ends with when the connection is not made again. */
  get lastLoss(): CloudPushError {
    return this.#history.lastLoss ?? closedError();
  }

  /** The channel lives on another shard now. */
  onMigrated({ loss }: Connecting): void {
    this.#attach(loss);
  }

  /** The stream goes on over another connection. */
  onMoved(timings: ConnectTimings): void {
    this.#counts.onMoved(timings);
    this.#lifecycle.onPublishing();
  }

  onTargetWanted(reason: TargetReason): void {
    const { placement, number } = this.#slot;
    void this.#target?.answer(placement, number, reason);
  }

  /** The channel was told to close, and this destination with it. */
  onChannelClosing(): void {
    this.#lifecycle.requestClose();
  }

  /** The connection is over, for good. */
  onDetached(error: ErrorData | undefined): CloseReport {
    this.#target?.close();
    this.#stopListening();
    this.#slot.turns.leave(this);
    this.#counts.freeze(this.state);
    return this.#lifecycle.end(error, this.#history.mediaLoss);
  }

  #checkedTarget(given: PushTarget): ShardTarget {
    const { url, token } = requireObject('target', given);
    if (token !== undefined && typeof token !== 'string') throw invalidType('token', token, 'a text');
    return { url: checkedUrl(url, this.#config.connection), token };
  }

  #attach(loss: PendingReconnect | undefined): void {
    const { placement, number, sender } = this.#slot;
    const { shard, channel } = placement;
    shard.counters.destinations.reset(number);
    shard.counters.spools.reset(number);
    const config = this.#configOnShard();
    shard.post({ type: 'attach', channel, destination: number, config, loss });
    sender.command(Command.attach, number);
  }

  #configOnShard(): DestinationConfig {
    const { spool } = this.#config;
    if (spool === undefined) return this.#config;
    const { turns } = this.#slot;
    const turn = turns.enter(this) ? undefined : this.id;
    // What another destination has open is not taken over.
    const former = spool.former === undefined || turns.isTaken(spool.former) ? undefined : spool.former;
    return { ...this.#config, spool: { ...spool, turn, former } };
  }
}
