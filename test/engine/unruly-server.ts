import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { reset } from '../support/reset.js';

/**
 * A TCP server that does to each connection what a test says: no RTMP server, or one that has lost its mind.
 */
export class UnrulyServer implements AsyncDisposable {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  private constructor(onConnection: (socket: Socket) => void) {
    this.#server = createServer({ allowHalfOpen: true }, (socket) => {
      this.own(socket);
      onConnection(socket);
    });
  }

  static async listen(onConnection: (socket: Socket) => void): Promise<UnrulyServer> {
    const server = new UnrulyServer(onConnection);
    server.#server.listen(0, '127.0.0.1');
    await once(server.#server, 'listening');
    return server;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** The socket is destroyed with the server. */
  own(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on('error', () => socket.destroy());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    this.#server.close();
    await once(this.#server, 'close');
  }
}

/**
 * A TCP relay in front of a server, for one client: it does what a server or a network may do at any moment.
 */
export class Relay implements AsyncDisposable {
  readonly #server: UnrulyServer;
  #client: Socket | undefined;
  #onward: Socket | undefined;
  #held: boolean;

  private constructor(server: UnrulyServer, held: boolean) {
    this.#server = server;
    this.#held = held;
  }

  /**
   * @param port of the server
   * @param held reads nothing from the client until {@link release}
   */
  static async listen(port: number, held = false): Promise<Relay> {
    const server = await UnrulyServer.listen((client) => {
      const onward = connect(port, '127.0.0.1');
      server.own(onward);
      relay.#join(client, onward);
    });
    const relay = new Relay(server, held);
    return relay;
  }

  url(name: string): string {
    return `rtmp://127.0.0.1:${this.#server.port}/live/${name}`;
  }

  /** Reads nothing more from the client until {@link release}. */
  hold(): void {
    this.#held = true;
    this.#client!.unpipe().pause();
  }

  release(): void {
    this.#held = false;
    this.#client?.pipe(this.#onward!);
  }

  /** Sends bytes to the client as if the server had sent them. */
  inject(bytes: Uint8Array): void {
    this.#client!.write(bytes);
  }

  /** Ends the connection in an orderly way, in the middle of whatever goes on. */
  end(): void {
    this.#client!.end();
  }

  reset(): void {
    reset(this.#client!);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server[Symbol.asyncDispose]();
  }

  #join(client: Socket, onward: Socket): void {
    this.#client = client;
    this.#onward = onward;
    onward.pipe(client);
    if (!this.#held) client.pipe(onward);
  }
}
