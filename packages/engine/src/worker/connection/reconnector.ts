import { RtmpError, RtmpErrorCode, type RtmpPublisher } from '@cloudpush/transport';
import type { MonotonicClock } from '../../base/clock.js';
import { CloudPushError } from '../../base/errors.js';
import type { DestinationConfig, ShardTarget } from '../../options/destination-config.js';
import type { PendingReconnect } from '../../protocol/stream.js';
import type { TargetReason } from '../../targets/push-target.js';
import { notMovingError, remakingError } from './closing-connections.js';
import type { Connection } from './connection.js';
import { ConnectionAttempt } from './connection-attempt.js';
import { ConnectionSet, type ConnectionSetOwner } from './connection-set.js';
import { type Consequence, LossPolicy } from './loss-policy.js';
import type { Mover } from './mover.js';
import type { Assessment, ReconnectorContext, ReconnectorOwner } from './reconnector-owner.js';
import { hasAnswered, hasArrived, SegmentConnections } from './segment-connections.js';
import { StallWatchdog } from './stall-watchdog.js';
import type { TargetSource } from './target-source.js';

type State =
  /** No connection, and none before the next segment. `isOrderly`: none was lost. */
  | { readonly kind: 'idle'; readonly isOrderly: boolean }
  | { readonly kind: 'connecting'; readonly connection: Connection }
  /** Connects, by `begin`, when the connections before are closed. */
  | { readonly kind: 'connecting'; readonly connection: undefined; readonly begin: () => void }
  /** `since`: in ms of the clock. */
  | { readonly kind: 'publishing'; readonly connection: Connection; readonly since: number }
  /** Waits until the lost connection is made again. */
  | { readonly kind: 'waiting'; readonly cancel: () => void }
  /** Connections that are being closed may still hold media. */
  | { readonly kind: 'ended'; readonly error: Error | undefined };

/**
 * Makes the connection of a destination, watches it, makes it again when it is lost and the policy says so,
 * and lets the stream move to another server without a gap. Its state changes here and nowhere else: each
 * call and each event is handled for every state.
 *
 * It is longer than other files because it is one state machine: cut in two, either half could put the other
 * into a state that it does not know of. All that has no part in the state (attempts, loss policy, moves,
 * watchdog, segments, the set of connections) is in files of its own.
 */
export class Reconnector implements ConnectionSetOwner {
  readonly #owner: ReconnectorOwner;
  readonly #attempt: ConnectionAttempt;
  readonly #segments: SegmentConnections;
  readonly #targets: TargetSource;
  readonly #clock: MonotonicClock;
  readonly #losses: LossPolicy;
  readonly #watchdog: StallWatchdog;
  readonly #connections: ConnectionSet;
  readonly #mover: Mover;
  #state: State = { kind: 'idle', isOrderly: false };
  /** The next stream has another name than the one before, which the server may still hold. */
  #renewsName = false;
  /** The error that a connection which was well was reset with, to make it again. */
  #remadeBy: Error | undefined;
  /** The error that it was told to end with. */
  #destroyedBy: Error | undefined;
  /** Error with which the connection was lost last; undefined after an orderly end. */
  #lastError: Error | undefined;

  constructor(owner: ReconnectorOwner, config: DestinationConfig, context: ReconnectorContext) {
    this.#owner = owner;
    this.#attempt = new ConnectionAttempt(context.limiter, context.targets);
    this.#segments = new SegmentConnections(config.segmentConnection);
    this.#targets = context.targets;
    this.#clock = context.clock;
    this.#losses = new LossPolicy(config.reconnect);
    this.#watchdog = new StallWatchdog(
      config.stallTimeout,
      () => this.bytesWritten,
      (limit) => this.current?.stalled(limit),
      context.clock,
    );
    this.#connections = new ConnectionSet(this, owner, { config, context, attempt: this.#attempt });
    this.#mover = this.#connections.mover;
  }

  /** The connection that publishes, or is being made. */
  get current(): Connection | undefined {
    const state = this.#state;
    return state.kind === 'publishing' || state.kind === 'connecting' ? state.connection : undefined;
  }

  get isPublishing(): boolean {
    return this.#state.kind === 'publishing';
  }

  /** Undefined while nothing is being published. */
  get publisher(): RtmpPublisher | undefined {
    return this.#state.kind === 'publishing' ? this.#state.connection.publisher : undefined;
  }

  /** Bytes that the kernel has accepted, on all connections so far. */
  get bytesWritten(): number {
    return this.#connections.bytesWritten;
  }

  /** The name that is being published, without its query. */
  get streamName(): string {
    return this.current?.streamName ?? '';
  }

  /** Nothing is lost by {@link release}: no connection stands, and making it again is all that remains. */
  get mayRelease(): boolean {
    const { kind } = this.#state;
    const isDown = kind === 'idle' || kind === 'waiting' || kind === 'connecting';
    const isUndisturbed = !this.#mover.isPending && this.#destroyedBy === undefined;
    return isDown && isUndisturbed && this.#connections.left.isEmpty && this.#lastError !== undefined;
  }

  /** Another connection waits to take the stream up: call {@link move} where it can. */
  get canMove(): boolean {
    return this.#mover.canMove;
  }

  /** Makes the connection. The outcome is told to the owner. */
  connect(): void {
    const pending = this.#mover.takePending();
    // A renewed target is the answer to asking.
    const target = pending?.renewed === true ? undefined : pending?.target;
    if (target !== undefined) this.#targets.move(target);
    this.#make(this.#lastError === undefined ? 'connect' : 'reconnect', target);
  }

  /** Makes the connection after one that was lost with another shard. */
  connectAgain({ error, delay, attempts }: PendingReconnect): void {
    this.#losses.resume(attempts);
    this.#wait(delay, CloudPushError.from(error));
  }

  /** Makes no connection before {@link nextStream}. */
  rest(loss: PendingReconnect | undefined): void {
    if (loss === undefined) return;
    this.#losses.resume(loss.attempts);
    this.#lastError = CloudPushError.from(loss.error);
  }

  /** Silently cancels the pending or running connection attempt; another shard will connect. */
  release(): void {
    this.#connections.stopMoving();
    this.#end(undefined);
  }

  /**
   * Everything of a segment has been handed over: ends its stream, and its connection where the next gets
   * another.
   */
  endStream(): void {
    if (this.#state.kind !== 'publishing') return;
    const { connection, since } = this.#state;
    if (this.#segments.carriesNext(connection.publisher)) {
      connection.publisher?.unpublish();
      return;
    }
    this.#watchdog.disarm();
    this.#losses.published(this.#clock.now() - since);
    this.#connections.left.add(connection);
    this.#restAfter(connection);
    connection.close();
  }

  /**
   * Publishes the next stream: on the connection that stands, or on another.
   * @returns true when it is another one although none was lost
   */
  nextStream(): boolean {
    const state = this.#state;
    switch (state.kind) {
      case 'publishing':
        this.#publishNext(state.connection);
        return false;
      case 'idle':
        if (this.#connections.left.isEmpty || this.#renewsName) this.connect();
        else this.#state = { kind: 'connecting', connection: undefined, begin: () => this.connect() };
        return state.isOrderly;
      case 'connecting':
      case 'waiting':
      case 'ended':
        return false;
      default:
        return state satisfies never;
    }
  }

  /**
   * Ends the stream cleanly; the outcome comes through {@link onConnectionClosed}. While nothing is being
   * published, the attempt or the wait is cancelled, and that is a clean end unless a connection was lost
   * before.
   */
  close(): void {
    this.#connections.stopMoving();
    if (this.#state.kind === 'publishing') this.#state.connection.close();
    else this.#finish(this.#lastError);
  }

  /** Resets the connection now, and for good; `error` is the error that it ends with. */
  destroy(error: Error): void {
    this.#destroyedBy ??= error;
    this.#connections.stopMoving();
    this.#connections.left.abort(error);
    const state = this.#state;
    switch (state.kind) {
      case 'publishing':
        state.connection.abort(error);
        return;
      case 'connecting':
        // The attempt ends by itself, on the signal.
        if (state.connection === undefined) this.#finish(error);
        else state.connection.abort(error);
        return;
      case 'idle':
      case 'waiting':
        this.#finish(error);
        return;
      case 'ended':
        return;
      default:
        state satisfies never;
    }
  }

  /**
   * Makes the connection again at once, though it is well, as what went before it has to be sent before it:
   * nothing is held against its server, and the policy is not asked.
   * @param cause how a connection that the stream has left has ended
   */
  remake(cause: Error): void {
    if (this.#state.kind !== 'publishing') return;
    const error = remakingError(cause);
    this.#remadeBy = error;
    this.#state.connection.publisher?.destroy(error);
  }

  /** What was lost with a connection that was left, and ended like this, is sent again. */
  forgetFlaw(flaw: Error): void {
    this.#connections.left.forget(flaw);
  }

  /** The publisher has said "no more": from now on, taking nothing is a stall. */
  watch(): void {
    this.#watchdog.arm();
  }

  /**
   * Leads the stream to another target: makes the connection, until it {@link canMove}. The last call counts.
   * While nothing is being published, it is where the next connection leads, after one that is under way.
   * @param renewed the token provider returns the target from now on
   */
  moveTo(target: ShardTarget, renewed: boolean): void {
    this.#connections.moveTo(target, renewed);
  }

  /**
   * Hands the stream over to the connection that waits, and ends the old one cleanly.
   * @returns the publisher that takes it up, or undefined when it has yet to be made: `onPublishing` follows.
   */
  move(): RtmpPublisher | undefined {
    const state = this.#state;
    const move = state.kind === 'publishing' ? this.#mover.take() : undefined;
    if (state.kind !== 'publishing' || move === undefined) return undefined;
    const { connection, target } = move;
    this.#watchdog.disarm();
    this.#targets.move(target);
    this.#connections.left.add(state.connection);
    if (connection === undefined) {
      this.#losses.published(this.#clock.now() - state.since);
      const begin = (): void => this.#make('reconnect', target);
      this.#state = { kind: 'connecting', connection: undefined, begin };
    } else {
      this.#state = { kind: 'publishing', connection, since: state.since };
    }
    state.connection.close();
    return connection?.publisher;
  }

  onDrain(): void {
    this.#watchdog.disarm();
    try {
      this.#owner.onDrain();
    } catch (fault) {
      this.onFault(fault);
    }
  }

  /** A fault of ours ends this destination, and not the thread with all the others. */
  onFault(fault: unknown): void {
    this.destroy(CloudPushError.wrap(fault));
  }

  #make(reason: TargetReason, given: ShardTarget | undefined): void {
    this.#stopWaiting();
    const connection = this.#connections.createConnection();
    this.#state = { kind: 'connecting', connection };
    this.#attempt
      .reach(connection, reason, given)
      .then(
        () => {
          if (connection === this.current) this.#onPublishing(connection);
        },
        (error: Error) => {
          if (connection === this.current) this.#onLost(error);
        },
      )
      .catch((fault: unknown) => this.onFault(fault));
  }

  #onPublishing(connection: Connection): void {
    this.#state = { kind: 'publishing', connection, since: this.#clock.now() };
    this.#owner.onPublishing(connection.publisher!);
    const pending = this.#mover.takePending();
    if (pending !== undefined && !connection.leadsTo(pending.target))
      this.moveTo(pending.target, pending.renewed);
  }

  /** Has no connection until the next segment, although none was lost. */
  #restAfter(connection: Connection): void {
    this.#mover.suspend();
    this.#state = { kind: 'idle', isOrderly: true };
    this.#renewsName = connection.renewsName;
    this.#lastError = undefined;
    this.#owner.onLeave(false);
  }

  #publishNext(connection: Connection): void {
    connection
      .nextStream()
      .then(
        () => this.#onNextStream(connection),
        (error: Error) => this.#onNextStreamFailed(connection, error),
      )
      .catch((fault: unknown) => this.onFault(fault));
  }

  #onNextStream(connection: Connection): void {
    if (this.#state.kind === 'publishing' && connection === this.current) this.#owner.onNextStream();
  }

  /** A connection that is lost says so itself. A name that the server would cut is no better on another. */
  #onNextStreamFailed(connection: Connection, error: Error): void {
    const isTooLong = error instanceof RtmpError && error.code === RtmpErrorCode.messageTooLarge;
    if (connection === this.current && isTooLong) this.destroy(error);
  }

  onLeftClosed(): void {
    const state = this.#state;
    // A connection that was being closed may have been destroyed since, with what it held.
    if (state.kind === 'ended')
      this.#owner.onEnded(state.error ?? this.#destroyedBy ?? this.#connections.left.flaw);
    else this.#settleLeft();
    if (state.kind === 'connecting' && state.connection === undefined) state.begin();
  }

  #settleLeft(): void {
    const { left } = this.#connections;
    // One that was destroyed notes no flaw, though what it held may be lost: the end settles that.
    if (this.#destroyedBy !== undefined) return;
    if (!left.isEmpty) return;
    this.#owner.onLeftClosed(left.takeFlaw());
  }

  onCurrentClosed(connection: Connection, error: Error | undefined): void {
    this.#watchdog.disarm();
    const state = this.#state;
    this.#state = { kind: 'idle', isOrderly: false };
    if (error === undefined) this.#finish(undefined);
    else if (state.kind !== 'publishing' || this.#destroyedBy !== undefined) this.#onLost(error, state);
    else if (error === this.#remadeBy) this.#onLost(error, state);
    else if (!this.#isNormalEnd(connection, error)) this.#onLost(error, state);
  }

  /** Nothing is lost with a connection that its server has closed between two segments. */
  #isNormalEnd(connection: Connection, error: Error): boolean {
    switch (this.#segments.judge(error, this.#owner.segments)) {
      case 'atRest':
        this.#restAfter(connection);
        this.#connections.left.noteUncertain(error);
        this.#settleLeft();
        // It was told to end meanwhile, and no next segment follows.
        if (!this.#owner.wantsConnection) this.#finish(undefined);
        return true;
      case 'opening':
        if (!hasArrived(error)) this.#connections.left.noteFlaw(error);
        else if (!hasAnswered(error)) this.#connections.left.noteUncertain(error);
        this.#mover.suspend();
        this.#owner.onLeave(true);
        this.#settleLeft();
        this.connect();
        return true;
      case undefined:
        return false;
    }
  }

  /** @param before the state in which the connection was lost */
  #onLost(lost: Error, before: State = this.#state): void {
    const wasPublishing = before.kind === 'publishing';
    this.#state = { kind: 'idle', isOrderly: false };
    if (wasPublishing) this.#losses.published(this.#clock.now() - before.since);
    if (wasPublishing && this.#takeOver(lost)) return;
    this.#mover.suspend();
    const { error, mended } = this.#assess(lost, wasPublishing);
    this.#follow(this.#consequenceOf(error, mended), error, wasPublishing);
  }

  #assess(error: Error, wasPublishing: boolean): Assessment {
    if (error === this.#remadeBy) return { error, mended: true };
    return wasPublishing ? this.#owner.assess(error) : { error, mended: false };
  }

  /** destroy() ends it, whatever the policy says. */
  #consequenceOf(error: Error, isMended: boolean): Consequence {
    if (this.#destroyedBy !== undefined) return { kind: 'end', error: this.#destroyedBy };
    return this.#losses.decide(error, isMended, this.#owner);
  }

  #follow(consequence: Consequence, error: Error, wasPublishing: boolean): void {
    switch (consequence.kind) {
      case 'end':
        this.#finish(consequence.error);
        return;
      case 'rest':
        this.#lastError = error;
        this.#owner.onLost(error, Number.POSITIVE_INFINITY, wasPublishing);
        return;
      case 'retry':
        this.#wait(consequence.delay, error);
        this.#owner.onLost(error, consequence.delay, wasPublishing);
        return;
      default:
        consequence satisfies never;
    }
  }

  #wait(delay: number, error: Error): void {
    this.#lastError = error;
    this.#state = { kind: 'waiting', cancel: this.#clock.after(delay, () => this.connect()) };
  }

  #stopWaiting(): void {
    if (this.#state.kind === 'waiting') this.#state.cancel();
  }

  /** A connection that waits to take the stream up does so when the present one is lost. */
  #takeOver(error: Error): boolean {
    const move = this.#destroyedBy === undefined ? this.#mover.takeConnected() : undefined;
    if (move === undefined) return false;
    this.#targets.move(move.target);
    this.#state = { kind: 'publishing', connection: move.connection, since: this.#clock.now() };
    this.#owner.onLost(error, 0, true);
    this.#onPublishing(move.connection);
    return true;
  }

  #finish(error: Error | undefined): void {
    if (this.#state.kind === 'ended') return;
    this.#connections.stopMoving();
    // destroy() always ends with its own error, whatever the connection reports.
    const ending = this.#destroyedBy ?? error;
    this.#end(ending);
    if (this.#connections.left.isEmpty) this.#owner.onEnded(ending ?? this.#connections.left.flaw);
  }

  /** Cancels the wait or the attempt; nothing follows. */
  #end(error: Error | undefined): void {
    this.#stopWaiting();
    const attempt = this.#state.kind === 'connecting' ? this.#state.connection : undefined;
    this.#state = { kind: 'ended', error };
    attempt?.abort(notMovingError());
  }
}
