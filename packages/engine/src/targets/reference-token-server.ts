import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { CloudPushError } from '../base/errors.js';
import { requireObject } from '../base/validation.js';
import type { IssuedToken } from './issued-tokens.js';
import { TokenAuthority, type TokenAuthorityOptions } from './token-authority.js';
import { codeOf } from './token-errors.js';
import { decodeQuery, type TokenReply } from './token-protocol.js';

/** Path at which devices and clients ask; live targets are asked for by serial number alone. */
const PATH = '/connection/token/get';
const LIVE_PATH = '/live/token/get';

/** The most bytes of a query. */
const MAX_QUERY_SIZE = 16_384;

/** The longest that a query may take to come in, in ms. */
const QUERY_TIMEOUT = 10_000;

/** The outcome of one request. It holds no secret. */
export interface TokenRequestReport {
  readonly path: string;
  /** Of HTTP. */
  readonly status: number;
  /** Of the reply: 0 when a target was given. */
  readonly code: number | undefined;
  readonly deviceSN: string | undefined;
  readonly clientId: string | undefined;
}

/** Options of {@link ReferenceTokenServer}. */
export interface ReferenceTokenServerOptions extends TokenAuthorityOptions {
  /** Default `127.0.0.1`. */
  readonly host?: string | undefined;
  /** Default 0: any free one. */
  readonly port?: number | undefined;
  /** Speaks HTTPS. PEM. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  /** Called with each request that was answered. */
  readonly onRequest?: ((report: TokenRequestReport) => void) | undefined;
  /**
   * Sees each request first. When it returns true, it has answered, in whichever way: that is how faults are
   * made.
   */
  readonly intercept?: ((request: IncomingMessage, response: ServerResponse) => boolean) | undefined;
}

/**
 * A small token server that speaks the whole protocol, for tests and for trying things out. It is not for
 * production: what it has given out lives in memory, and it takes as many requests as come.
 *
 * ```ts
 * const url = 'rtmp://localhost/$appname/$streamname/$time';
 * await using server = await ReferenceTokenServer.listen({ url, ttl: 60 });
 * const tokenServer = new TokenServer({ url: server.url });
 * ```
 */
export class ReferenceTokenServer implements AsyncDisposable {
  readonly #options: ReferenceTokenServerOptions;
  readonly #authority: TokenAuthority;
  readonly #server: Server;
  #connections = 0;

  /** @throws CloudPushError `ERR_CLOUDPUSH_SOCKET` when the address cannot be had. */
  static async listen(options: ReferenceTokenServerOptions): Promise<ReferenceTokenServer> {
    const server = new ReferenceTokenServer(options);
    await server.#listen();
    return server;
  }

  private constructor(options: ReferenceTokenServerOptions) {
    this.#options = requireObject('options', options);
    this.#authority = new TokenAuthority(options);
    const timeouts = { requestTimeout: QUERY_TIMEOUT, headersTimeout: QUERY_TIMEOUT };
    this.#server =
      options.tls === undefined ? createServer(timeouts) : createTlsServer({ ...timeouts, ...options.tls });
    this.#server.on('connection', () => this.#onConnection());
    this.#server.on('request', (request, response) => this.#onRequest(request, response));
  }

  #onConnection(): void {
    this.#connections++;
  }

  /** URL for requests by device and by device token. */
  get url(): string {
    return `${this.#origin}${PATH}`;
  }

  /** URL for requests for live targets. */
  get liveUrl(): string {
    return `${this.#origin}${LIVE_PATH}`;
  }

  /** TCP connections since the beginning. */
  get connections(): number {
    return this.#connections;
  }

  /** The record of a token that a client shows; undefined when it was not given out here, or has expired. */
  find(token: string): IssuedToken | undefined {
    return this.#authority.find(token);
  }

  /** Stops listening and resets what is connected. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    this.#server.closeAllConnections();
    await closed;
  }

  /** Closes the server, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  get #origin(): string {
    const { address, port } = this.#server.address() as { address: string; port: number };
    const scheme = this.#options.tls === undefined ? 'http' : 'https';
    return `${scheme}://${address.includes(':') ? `[${address}]` : address}:${port}`;
  }

  #listen(): Promise<void> {
    const { host = '127.0.0.1', port = 0 } = this.#options;
    return new Promise((resolve, reject) => {
      const onError = (cause: Error): void => {
        const message = `Cannot listen on ${host} port ${port}: ${codeOf(cause) ?? cause.message}`;
        reject(new CloudPushError('ERR_CLOUDPUSH_SOCKET', message, { class: 'retryable', cause }));
      };
      this.#server.once('error', onError);
      this.#server.listen(port, host, () => {
        this.#server.off('error', onError);
        resolve();
      });
    });
  }

  #onRequest(request: IncomingMessage, response: ServerResponse): void {
    if (this.#options.intercept?.(request, response) === true) return;
    const path = (request.url ?? '').replace(/\?.*$/s, '');
    if (path !== PATH && path !== LIVE_PATH) this.#refuse(request, response, path, 404);
    else if (request.method !== 'POST') this.#refuse(request, response, path, 405);
    else this.#readQuery(request, response, path);
  }

  #readQuery(request: IncomingMessage, response: ServerResponse, path: string): void {
    const parts: Buffer[] = [];
    let size = 0;
    request.on('data', (part: Buffer) => {
      size += part.length;
      if (size <= MAX_QUERY_SIZE) parts.push(part);
    });
    request.on('end', () => {
      if (size > MAX_QUERY_SIZE) this.#refuse(request, response, path, 413);
      else this.#answer(response, path, Buffer.concat(parts));
    });
  }

  #answer(response: ServerResponse, path: string, body: Buffer): void {
    const query = decodeQuery(body) ?? {};
    const reply: TokenReply = this.#authority.answer(query, path === PATH);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(reply));
    const { deviceSN, clientid: clientId } = query;
    this.#options.onRequest?.({ path, status: 200, code: reply.code, deviceSN, clientId });
  }

  #refuse(request: IncomingMessage, response: ServerResponse, path: string, status: number): void {
    request.resume();
    response.writeHead(status).end();
    this.#options.onRequest?.({ path, status, code: undefined, deviceSN: undefined, clientId: undefined });
  }
}
