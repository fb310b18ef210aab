import { createServer as createHttpServer, type IncomingMessage } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';

/**
 * After a cut, before what came up to it is passed on, in ms: nothing is, of a connection that was reset
 * meanwhile.
 */
const SETTLE = 200;

/** A way to a TCP server that can be cut, as a firewall cuts it: nothing passes, and nobody is told. */
export class TcpGate implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(server: Server) {
    this.#server = server;
  }

  /** @param to `host:port` */
  static async open(to: string): Promise<TcpGate> {
    const colon = to.lastIndexOf(':');
    const server = createServer();
    const gate = new TcpGate(server);
    server.on('connection', (client) => gate.#join(client, to.slice(0, colon), Number(to.slice(colon + 1))));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return gate;
  }

  /** The same as an HTTP proxy, which leads wherever a client asks for with CONNECT. */
  static async openProxy(): Promise<TcpGate> {
    const server = createHttpServer();
    const gate = new TcpGate(server);
    server.on('connect', ({ url = '' }: IncomingMessage, client: Socket) => {
      client.write('HTTP/1.1 200 Connection established\r\n\r\n');
      const colon = url.lastIndexOf(':');
      gate.#join(client, url.slice(0, colon), Number(url.slice(colon + 1)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return gate;
  }

  get endpoint(): string {
    return `127.0.0.1:${(this.#server.address() as { readonly port: number }).port}`;
  }

  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.pause();
  }

  mend(): void {
    this.#isCut = false;
    for (const socket of this.#sockets) {
      // Bytes that a process had sent before it was cut off are lost with its connection: it would have to
      // send them again.
      const held: Buffer[] = [];
      const hold = (bytes: Buffer): void => void held.push(bytes);
      const [pass] = socket.listeners('data') as ((bytes: Buffer) => void)[];
      socket.removeAllListeners('data').on('data', hold).resume();
      setTimeout(() => {
        socket.removeListener('data', hold);
        if (socket.destroyed) return;
        for (const bytes of held) pass!(bytes);
        socket.on('data', pass!);
      }, SETTLE);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #join(client: Socket, host: string, port: number): void {
    const server = connect(port, host);
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      this.#sockets.add(from);
      from.on('data', (bytes) => to.write(bytes));
      // Sockets of an HTTP server do not answer an end by themselves.
      from.on('end', () => to.end());
      from.on('close', () => {
        this.#sockets.delete(from);
        to.destroy();
      });
      from.on('error', () => {});
      if (this.#isCut) from.pause();
    }
  }
}
