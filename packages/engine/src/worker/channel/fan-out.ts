import { PATIENCE } from '../destination/backlog.js';
import type { DestinationStream } from '../destination/destination-stream.js';
import type { ShardContext } from '../shard-context.js';

/**
 * The streams of the destinations that take a channel's tags, each at its own pace: which of them lag, and
 * whether the source waits for them.
 */
export class FanOut {
  readonly #channel: number;
  readonly #context: ShardContext;
  #list: readonly DestinationStream[] = [];
  /** A destination is full, and the caller has been told to wait. */
  #paused = false;
  /** Stops looking at those that the source waits for. */
  #stopTimer: () => void = () => {};
  /** Those that the source has begun to lose its patience with. */
  readonly #late = new Set<DestinationStream>();

  constructor(channel: number, context: ShardContext) {
    this.#channel = channel;
    this.#context = context;
  }

  get list(): readonly DestinationStream[] {
    return this.#list;
  }

  get isFanOut(): boolean {
    return this.#list.length > 1;
  }

  /** {@link relieve} may find something to let go of. */
  get canRelieve(): boolean {
    return this.#list.length > 1 || this.#list[0]?.backlog.mayDrop === true;
  }

  add(stream: DestinationStream): void {
    this.#list = [...this.#list, stream];
    this.reconsider();
    this.resumeIfRoom();
  }

  /** Nothing is waited for any more: what waits goes out wherever the stream is being published. */
  sendWaiting(): void {
    for (const taker of this.#list) taker.sendWaiting();
  }

  /** It takes no more tags, and does not make the source wait any more. */
  remove(stream: DestinationStream): void {
    this.#list = this.#list.filter((taker) => taker !== stream);
    this.reconsider();
    this.resumeIfRoom();
  }

  /** Another one is ahead of it, and has room: the source must not wait for it. */
  isLeftBehind(stream: DestinationStream): boolean {
    // Of two that are equally fast, one is always a little ahead: while neither has room, the source waits
    // for both.
    return this.#list.some((other) => other.isAheadOf(stream) && other.backlog.hasRoom);
  }

  /**
   * The channel holds much of the pool: the slowest destination that lags behind the fastest, or that is to
   * drop rather than to make its source wait, lets go of some of it.
   */
  relieve(): void {
    let isComing = false;
    for (const { spool } of this.#list) if (spool?.relieve() === true) isComing = true;
    if (isComing) return;
    let slowest: DestinationStream | undefined;
    for (const taker of this.#list) {
      const { backlog } = taker;
      const isAsked = backlog.mayDrop || !this.#isFastest(taker);
      if (isAsked && backlog.bytes > (slowest?.backlog.bytes ?? 0)) slowest = taker;
    }
    slowest?.backlog.relieve();
  }

  /** Lets each think again: another one may be left behind now. */
  reconsider(): void {
    for (const taker of this.#list) taker.backlog.reconsider();
  }

  /** A destination is full: the source waits. */
  pause(): void {
    if (this.#paused) return;
    this.#paused = true;
    this.#context.spools?.gate.noteCongested(true);
    this.#late.clear();
    this.#watch();
    this.#context.gates.close(this.#channel);
    this.#context.report({ type: 'pause', channel: this.#channel });
  }

  /** The source goes on when no destination is full any more; without any, it waits for the next. */
  resumeIfRoom(): void {
    if (!this.#paused || this.#list.length === 0 || this.#list.some(({ backlog }) => backlog.full)) return;
    this.#paused = false;
    this.#context.spools?.gate.noteCongested(false);
    this.#stopTimer();
    this.#context.gates.open(this.#channel);
    this.#context.report({ type: 'resume', channel: this.#channel });
  }

  /** Nobody waits any more. */
  end(): void {
    this.#stopTimer();
    if (this.#paused) this.#context.spools?.gate.noteCongested(false);
    this.#paused = false;
  }

  #isFastest(stream: DestinationStream): boolean {
    return !this.#list.some((other) => other.isAheadOf(stream));
  }

  #watch(): void {
    this.#stopTimer = this.#context.clock.after(PATIENCE, () => this.#losePatience());
  }

  #losePatience(): void {
    this.#watch();
    for (const taker of this.#list) {
      if (!taker.backlog.full || !this.isLeftBehind(taker)) this.#late.delete(taker);
      else if (this.#late.has(taker)) taker.backlog.reconsider();
      else this.#late.add(taker);
    }
  }
}
