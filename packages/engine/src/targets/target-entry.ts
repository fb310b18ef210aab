import { withForms } from '@cloudpush/transport';
import { abortableWait } from '../base/abortable-wait.js';
import { requestDelay } from '../base/backoff.js';
import { CloudPushError, classOf } from '../base/errors.js';
import type { Clock } from './clock.js';
import { checkedTarget, type PushTarget, type TargetReason, type TokenProvider } from './push-target.js';
import { SharedRequest } from './shared-request.js';
import { secretsOf, type TargetRequest } from './target-request.js';
import { providerFailed, retryAfterOf, shownCause, tokenTimeout } from './token-errors.js';

/**
 * The part of a target's life after which it is renewed: 0.75 to 0.85, so that devices do not come all at
 * once.
 */
const REFRESH_AFTER = 0.75;
const REFRESH_JITTER = 0.1;

/**
 * For so long, in ms, a failure answers those who ask; longer, up to the second value, if the server wants
 * it.
 */
const FAILURE_HOLD = 1000;
const MAX_FAILURE_HOLD = 10_000;

/** Delays between which a failed refresh backs off while somebody watches, in ms. */
const REFRESH_DELAYS = { initialDelay: 1000, maxDelay: 60_000 };

/** Reason why a target is asked for. */
export interface TargetQuery {
  /** The asker's own: the others who wait for the same target are not touched by it. */
  readonly signal?: AbortSignal | undefined;
  readonly reason: TargetReason;
  /**
   * With the reason `rejected`: the target that was refused, as it was given. When there is a newer one by
   * now, nobody is asked. Left out, or without a token: the target at hand is taken for the refused one
   * unless it is younger than the minimum interval.
   */
  readonly rejected?: PushTarget | undefined;
}

/** The parts that all entries of a cache share. */
export interface EntryContext {
  readonly provider: TokenProvider;
  readonly clock: Clock;
  readonly random: () => number;
  /** ms */
  readonly minimumInterval: number;
  /** ms */
  readonly requestTimeout: number;
  readonly onRefreshFailed: (error: CloudPushError, request: TargetRequest) => void;
}

interface Failure {
  readonly error: CloudPushError;
  /** Until then, those who ask get this error. */
  readonly heldUntil: number;
  /** Then a refresh is tried again. */
  readonly retryAt: number;
}

/** One cached target: the target itself, a request for another one that is under way, and its watchers. */
export class TargetEntry {
  readonly #context: EntryContext;
  readonly #request: TargetRequest;
  readonly #watchers = new Set<(target: PushTarget) => void>();
  #target: PushTarget | undefined;
  /** The target has been refused by the server that it leads to. */
  #rejected = false;
  #refreshAt = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #underWay: SharedRequest<PushTarget> | undefined;
  #failure: Failure | undefined;
  /** Failures since the last success. */
  #failures = 0;
  #stopTimer = () => {};

  constructor(request: TargetRequest, context: EntryContext) {
    this.#request = request;
    this.#context = context;
  }

  /** True when it may be forgotten. */
  get idle(): boolean {
    return this.#watchers.size === 0 && this.#underWay === undefined;
  }

  /** The target at hand, or another one when that is due. */
  async get({ signal, reason, rejected }: TargetQuery): Promise<PushTarget> {
    const now = this.#now();
    if (reason === 'rejected') this.#reject(rejected);
    const current = this.#usable();
    if (current !== undefined && now < this.#refreshAt) return current;
    if (this.#failure !== undefined && now < this.#failure.heldUntil)
      return this.#fallBack(this.#failure.error);
    try {
      return await this.#ask(reason).join(signal);
    } catch (error) {
      signal?.throwIfAborted();
      return this.#fallBack(error);
    }
  }

  /**
   * Calls `watcher` with every target that takes the place of another, until the returned function is called.
   */
  watch(watcher: (target: PushTarget) => void): () => void {
    this.#watchers.add(watcher);
    this.#setTimer();
    return () => {
      this.#watchers.delete(watcher);
      this.#setTimer();
    };
  }

  close(reason: CloudPushError): void {
    this.#target = undefined;
    this.#watchers.clear();
    this.#stopTimer();
    this.#underWay?.abort(reason);
  }

  /**
   * The time. When the clock has been set back since the target was asked for, how long that is ago cannot be
   * told: then it counts as long enough for everything.
   */
  #now(): number {
    const now = this.#context.clock.now();
    if (now < this.#askedAt) {
      this.#askedAt = now - this.#context.minimumInterval;
      this.#refreshAt = now;
      this.#failure = undefined;
    }
    return now;
  }

  /** The target at hand, unless it was refused or is past its time. */
  #usable(): PushTarget | undefined {
    const expiresAt = this.#target?.expiresAt ?? Number.POSITIVE_INFINITY;
    return this.#rejected || expiresAt <= this.#context.clock.now() ? undefined : this.#target;
  }

  /**
   * A target that is due for renewal will do while it lives, unless the server has said no to another one.
   */
  #fallBack(error: unknown): PushTarget {
    const current = this.#usable();
    if (current === undefined || classOf(error) === 'auth') throw error;
    return current;
  }

  #reject(rejected: PushTarget | undefined): void {
    const { clock, minimumInterval } = this.#context;
    // Without a token there is nothing to know the refused one by: its URL may have been filled in.
    const isAtHand =
      rejected?.token === undefined
        ? clock.now() - this.#askedAt >= minimumInterval
        : rejected.token === this.#target?.token;
    if (isAtHand) this.#rejected = true;
  }

  /** The request that is under way, or another one. */
  #ask(reason: TargetReason): SharedRequest<PushTarget> {
    if (this.#underWay !== undefined && !this.#underWay.abandoned) return this.#underWay;
    const { clock, minimumInterval, requestTimeout } = this.#context;
    const earliest = this.#rejected ? this.#askedAt + minimumInterval : 0;
    const wait = Math.max(0, earliest - clock.now());
    const work = async (signal: AbortSignal) => {
      if (wait > 0) await pause(clock, wait, signal);
      return this.#provide(reason, signal);
    };
    const tooLate = () => tokenTimeout('total', requestTimeout);
    const shared = new SharedRequest(clock, work, wait + requestTimeout, tooLate);
    this.#underWay = shared;
    shared.outcome.then(
      (target) => this.#onTarget(shared, target),
      (error: unknown) => this.#onFailure(shared, error),
    );
    return shared;
  }

  async #provide(reason: TargetReason, signal: AbortSignal): Promise<PushTarget> {
    const { clock, provider } = this.#context;
    signal.throwIfAborted();
    this.#askedAt = clock.now();
    try {
      return checkedTarget(await provider(this.#request, { signal, reason }));
    } catch (error) {
      if (error instanceof CloudPushError) throw error;
      throw providerFailed(shownCause(error, withForms(secretsOf(this.#request))));
    }
  }

  #onTarget(shared: SharedRequest<PushTarget>, target: PushTarget): void {
    const old = this.#target;
    const life = (target.expiresAt ?? Number.POSITIVE_INFINITY) - this.#askedAt;
    this.#end(shared);
    this.#target = target;
    this.#rejected = false;
    this.#refreshAt = this.#askedAt + life * (REFRESH_AFTER + REFRESH_JITTER * this.#context.random());
    this.#failure = undefined;
    this.#failures = 0;
    this.#setTimer();
    if (old !== undefined && (old.url !== target.url || old.token !== target.token)) this.#tell(target);
  }

  #onFailure(shared: SharedRequest<PushTarget>, error: unknown): void {
    this.#end(shared);
    // Those who waited have left: that is no failure of who was asked.
    if (shared.abandoned) return;
    const { clock, random } = this.#context;
    const now = clock.now();
    this.#failures++;
    const hold = Math.min(MAX_FAILURE_HOLD, Math.max(FAILURE_HOLD, retryAfterOf(error) ?? 0));
    const delay = requestDelay(this.#failures, REFRESH_DELAYS, random);
    this.#failure = {
      error: CloudPushError.wrap(error),
      heldUntil: now + hold,
      retryAt: now + Math.max(hold, delay),
    };
    this.#setTimer();
  }

  #end(shared: SharedRequest<PushTarget>): void {
    // After an abandoned one, another may be under way.
    if (this.#underWay === shared) this.#underWay = undefined;
  }

  #tell(target: PushTarget): void {
    for (const watcher of this.#watchers) {
      try {
        watcher(target);
      } catch (error) {
        this.#context.onRefreshFailed(CloudPushError.wrap(error), this.#request);
      }
    }
  }

  /** The one timer: it runs while somebody watches a target that will expire. */
  #setTimer(): void {
    this.#stopTimer();
    if (this.#watchers.size === 0 || this.#target?.expiresAt === undefined) return;
    const { clock, minimumInterval } = this.#context;
    const dueAt = this.#failure?.retryAt ?? Math.max(this.#refreshAt, this.#askedAt + minimumInterval);
    const onTimer = () => (this.#now() < dueAt ? this.#setTimer() : this.#refresh());
    this.#stopTimer = clock.after(Math.max(0, dueAt - clock.now()), onTimer, false);
  }

  #refresh(): void {
    this.#ask('refresh')
      .join()
      .catch((error: unknown) => {
        this.#context.onRefreshFailed(CloudPushError.wrap(error), this.#request);
      });
  }
}

function pause(clock: Clock, delay: number, signal: AbortSignal): Promise<void> {
  return abortableWait(signal, ({ resolve }) => clock.after(delay, resolve, true));
}
