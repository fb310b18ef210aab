import { type AmfValue, RtmpError, RtmpErrorCode, type RtmpPublisher } from '@cloudpush/transport';
import { Backoff } from '../../base/backoff.js';
import { monotonicNow } from '../../base/clock.js';
import { CloudPushError, classOf } from '../../base/errors.js';
import type { DestinationConfig, ShardTarget } from '../../options/destination-config.js';
import type { PendingReconnect } from '../../protocol/stream.js';
import type { TargetReason } from '../../targets/push-target.js';
import { isRefusal, refusedTooOften } from '../destination/destination-errors.js';
import type { ConnectLimiter } from './connect-limiter.js';
import { Connection, type LinkOwner } from './connection.js';
import { MoveRequests } from './move-requests.js';
import { StallWatchdog } from './stall-watchdog.js';
import type { TargetSource } from './target-source.js';

/** Whom a connector tells about itself. */
export interface ConnectorOwner {
  /** Why a server that the stream could move to cannot take it; undefined when it can. */
  refusalOf(publisher: RtmpPublisher): Error | undefined;
  /** Publishing has begun, for the first time or again. */
  onPublishing(publisher: RtmpPublisher): void;
  /** There is room again after the publisher said "no more". */
  onDrain(): void;
  /** The server has sent a command or data message with a meaning of its own, such as `onLiveOpen`. */
  onCommand(name: string, args: AmfValue[]): void;
  /** Something that the user should know about the connection. */
  onWarning(message: string): void;
  /** False when a lost connection need not be made again: nothing is left to be sent. */
  readonly wantsConnection: boolean;
  /** Nothing is to be published before the next segment: a lost connection is not made again until then. */
  readonly isBetweenSegments: boolean;
  /** The segment that has ended has left to its last byte: the server may end the connection as well. */
  readonly isAtRest: boolean;
  /** The next segment is to begin, nothing of it has been sent, and the one before has left to its last byte. */
  readonly isOpeningSegment: boolean;
  /** There is no connection until the next segment. */
  onRest(): void;
  /** The next segment gets a connection of its own: the server has closed the one that was to carry it. */
  onOtherConnection(): void;
  /** The next stream is being published on the connection that stood. */
  onNextStream(): void;
  /** What to make of the loss of a connection that had been publishing. */
  assess(error: Error): Assessment;
  /** The connection is gone, or an attempt to make it has failed; the next attempt follows after `delay` ms. */
  onLost(error: Error, delay: number, wasPublishing: boolean): void;
  /** The last thing a connector says. `error` is there unless it was closed, and the server knows. */
  onEnded(error: Error | undefined): void;
}

/** What a lost connection means. */
export interface Assessment {
  /** What to tell of it. */
  readonly error: Error;
  /** The cause is known and mended: the connection is made again at once, whatever the policy says. */
  readonly mended: boolean;
}

type State = 'connecting' | 'publishing' | 'waiting' | 'over';

/** Another place for the stream. */
interface MoveTarget {
  readonly target: ShardTarget;
  /** It is what asking gives now. */
  readonly renewed: boolean;
}

/** Another place for the stream, on the way to take it over. */
interface Move extends MoveTarget {
  /** Undefined: the server lets only one connection publish the name, so that the old one must end first. */
  readonly link: Connection | undefined;
}

/** Where a server asks a connection to move. */
interface MoveRequest {
  readonly link: Connection;
  readonly target: ShardTarget;
}

/**
 * Makes the connection of a destination, watches it, makes it again when it is lost and the policy says so, and moves it to
 * another server without a gap: the new connection is made while the old one goes on.
 */
export class Connector implements LinkOwner {
  readonly #owner: ConnectorOwner;
  readonly #config: DestinationConfig;
  readonly #limiter: ConnectLimiter;
  readonly #targets: TargetSource;
  readonly #backoff: Backoff | undefined;
  readonly #watchdog: StallWatchdog;
  #state: State = 'connecting';
  /** The connection that publishes, or is being made. */
  #link: Connection | undefined;
  #move: Move | undefined;
  /** Where the stream was told to move while nothing was being published. */
  #wanted: MoveTarget | undefined;
  /** Connections that are being closed, with their last bytes on the way. */
  readonly #closing = new Set<Connection>();
  /** How the first of them ended badly that had carried the stream: that is part of how the destination ends. */
  #flaw: Error | undefined;
  /** Makes the connection when the last of them is gone. */
  #afterwards: (() => void) | undefined;
  /** Every segment has a connection of its own from now on: the server has closed one that was to carry the next. */
  #oneStreamEach = false;
  /** The present wait is for a segment, and not for a lost connection. */
  #isResting = false;
  /** The next stream has another name than the one before, which the server may still hold. */
  #renewsName = false;
  /** What it ended with; what is being closed may still hold media. */
  #ending: Error | undefined;
  /** Why the connector was told to end, when it was. */
  #destroyedBy: Error | undefined;
  /** ms of the monotonic clock. */
  #publishingSince = 0;
  /** Bytes that the kernel has accepted on connections that are gone. */
  #bytesBefore = 0;
  #retryTimer: NodeJS.Timeout | undefined;
  readonly #moveRequests = new MoveRequests<MoveRequest>(
    (request) => this.#followRequest(request),
    monotonicNow,
  );
  /** Why the connection was lost last. */
  #lastError: Error | undefined;

  constructor(
    owner: ConnectorOwner,
    config: DestinationConfig,
    limiter: ConnectLimiter,
    targets: TargetSource,
  ) {
    this.#owner = owner;
    this.#config = config;
    this.#limiter = limiter;
    this.#targets = targets;
    this.#backoff = config.reconnect === undefined ? undefined : new Backoff(config.reconnect);
    this.#watchdog = new StallWatchdog(config.stallTimeout, () => this.bytesWritten, this.#onStall);
  }

  /** Undefined while nothing is being published. */
  get publisher(): RtmpPublisher | undefined {
    return this.#state === 'publishing' ? this.#link?.publisher : undefined;
  }

  /** Bytes that the kernel has accepted, on all connections so far. */
  get bytesWritten(): number {
    let bytes = this.#bytesBefore + (this.#link?.bytesWritten ?? 0);
    for (const link of this.#closing) bytes += link.bytesWritten;
    return bytes;
  }

  /** Makes the connection. The outcome is told to the owner. */
  connect(): void {
    const wanted = this.#takeWanted();
    // What was renewed is what asking gives.
    const target = wanted?.renewed === true ? undefined : wanted?.target;
    if (target !== undefined) this.#targets.move(target);
    this.#make(this.#lastError === undefined ? 'connect' : 'reconnect', target);
  }

  /** Makes the connection after one that was lost with another shard. */
  connectAgain({ error, delay, attempts }: PendingReconnect): void {
    this.#backoff?.resume(attempts);
    this.#waitFor(delay, CloudPushError.from(error));
  }

  /** Makes no connection before {@link nextStream}. */
  rest(loss: PendingReconnect | undefined): void {
    this.#state = 'waiting';
    if (loss === undefined) return;
    this.#backoff?.resume(loss.attempts);
    this.#lastError = CloudPushError.from(loss.error);
  }

  /** Nothing is lost with what {@link release} ends: the connection is gone, and nothing else is asked for than to make it again. */
  get mayVacate(): boolean {
    const isDown = this.#state === 'waiting' || this.#state === 'connecting';
    const isUndisturbed = this.#wanted === undefined && this.#destroyedBy === undefined;
    return isDown && isUndisturbed && this.#closing.size === 0 && this.#lastError !== undefined;
  }

  /** Gives up, without a word, the wait for the next attempt, or the attempt: another shard makes the connection. */
  release(): void {
    this.#state = 'over';
    clearTimeout(this.#retryTimer);
    this.#moveRequests.stop();
    this.#giveUpAttempt();
  }

  /** The name that is being published, without its query. */
  get streamName(): string {
    return this.#link?.streamName ?? '';
  }

  /** Everything of a segment has been handed over: ends its stream, and its connection where the next gets another. */
  endStream(): void {
    const link = this.#link!;
    if (this.#carriesNext(link)) {
      link.publisher?.unpublish();
      return;
    }
    this.#watchdog.disarm();
    this.#backoff?.published(monotonicNow() - this.#publishingSince);
    this.#closing.add(link);
    this.#rest(link);
    link.close();
  }

  /**
   * Publishes the next stream: on the connection that stands, or on another.
   * @returns true when it is another one although none was lost
   */
  nextStream(): boolean {
    const link = this.#link;
    if (this.#state === 'publishing' && link !== undefined) {
      link.nextStream().then(
        () => this.#onNextStream(link),
        (error: Error) => this.#onNextStreamFailed(link, error),
      );
      return false;
    }
    if (this.#state !== 'waiting' || this.#retryTimer !== undefined) return false;
    if (this.#closing.size === 0 || this.#renewsName) this.connect();
    else {
      this.#state = 'connecting';
      this.#afterwards = () => this.connect();
    }
    return this.#isResting;
  }

  /**
   * Ends the stream cleanly; the outcome comes through {@link onLinkClosed}. While nothing is being published there is nothing to
   * end: the attempt, or the wait for the next one, is given up, and without a loss before that is a clean end.
   */
  close(): void {
    this.#moveRequests.stop();
    this.#dropMove();
    if (this.#state === 'publishing') {
      this.#link?.close();
      return;
    }
    this.#giveUpAttempt();
    this.#finish(this.#lastError);
  }

  /** Resets the connection now, and for good; `error` is what it ends with. */
  destroy(error: Error): void {
    this.#destroyedBy ??= error;
    this.#moveRequests.stop();
    this.#dropMove();
    for (const link of this.#closing) link.abort(error);
    // While a connection is being made, or stands, its own answer to the signal is the end.
    this.#link?.abort(error);
    if (this.#state === 'waiting' || this.#afterwards !== undefined) this.#finish(error);
  }

  /** The publisher has said "no more": from now on, taking nothing is a stall. */
  watch(): void {
    this.#watchdog.arm();
  }

  /**
   * Leads the stream to another target: makes the connection, until it {@link canMove}. The last call counts. While nothing
   * is being published, it is where the next connection leads, after one that is under way.
   * @param renewed the target is what asking gives now
   */
  moveTo(target: ShardTarget, renewed: boolean): void {
    if (this.#state !== 'publishing') {
      this.#wanted = { target, renewed };
      return;
    }
    this.#dropMove();
    const link = new Connection(this, this.#config);
    const move = { target, renewed, link };
    this.#move = move;
    this.#publish(link, target).then(
      () => this.#onMoveReady(link),
      (error: Error) => this.#onMoveFailed(move, error),
    );
  }

  /** Another connection waits to take the stream up: call {@link move} where it can. */
  get canMove(): boolean {
    const move = this.#move;
    return move !== undefined && (move.link === undefined || move.link.publisher !== undefined);
  }

  /**
   * The stream goes over to the connection that waits, and the old one ends cleanly.
   * @returns the publisher that takes it up, or undefined when it has yet to be made: `onPublishing` follows.
   */
  move(): RtmpPublisher | undefined {
    const old = this.#link!;
    const { link, target } = this.#move!;
    this.#move = undefined;
    this.#watchdog.disarm();
    this.#targets.move(target);
    this.#closing.add(old);
    this.#link = link;
    if (link === undefined) {
      this.#state = 'connecting';
      this.#afterwards = () => this.#make('reconnect', target);
      this.#backoff?.published(monotonicNow() - this.#publishingSince);
    }
    old.close();
    return link?.publisher;
  }

  onDrain(link: Connection): void {
    if (link !== this.#link) return;
    this.#watchdog.disarm();
    try {
      this.#owner.onDrain();
    } catch (fault) {
      this.#onFault(fault);
    }
  }

  onCommand(name: string, args: AmfValue[]): void {
    this.#owner.onCommand(name, args);
  }

  onWarning(message: string): void {
    this.#owner.onWarning(message);
  }

  onReconnectRequest(link: Connection, target: ShardTarget): void {
    if (link !== this.#link || !this.#owner.wantsConnection) return;
    const wait = this.#moveRequests.ask({ link, target });
    if (wait === undefined) return;
    this.#owner.onWarning(
      `the server asks the stream to move again; that is done in ${Math.ceil(wait / 1000)} s, because it has moved a short time ago`,
    );
  }

  /** Of a server that has been left, or whose wish is being done, nothing more is wanted. */
  #followRequest({ link, target }: MoveRequest): void {
    const move = this.#move?.target;
    const isUnderWay = move !== undefined && move.url === target.url && move.token === target.token;
    if (link === this.#link && this.#owner.wantsConnection && !isUnderWay) this.moveTo(target, false);
  }

  onLinkClosed(link: Connection, error: Error | undefined): void {
    this.#bytesBefore += link.bytesWritten;
    if (this.#closing.delete(link)) this.#onOldClosed(link, error);
    else if (link === this.#move?.link) this.#onMoveLost(error);
    else if (link === this.#link) this.#onCurrentClosed(link, error);
  }

  #make(reason: TargetReason, given: ShardTarget | undefined): void {
    this.#state = 'connecting';
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    const link = new Connection(this, this.#config);
    this.#link = link;
    this.#reach(link, reason, given)
      .then(
        () => {
          if (link === this.#link) this.#onPublishing(link);
        },
        (error: Error) => {
          if (link === this.#link) this.#onLost(error);
        },
      )
      .catch((fault: unknown) => this.#onFault(fault));
  }

  /** What waited for the connection could not be sent: that ends this destination, and not the thread with all the others. */
  #onFault(fault: unknown): void {
    this.destroy(CloudPushError.wrap(fault));
  }

  /** A server that refuses a token that the caller's thread had remembered may take a new one. */
  async #reach(link: Connection, reason: TargetReason, given: ShardTarget | undefined): Promise<void> {
    const target = given ?? (await this.#targets.get(reason, link.signal));
    try {
      await this.#publish(link, target);
    } catch (error) {
      if (classOf(error) !== 'auth' || !this.#targets.isAsked) throw error;
      await this.#publish(link, await this.#targets.get('rejected', link.signal));
    }
  }

  /** Nobody hears of what becomes of it. */
  #giveUpAttempt(): void {
    const link = this.#link;
    this.#link = undefined;
    link?.abort(movedElsewhereError());
  }

  #publish(link: Connection, target: ShardTarget): Promise<void> {
    return this.#limiter.run(() => link.publish(target), link.signal);
  }

  #onPublishing(link: Connection): void {
    this.#state = 'publishing';
    this.#isResting = false;
    this.#publishingSince = monotonicNow();
    this.#owner.onPublishing(link.publisher!);
    const wanted = this.#takeWanted();
    if (wanted !== undefined && !link.leadsTo(wanted.target)) this.moveTo(wanted.target, wanted.renewed);
  }

  /** The server bears another stream on the connection, for all that is known. */
  #carriesNext({ publisher }: Connection): boolean {
    const { segmentConnection } = this.#config;
    if (this.#oneStreamEach || segmentConnection === 'new') return false;
    return segmentConnection === 'same' || publisher?.profile.nextStream !== false;
  }

  /** Has no connection until the next segment. */
  #rest(link: Connection): void {
    this.#wanted ??= this.#move;
    this.#dropMove();
    this.#state = 'waiting';
    this.#isResting = true;
    this.#renewsName = link.renewsName;
    this.#link = undefined;
    this.#lastError = undefined;
    this.#owner.onRest();
  }

  /** Servers close a connection whose stream is over, or on a second `publish`: nothing is lost with it. */
  #isNormalEnd(link: Connection, error: Error): boolean {
    if (this.#state !== 'publishing' || this.#destroyedBy !== undefined || !(error instanceof RtmpError))
      return false;
    if (this.#owner.isAtRest && error.code === RtmpErrorCode.peerClosed) {
      this.#oneStreamEach = true;
      this.#rest(link);
      // It was told to end meanwhile, and no next segment follows.
      if (!this.#owner.wantsConnection) this.#finish(undefined);
      return true;
    }
    if (!this.#owner.isOpeningSegment || !BEARS_NO_OTHER.has(error.code)) return false;
    // What was on the way has arrived when the server has closed in an orderly way, or has answered since.
    if (error.code !== RtmpErrorCode.peerClosed && error.stage !== 'publish') this.#noteFlaw(error);
    this.#oneStreamEach = true;
    this.#wanted ??= this.#move;
    this.#dropMove();
    this.#owner.onOtherConnection();
    this.connect();
    return true;
  }

  #onNextStream(link: Connection): void {
    if (link === this.#link && this.#state === 'publishing') this.#owner.onNextStream();
  }

  /** A connection that is lost says so itself. A name that the server would cut is no better on another. */
  #onNextStreamFailed(link: Connection, error: Error): void {
    const isTooLong = error instanceof RtmpError && error.code === RtmpErrorCode.messageTooLarge;
    if (link === this.#link && isTooLong) this.destroy(error);
  }

  #takeWanted(): MoveTarget | undefined {
    const wanted = this.#wanted;
    this.#wanted = undefined;
    return wanted;
  }

  #onMoveReady(link: Connection): void {
    const refusal = this.#owner.refusalOf(link.publisher!);
    if (this.#move?.link !== link || refusal === undefined) return;
    this.#dropMove();
    this.#warnOfStay(refusal);
  }

  #onMoveFailed(move: Move, error: Error): void {
    if (this.#move !== move) return;
    // The name is taken, by ourselves: the new connection can only be made when the old one is over.
    this.#move = classOf(error) === 'busy' ? { ...move, link: undefined } : undefined;
    if (this.#move === undefined) this.#warnOfStay(error);
  }

  /** A connection that was ready to take over is gone before it did. */
  #onMoveLost(error: Error | undefined): void {
    this.#move = undefined;
    if (error !== undefined && this.#destroyedBy === undefined) this.#warnOfStay(error);
  }

  #warnOfStay({ message }: Error): void {
    this.#owner.onWarning(`the stream stays where it is, it could not be moved: ${message}`);
  }

  #dropMove(): void {
    const move = this.#move;
    this.#move = undefined;
    if (move?.link === undefined) return;
    if (move.link.publisher !== undefined) this.#closing.add(move.link);
    move.link.abort(movedElsewhereError());
  }

  #onOldClosed(link: Connection, error: Error | undefined): void {
    if (error !== undefined && !link.signal.aborted) this.#noteFlaw(error);
    if (this.#closing.size > 0) return;
    const connect = this.#afterwards;
    this.#afterwards = undefined;
    // What was still being closed may have been destroyed since, with what it held.
    if (this.#state === 'over') this.#owner.onEnded(this.#ending ?? this.#destroyedBy ?? this.#flaw);
    else connect?.();
  }

  /** Nobody knows whether the last of what it was handed has arrived. */
  #noteFlaw(error: Error): void {
    this.#owner.onWarning(`the connection that was left ended badly: ${error.message}`);
    this.#flaw ??= error;
  }

  #onCurrentClosed(link: Connection, error: Error | undefined): void {
    this.#link = undefined;
    this.#watchdog.disarm();
    if (error === undefined) this.#finish(undefined);
    else if (!this.#isNormalEnd(link, error)) this.#onLost(error);
  }

  #onLost(lost: Error): void {
    const wasPublishing = this.#state === 'publishing';
    if (wasPublishing) this.#backoff?.published(monotonicNow() - this.#publishingSince);
    if (this.#takeOver(lost)) return;
    this.#wanted ??= this.#move;
    this.#dropMove();
    const { error, mended } = wasPublishing ? this.#owner.assess(lost) : { error: lost, mended: false };
    const again = this.#destroyedBy === undefined && this.#owner.wantsConnection;
    const delay = again ? (mended ? 0 : this.#delayAfter(error)) : undefined;
    if (delay === undefined) {
      const refusals = this.#backoff?.refusals ?? 0;
      this.#finish(again && refusals > 0 && isRefusal(error) ? refusedTooOften(error, refusals) : error);
      return;
    }
    if (this.#owner.isBetweenSegments) {
      this.#state = 'waiting';
      this.#isResting = false;
      this.#lastError = error;
      this.#owner.onLost(error, Number.POSITIVE_INFINITY, wasPublishing);
      return;
    }
    this.#isResting = false;
    this.#waitFor(delay, error);
    this.#owner.onLost(error, delay, wasPublishing);
  }

  #delayAfter(error: Error): number | undefined {
    if (isRefusal(error)) return this.#backoff?.nextAfterRefusal();
    return this.#backoff?.next(classOf(error));
  }

  #waitFor(delay: number, error: Error): void {
    this.#state = 'waiting';
    this.#lastError = error;
    this.#retryTimer = setTimeout(() => this.connect(), delay);
  }

  /** A connection that waits to take the stream up does so when the present one is lost. */
  #takeOver(error: Error): boolean {
    const next = this.#move?.link;
    if (next?.publisher === undefined || this.#destroyedBy !== undefined) return false;
    this.#targets.move(this.#move!.target);
    this.#move = undefined;
    this.#link = next;
    this.#owner.onLost(error, 0, true);
    this.#onPublishing(next);
    return true;
  }

  #finish(error: Error | undefined): void {
    if (this.#state === 'over') return;
    this.#state = 'over';
    clearTimeout(this.#retryTimer);
    this.#moveRequests.stop();
    this.#afterwards = undefined;
    this.#dropMove();
    // However the connection took it: who was destroyed did not end well.
    this.#ending = this.#destroyedBy ?? error;
    if (this.#closing.size === 0) this.#owner.onEnded(this.#ending ?? this.#flaw);
  }

  readonly #onStall = (limit: number): void => this.#link?.stalled(limit);
}

/** How the connection ends, with a server that takes one stream on each; one that never answers is left, too. */
const BEARS_NO_OTHER: ReadonlySet<string> = new Set([
  RtmpErrorCode.peerClosed,
  RtmpErrorCode.socket,
  RtmpErrorCode.timeout,
]);

function movedElsewhereError(): CloudPushError {
  return new CloudPushError('ERR_CLOUDPUSH_ABORTED', 'the stream does not move there any more', {
    class: 'fatal',
  });
}
