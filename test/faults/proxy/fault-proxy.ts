import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../fuzz/transport/random.js';
import { reset } from '../../support/reset.js';
import {
  type FaultKind,
  type FaultyConnection,
  type Stage,
  type StageClock,
  type StageContext,
  through,
} from './stage.js';

/** Faults of one connection through the proxy. */
export interface ConnectionFaults {
  /** Of what the client says, and of what the server says. */
  readonly up?: readonly Stage[];
  readonly down?: readonly Stage[];
  /** It is reset before a byte has passed. */
  readonly isRefused?: boolean;
  /** Of whatever is random in it. */
  readonly seed?: number;
}

export interface FaultProxyOptions {
  /** Where the server is, on this machine. */
  readonly target: number;
  /** The faults of a connection, counted from 0. Default: none. */
  readonly faults?: (connection: number) => ConnectionFaults;
}

const systemClock: StageClock = {
  now: () => performance.now(),
  sleep: async (ms, signal) => {
    signal.throwIfAborted();
    if (ms <= 0) return;
    if (Number.isFinite(ms)) await sleep(ms, undefined, { signal });
    else await once(new EventTarget(), 'never', { signal });
  },
};

/** A network on loopback between clients and a server, which has the faults that it is told to have. */
export class FaultProxy implements AsyncDisposable {
  /** How often each kind of fault took effect. */
  readonly injected = new Map<FaultKind, number>();
  /** Some fault took effect on the connection that was made last. */
  isLatestFaulty = false;
  readonly #server: Server;
  readonly #target: number;
  readonly #faults: (connection: number) => ConnectionFaults;
  readonly #sockets = new Set<Socket>();
  #connections = 0;
  #isHealed = false;

  private constructor({ target, faults = () => ({}) }: FaultProxyOptions) {
    this.#target = target;
    this.#faults = faults;
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#join(client));
  }

  static async listen(options: FaultProxyOptions): Promise<FaultProxy> {
    const proxy = new FaultProxy(options);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  url(name: string): string {
    return `rtmp://127.0.0.1:${this.port}/live/${name}`;
  }

  /** Connections so far. */
  get connections(): number {
    return this.#connections;
  }

  /** From now on nothing is wrong with new connections; those that there are are reset. */
  heal(): void {
    this.#isHealed = true;
    this.reset();
  }

  /** Resets all connections. */
  reset(): void {
    for (const socket of this.#sockets) reset(socket);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }

  #own(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => this.#sockets.delete(socket));
  }

  #join(client: Socket): void {
    const number = this.#connections++;
    const {
      up = [],
      down = [],
      isRefused = false,
      seed = number,
    } = this.#isHealed ? {} : this.#faults(number);
    this.#own(client);
    this.isLatestFaulty = false;
    const tell = (kind: FaultKind): void => {
      this.injected.set(kind, (this.injected.get(kind) ?? 0) + 1);
      if (number === this.#connections - 1) this.isLatestFaulty = true;
    };
    if (isRefused) {
      tell('refuse');
      reset(client);
      return;
    }
    const server = connect({ port: this.#target, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    this.#own(server);
    const over = new AbortController();
    const shut = (): void => {
      over.abort();
      client.destroy();
      server.destroy();
    };
    // Bytes of a client that is gone may still be on their way.
    client.on('close', () => client.readableEnded || shut());
    server.on('close', shut);
    const connection = connectionOf(client, server);
    const context = { clock: systemClock, signal: over.signal, connection, tell };
    const upward = { ...context, random: new Random(seed) };
    const downward = { ...context, random: new Random(~seed) };
    relay(client, server, up, upward).catch(shut);
    relay(server, client, down, downward).catch(shut);
  }
}

function connectionOf(client: Socket, server: Socket): FaultyConnection {
  return {
    reset: () => {
      reset(client);
      reset(server);
    },
    halfClose: () => void client.end(),
    end: () => {
      client.end();
      server.end();
    },
  };
}

/** Passes on what comes from one socket to the other, through stages, until there is no more. */
async function relay(
  from: Socket,
  to: Socket,
  stages: readonly Stage[],
  context: StageContext,
): Promise<void> {
  for await (const piece of through(stages, from.iterator({ destroyOnReturn: false }), context)) {
    // Half of it may be closed: what is said to it is lost.
    if (to.writable && !to.write(piece)) await once(to, 'drain', { signal: context.signal });
  }
  to.end();
}
