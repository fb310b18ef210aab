import { checkedSignal } from '../base/abort-signals.js';
import { CloudPushError } from '../base/errors.js';
import { checkedOptions, integer, invalidType, optionalFunction, requireObject } from '../base/validation.js';
import { type Clock, systemClock } from './clock.js';
import type { PushTarget, TokenProvider } from './push-target.js';
import { type EntryContext, TargetEntry, type TargetQuery } from './target-entry.js';
import { checkTargetRequest, identityOf, type TargetRequest } from './target-request.js';
import { withNames } from './url-template.js';

/**
 * So many targets are remembered; the one that was asked for the longest time ago goes first, unless it is
 * watched.
 */
const MAX_ENTRIES = 65_536;

/** Options of {@link TargetCache}. */
export interface TargetCacheOptions {
  /**
   * The least time between two requests for the same target when servers refuse what comes of them, or it has
   * hardly any life, in ms: 100 to 3,600,000. Default 5,000.
   */
  readonly minimumInterval?: number | undefined;
  /** The longest that a provider may take, in ms: 1 to 3,600,000. Default 60,000. */
  readonly requestTimeout?: number | undefined;
  /**
   * Told when a target that is watched could not be renewed; it will be tried again. Told, too, what a
   * watcher throws. The request holds secrets. Must not throw.
   */
  readonly onRefreshFailed?: ((error: CloudPushError, request: TargetRequest) => void) | undefined;
  /** Default: the system's. */
  readonly clock?: Clock | undefined;
  /** 0 to 1. Default `Math.random`. */
  readonly random?: (() => number) | undefined;
}

const OPTIONS: Readonly<Record<keyof TargetCacheOptions, true>> = {
  minimumInterval: true,
  requestTimeout: true,
  onRefreshFailed: true,
  clock: true,
  random: true,
};

/**
 * Push targets, remembered until they expire, in front of any {@link TokenProvider}. However many ask for the
 * same target at the same time, the provider is asked once.
 *
 * ```ts
 * const cache = new TargetCache(tokenServer.provide);
 * const request = { kind: 'device', deviceSN: 'SN-1' } as const;
 * const target = await cache.get(request, { reason: 'connect' });
 * const stop = cache.watch(request, (next) => console.log('a new target is due', next.expiresAt));
 * ```
 */
export class TargetCache implements Disposable {
  readonly #context: EntryContext;
  /** By identity, in the order of their last use. */
  readonly #entries = new Map<string, TargetEntry>();
  #closed = false;

  /** @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER` */
  constructor(provider: TokenProvider, options: TargetCacheOptions = {}) {
    if (typeof provider !== 'function') throw invalidType('provider', provider, 'a function');
    const { minimumInterval, requestTimeout, onRefreshFailed, clock, random } = checkedOptions(
      '',
      options,
      OPTIONS,
    );
    this.#context = {
      provider,
      clock: clock ?? systemClock,
      random: optionalFunction('random', random) ?? Math.random,
      minimumInterval: integer('minimumInterval', minimumInterval, {
        preset: 5000,
        least: 100,
        most: 3_600_000,
      }),
      requestTimeout: integer('requestTimeout', requestTimeout, {
        preset: 60_000,
        least: 1,
        most: 3_600_000,
      }),
      onRefreshFailed: optionalFunction('onRefreshFailed', onRefreshFailed) ?? (() => {}),
    };
  }

  /**
   * The target for a request, with `$appname` and `$streamname` filled in; `$time` is left to who connects. A
   * target past about 80 % of its life is renewed first; when that fails, it is given all the same until it
   * expires, unless the token server has refused another one. A failure is repeated to those who ask within
   * the next second.
   * @throws CloudPushError what the provider rejects with; `ERR_CLOUDPUSH_INVALID_PARAMETER`,
   *   `ERR_CLOUDPUSH_INVALID_URL`, `ERR_CLOUDPUSH_ENGINE_CLOSED`; the signal's reason when that fires.
   */
  async get(request: TargetRequest, query: TargetQuery): Promise<PushTarget> {
    const signal = checkedSignal(requireObject('query', query).signal);
    if (signal?.aborted) throw signal.reason;
    return named(await this.#entry(request).get(query), request);
  }

  /**
   * Renews the target of a request ahead of its expiry for as long as somebody watches it.
   * @param onNewTarget called with each target that takes the place of another, whoever asked for it.
   * @returns ends it.
   * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`, `ERR_CLOUDPUSH_ENGINE_CLOSED`
   */
  watch(request: TargetRequest, onNewTarget: (target: PushTarget) => void): () => void {
    if (typeof onNewTarget !== 'function') throw invalidType('onNewTarget', onNewTarget, 'a function');
    return this.#entry(request).watch((target) => onNewTarget(named(target, request)));
  }

  /** Forgets everything; who waits gets `ERR_CLOUDPUSH_ENGINE_CLOSED`. */
  close(): void {
    this.#closed = true;
    for (const entry of this.#entries.values()) entry.close(closedError());
    this.#entries.clear();
  }

  /** Closes the cache, for `using`. */
  [Symbol.dispose](): void {
    this.close();
  }

  #entry(request: TargetRequest): TargetEntry {
    if (this.#closed) throw closedError();
    checkTargetRequest(request);
    const identity = identityOf(request);
    const entry = this.#entries.get(identity) ?? new TargetEntry(request, this.#context);
    this.#entries.delete(identity);
    this.#entries.set(identity, entry);
    if (this.#entries.size > MAX_ENTRIES) this.#forgetOne();
    return entry;
  }

  #forgetOne(): void {
    for (const [identity, entry] of this.#entries) {
      if (!entry.idle) continue;
      this.#entries.delete(identity);
      return;
    }
  }
}

function named(target: PushTarget, request: TargetRequest): PushTarget {
  const url = withNames(target.url, request);
  return url === target.url ? target : { ...target, url };
}

function closedError(): CloudPushError {
  return new CloudPushError('ERR_CLOUDPUSH_ENGINE_CLOSED', 'the target cache is closed');
}
