import { setTimeout as sleep } from 'node:timers/promises';
import { withForms } from '@cloudpush/transport';
import type { Agent } from 'undici';
import { requestDelay } from '../base/backoff.js';
import { monotonicNow } from '../base/clock.js';
import { CloudPushError } from '../base/errors.js';
import { invalidParameter } from '../base/validation.js';
import type { HttpPost } from './http-post.js';
import type { PushTarget, TokenProvider } from './push-target.js';
import { retryAfter } from './retry-after.js';
import { checkTargetRequest, type TargetRequest, type UrlRequest } from './target-request.js';
import { badStatus, refused, retryAfterOf, shown, tokenTimeout } from './token-errors.js';
import { decodeReply, queryFor } from './token-protocol.js';
import {
  type TokenEndpoint,
  type TokenServerOptions,
  type TokenServerSettings,
  tokenEndpoint,
  tokenServerSettings,
} from './token-server-options.js';

/** Failures after which the token server is asked again, if the class permits it. */
const TRIED_AGAIN: readonly string[] = [
  'ERR_CLOUDPUSH_TOKEN_SERVER_UNREACHABLE',
  'ERR_CLOUDPUSH_TOKEN_SERVER_STATUS',
  'ERR_CLOUDPUSH_TOKEN_TIMEOUT',
];

/**
 * Asks a token server for push targets, over HTTP connections that are kept and used again. Failures of the
 * network and of the server are tried again, with exponential back-off and full jitter, or when the server
 * wants it (`Retry-After`).
 *
 * ```ts
 * await using server = new TokenServer({ url: 'https://cloud.example/connection/token/get' });
 * const device = { kind: 'device', deviceSN: 'SN-1' };
 * const { url, token } = await server.provide(device, { signal, reason: 'connect' });
 * ```
 */
export class TokenServer implements AsyncDisposable {
  readonly #settings: TokenServerSettings;
  /** Undefined until it is needed, as the HTTP client is: most engines are told URLs. */
  #agent: Agent | undefined;
  /** Ends an exchange that is under way. */
  readonly #running = new Set<AbortController>();
  #closing: Promise<void> | undefined;

  /** @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER` */
  constructor(options: TokenServerOptions = {}) {
    this.#settings = tokenServerSettings(options);
  }

  /**
   * Finds the target for a request; a {@link TokenProvider}. For a plain URL that is the URL itself, and no
   * server is asked.
   * @throws CloudPushError see the table in the README; the signal's reason when that fires.
   */
  readonly provide: TokenProvider = async (request, { signal, reason }) => {
    signal.throwIfAborted();
    if (this.#closing !== undefined) throw closedError();
    checkTargetRequest(request);
    if (request.kind === 'url') return knownTarget(request, reason === 'rejected');
    return await this.#exchange(this.#postFor(request), signal);
  };

  /** Ends what is under way, with `ERR_CLOUDPUSH_ENGINE_CLOSED`, and closes the connections. */
  async close(): Promise<void> {
    if (this.#closing === undefined) {
      this.#closing = this.#agent?.close() ?? Promise.resolve();
      for (const exchange of this.#running) exchange.abort(closedError());
    }
    await this.#closing;
  }

  /** Closes the connections to the token server, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #postFor(request: Exclude<TargetRequest, UrlRequest>): HttpPost {
    const endpoint = this.#endpointFor(request);
    const query = queryFor(request);
    const secrets = withForms([query.client_secret, query.device_token, ...endpoint.secrets]);
    return { ...endpoint, body: JSON.stringify(query), secrets };
  }

  #endpointFor(request: Exclude<TargetRequest, UrlRequest>): TokenEndpoint {
    if (request.tokenUrl !== undefined) return tokenEndpoint('tokenUrl', request.tokenUrl);
    const { endpoint } = this.#settings;
    if (endpoint !== undefined) return endpoint;
    throw invalidParameter('tokenServer.url', undefined, `a URL, for a request of the kind ${request.kind}`);
  }

  /** The whole exchange, within its time. */
  async #exchange(message: HttpPost, caller: AbortSignal): Promise<PushTarget> {
    const { total } = this.#settings.timeouts;
    const exchange = new AbortController();
    const onAbort = () => exchange.abort(caller.reason);
    const timer = setTimeout(() => exchange.abort(tokenTimeout('total', total)), total);
    caller.addEventListener('abort', onAbort, { once: true });
    this.#running.add(exchange);
    try {
      return await this.#tryRepeatedly(message, exchange.signal);
    } finally {
      clearTimeout(timer);
      caller.removeEventListener('abort', onAbort);
      this.#running.delete(exchange);
    }
  }

  async #tryRepeatedly(message: HttpPost, signal: AbortSignal): Promise<PushTarget> {
    const deadline = monotonicNow() + this.#settings.timeouts.total;
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#tryOnce(message, signal);
      } catch (error) {
        signal.throwIfAborted();
        const delay = this.#delayAfter(error, attempt);
        // Waiting longer than there is time would only put a poorer error in this one's place.
        if (delay === undefined || monotonicNow() + delay >= deadline) throw error;
        await sleep(delay, undefined, { signal }).catch(() => signal.throwIfAborted());
      }
    }
  }

  async #tryOnce(message: HttpPost, signal: AbortSignal): Promise<PushTarget> {
    const { timeouts, now } = this.#settings;
    const server = message.url.origin;
    const { createAgent, post } = await import('./http-post.js');
    signal.throwIfAborted();
    this.#agent ??= createAgent(this.#settings);
    const askedAt = now();
    const { status, retryAfter: field, body } = await post(this.#agent, message, timeouts, signal);
    if (status < 200 || status > 299) throw badStatus(server, status, retryAfter(field, now()));
    const reply = decodeReply(body, askedAt);
    if ('target' in reply) return reply.target;
    throw refused(server, reply.code, shown(reply.message, message.secrets));
  }

  /** ms to wait before the next try; undefined when there is to be none. */
  #delayAfter(error: unknown, attempt: number): number | undefined {
    const { retry, random } = this.#settings;
    if (!(error instanceof CloudPushError) || error.class !== 'retryable') return undefined;
    if (!TRIED_AGAIN.includes(error.code) || attempt >= retry.maxAttempts) return undefined;
    const delay = requestDelay(attempt, retry, random);
    return Math.max(delay, retryAfterOf(error) ?? 0);
  }
}

function knownTarget({ url, token }: UrlRequest, wasRejected: boolean): PushTarget {
  if (!wasRejected) return { url, token };
  const message =
    'the server has refused the push URL or its token, and there is no token server to ask for another';
  throw new CloudPushError('ERR_CLOUDPUSH_TOKEN_REJECTED', message);
}

function closedError(): CloudPushError {
  return new CloudPushError('ERR_CLOUDPUSH_ENGINE_CLOSED', 'the token server has been closed');
}
