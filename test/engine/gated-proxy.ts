import type { AddressInfo } from 'node:net';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * A TCP proxy on a free port whose clients' bytes can be left unread for a while: a network path that stalls.
 */
export class GatedProxy implements AsyncDisposable {
  readonly #server: Server;
  readonly #clients = new Set<Socket>();

  private constructor(server: Server) {
    this.#server = server;
  }

  static async listen(target: number): Promise<GatedProxy> {
    // A client that ends hears of the end when everything has been passed on, and the other side has ended,
    // too.
    const server = createServer({ allowHalfOpen: true });
    const proxy = new GatedProxy(server);
    server.on('connection', (client) => proxy.#join(client, target));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** From now on nothing is read from the clients. */
  stall(): void {
    for (const client of this.#clients) client.pause();
  }

  flow(): void {
    for (const client of this.#clients) client.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const client of this.#clients) client.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, target: number): void {
    const server = connect({ port: target, host: '127.0.0.1', allowHalfOpen: true });
    this.#clients.add(client);
    // Not pipe: it would resume the client whenever the server drains.
    client.on('data', (bytes) => server.write(bytes));
    server.on('data', (bytes) => client.write(bytes));
    client.on('end', () => server.end());
    server.on('end', () => client.end());
    for (const [socket, other] of [
      [client, server],
      [server, client],
    ] as const) {
      socket.on('error', () => other.destroy());
      socket.on('close', () => this.#clients.delete(socket));
    }
  }
}
