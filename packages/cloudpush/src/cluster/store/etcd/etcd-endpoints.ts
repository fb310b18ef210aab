import {
  Client,
  type ClientDuplexStream,
  credentials,
  Metadata,
  type MethodDefinition,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import { StoreError } from '../cluster-store.js';
import { calls } from './etcd-protocol.js';

/** Where etcd is, and how it is spoken to. */
export interface EtcdOptions {
  /** `host:port` each. */
  readonly endpoints: readonly string[];
  /** Undefined: without TLS. Contents in PEM. */
  readonly tls?:
    | {
        readonly ca?: string | undefined;
        readonly cert?: string | undefined;
        readonly key?: string | undefined;
      }
    | undefined;
  readonly user?: { readonly name: string; readonly password: string } | undefined;
  /** ms that an answer may take. Default 2000. */
  readonly timeout?: number | undefined;
}

const TIMEOUT = 2000;
/** Attempts to connect to an endpoint that is away, in ms. */
const FIRST_RECONNECT = 100;
const LONGEST_RECONNECT = 1000;
/**
 * A connection that is silent is asked whether it lives: etcd refuses those that ask more often than every 5
 * s.
 */
const KEEP_ALIVE_INTERVAL = 6000;
const KEEP_ALIVE_TIMEOUT = 2000;

/** Answers after which another endpoint may do better. */
const UNANSWERED: readonly number[] = [
  status.UNAVAILABLE,
  status.DEADLINE_EXCEEDED,
  status.CANCELLED,
  status.ABORTED,
  status.INTERNAL,
  status.UNKNOWN,
  // The database is full, or there are too many requests: writes are refused, and may not be later.
  status.RESOURCE_EXHAUSTED,
];

/**
 * The endpoints of one etcd cluster: a call goes to the present one, and to the next after one that gave no
 * answer.
 */
export class EtcdEndpoints {
  readonly timeout: number;
  readonly #clients: readonly Client[];
  readonly #user: EtcdOptions['user'];
  #token: Promise<string> | undefined;
  #current: number;
  readonly #onTurn = new Set<() => void>();

  constructor({ endpoints, tls, user, timeout = TIMEOUT }: EtcdOptions) {
    this.timeout = timeout;
    this.#user = user;
    this.#clients = endpoints.map((endpoint) => createClient(endpoint, tls));
    // Many nodes start at many endpoints.
    this.#current = Math.floor(Math.random() * endpoints.length);
  }

  get count(): number {
    return this.#clients.length;
  }

  /** Calls `listener` when the present endpoint is left for the next. @returns ends that */
  onTurn(listener: () => void): () => void {
    this.#onTurn.add(listener);
    return () => this.#onTurn.delete(listener);
  }

  /** Goes on with the next endpoint. */
  turn(): void {
    this.#current = (this.#current + 1) % this.#clients.length;
    for (const listener of [...this.#onTurn]) listener();
  }

  /**
   * Asks once.
   * @throws StoreError
   */
  async ask<Request, Response>(
    method: MethodDefinition<Request, Response>,
    request: Request,
  ): Promise<Response> {
    const from = this.#current;
    try {
      return await this.#askWithToken(this.#clients[from]!, method, request);
    } catch (error) {
      if (isUnanswered(error) && this.#current === from) this.turn();
      throw storeError(error);
    }
  }

  /**
   * Asks what may be done twice, of each endpoint until one answers.
   * @throws StoreError
   */
  async askAll<Request, Response>(
    method: MethodDefinition<Request, Response>,
    request: Request,
  ): Promise<Response> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.ask(method, request);
      } catch (error) {
        const isLast = attempt >= this.#clients.length;
        if (isLast || !(error instanceof StoreError) || error.reason !== 'unavailable') throw error;
      }
    }
  }

  /**
   * Opens a stream to the present endpoint, or to the one so many places further.
   * @param timeout ms until it ends; undefined: it stays
   * @throws StoreError when a token is needed and not to be had
   */
  async open<Request, Response>(
    method: MethodDefinition<Request, Response>,
    { timeout, further = 0 }: { readonly timeout?: number; readonly further?: number } = {},
  ): Promise<ClientDuplexStream<Request, Response>> {
    const client = this.#clients[(this.#current + further) % this.#clients.length]!;
    const metadata = await this.#metadata(client);
    const deadline = timeout === undefined ? {} : { deadline: Date.now() + timeout };
    return client.makeBidiStreamRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      metadata,
      deadline,
    );
  }

  /** The token was refused: the next call asks for another. */
  forgetToken(): void {
    this.#token = undefined;
  }

  close(): void {
    for (const client of this.#clients) client.close();
  }

  async #askWithToken<Request, Response>(
    client: Client,
    method: MethodDefinition<Request, Response>,
    request: Request,
  ): Promise<Response> {
    try {
      return await this.#unary(client, method, request, await this.#metadata(client));
    } catch (error) {
      if ((error as ServiceError).code !== status.UNAUTHENTICATED || this.#user === undefined) throw error;
      this.forgetToken();
      return await this.#unary(client, method, request, await this.#metadata(client));
    }
  }

  async #metadata(client: Client): Promise<Metadata> {
    const metadata = new Metadata();
    if (this.#user === undefined) return metadata;
    const { user } = { user: this.#user };
    if (this.#token === undefined) {
      const token = this.#unary(client, calls.authenticate, user, metadata).then((answer) => answer.token);
      this.#token = token;
      token.catch(() => {
        if (this.#token === token) this.#token = undefined;
      });
    }
    try {
      metadata.set('token', await this.#token);
    } catch (error) {
      throw storeError(error);
    }
    return metadata;
  }

  #unary<Request, Response>(
    client: Client,
    method: MethodDefinition<Request, Response>,
    request: Request,
    metadata: Metadata,
  ): Promise<Response> {
    return new Promise((resolve, reject) => {
      client.makeUnaryRequest(
        method.path,
        method.requestSerialize,
        method.responseDeserialize,
        request,
        metadata,
        { deadline: Date.now() + this.timeout },
        (error, value) => (error === null ? resolve(value!) : reject(error)),
      );
    });
  }
}

function createClient(endpoint: string, tls: EtcdOptions['tls']): Client {
  const pem = (text: string | undefined): Buffer | null => (text === undefined ? null : Buffer.from(text));
  const channel =
    tls === undefined
      ? credentials.createInsecure()
      : credentials.createSsl(pem(tls.ca), pem(tls.key), pem(tls.cert));
  return new Client(endpoint, channel, {
    'grpc.initial_reconnect_backoff_ms': FIRST_RECONNECT,
    'grpc.min_reconnect_backoff_ms': FIRST_RECONNECT,
    'grpc.max_reconnect_backoff_ms': LONGEST_RECONNECT,
    'grpc.keepalive_time_ms': KEEP_ALIVE_INTERVAL,
    'grpc.keepalive_timeout_ms': KEEP_ALIVE_TIMEOUT,
    'grpc.max_receive_message_length': -1,
    // Proxies of the environment are for other destinations than the store.
    'grpc.enable_http_proxy': 0,
  });
}

function isUnanswered(error: unknown): boolean {
  return UNANSWERED.includes((error as ServiceError).code);
}

/** Says what came back, as the store's error. */
export function storeError(error: unknown): StoreError {
  if (error instanceof StoreError) return error;
  const { code, details = '' } = error as ServiceError;
  if (code === status.NOT_FOUND && details.includes('lease')) return new StoreError('leaseLost', details);
  if (code === status.OUT_OF_RANGE) return new StoreError('compacted', details);
  const text = `etcd: ${details || (error as Error).message}`;
  return new StoreError(isUnanswered(error) ? 'unavailable' : 'refused', text);
}
