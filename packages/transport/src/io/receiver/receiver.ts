import { randomBytes } from 'node:crypto';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { RtmpError, RtmpErrorCode } from '../../errors.js';
import { checkTypes, type OptionTypes } from '../../option-types.js';
import { ServerAuth } from '../../session/receive/server-auth.js';
import { BufferBudget } from './buffer-budget.js';
import { newCounters } from './published-stream.js';
import { ReceiverConnection, type ReceiverContext } from './receiver-connection.js';
import type { ReceiveCounters, ReceiverHandlers, ReceiverOptions } from './receiver-options.js';

const TYPES: OptionTypes<keyof ReceiverOptions> = {
  host: 'text',
  port: 'number',
  tls: 'object',
  maxConnections: 'number',
  maxBufferedBytes: 'number',
  maxPublishesPerMinute: 'number',
  setupTimeout: 'number',
  idleTimeout: 'number',
  limits: 'object',
  behaviour: 'object',
};
const HANDLERS: OptionTypes<keyof ReceiverHandlers> = {
  onPublish: 'function',
  onConnectionError: 'function',
};

/** A server that takes published streams and hands over whole messages. */
export class RtmpReceiver {
  /** Over all streams since the beginning. */
  readonly counters: Readonly<ReceiveCounters>;
  readonly #server: Server;
  readonly #connections = new Set<ReceiverConnection>();
  readonly #maxConnections: number;
  readonly #handlers: ReceiverHandlers;

  /**
   * @throws RtmpError (rejection) `ERR_CLOUDPUSH_SOCKET` when the address cannot be had,
   *   `ERR_CLOUDPUSH_INVALID_OPTION`
   */
  static async listen(options: ReceiverOptions, handlers: ReceiverHandlers = {}): Promise<RtmpReceiver> {
    const receiver = new RtmpReceiver(options, handlers);
    await receiver.#listen(options.port ?? 1935, options.host ?? '127.0.0.1');
    return receiver;
  }

  private constructor(options: ReceiverOptions, handlers: ReceiverHandlers) {
    checkTypes('options', options, TYPES);
    checkTypes('handlers', handlers, HANDLERS);
    const { port = 0 } = options;
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      throw new RtmpError(RtmpErrorCode.invalidOption, 'socket', `port is ${port}, permitted: 0 to 65535`, {
        details: { actual: port, permitted: '0 to 65535' },
      });
    const behaviour = options.behaviour ?? {};
    const totals = newCounters();
    this.counters = totals;
    this.#handlers = handlers;
    this.#maxConnections = options.maxConnections ?? 1024;
    let lastStreamId = 0;
    const context: ReceiverContext = {
      options,
      behaviour,
      handlers,
      totals,
      liveNames: new Set(),
      budget: new BufferBudget(options.maxBufferedBytes ?? 2 ** 28),
      auth:
        behaviour.auth === undefined
          ? undefined
          : new ServerAuth({ ...behaviour.auth, nonce: (bytes) => randomBytes(bytes).toString('hex') }),
      nextStreamId: () => {
        lastStreamId++;
        return lastStreamId;
      },
    };
    const accept = (socket: Socket): void => this.#accept(socket, context);
    // Otherwise Node answers a client's FIN with ours when everything before it has been read.
    const allowHalfOpen = behaviour.neverCloses === true;
    this.#server =
      options.tls === undefined
        ? createServer({ allowHalfOpen }, accept)
        : createTlsServer({ ...copyTls(options.tls), allowHalfOpen }, accept);
    // Beside those that are counted below, some may be shaking hands over TLS.
    this.#server.maxConnections = 2 * this.#maxConnections + 16;
  }

  /** Address that it listens on. */
  get address(): { readonly host: string; readonly port: number } {
    const { address, port } = this.#server.address() as AddressInfo;
    return { host: address, port };
  }

  /** Connections that are open now. */
  get connections(): number {
    return this.#connections.size;
  }

  /** Stops listening and resets what is connected. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => {
      this.#server.close(() => resolve());
    });
    for (const connection of this.#connections) connection.destroy();
    await closed;
  }

  /** Closes the receiver as `close()` does, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #accept(socket: Socket, context: ReceiverContext): void {
    if (this.#connections.size >= this.#maxConnections && !this.#displaceOldest()) {
      socket.on('error', () => {}).destroy();
      const text = `another connection was refused: all ${this.#maxConnections} (maxConnections) are publishing`;
      const details = { permitted: this.#maxConnections };
      this.#handlers.onConnectionError?.(
        new RtmpError(RtmpErrorCode.peerLimit, 'connect', text, { details }),
      );
      return;
    }
    const connection = new ReceiverConnection(socket, context);
    this.#connections.add(connection);
    socket.once('close', () => this.#connections.delete(connection));
  }

  /** Strangers who connect and say nothing cannot keep publishers out. */
  #displaceOldest(): boolean {
    for (const connection of this.#connections) {
      if (connection.publishing) continue;
      this.#connections.delete(connection);
      connection.displace(this.#maxConnections);
      return true;
    }
    return false;
  }

  #listen(port: number, host: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const onError = (cause: NodeJS.ErrnoException): void => {
        const text = `cannot listen on ${host} port ${port}: ${cause.code ?? cause.message}`;
        reject(new RtmpError(RtmpErrorCode.socket, 'socket', text, { cause }));
      };
      this.#server.once('error', onError);
      this.#server.listen(port, host, () => {
        this.#server.off('error', onError);
        resolve();
      });
    });
  }
}

function copyTls(tls: NonNullable<ReceiverOptions['tls']>): { cert: Buffer; key: Buffer } {
  return { cert: Buffer.from(tls.cert as string), key: Buffer.from(tls.key as string) };
}
