import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream';
import { ReferenceTokenServer, type ReferenceTokenServerOptions } from '@cloudpush/engine';

/** The fate of a request instead of an answer. */
export type Fault = (request: IncomingMessage, response: ServerResponse) => void;

export const faults = {
  status:
    (status: number, headers: Record<string, string> = {}): Fault =>
    (_, response) =>
      void response.writeHead(status, headers).end('no such luck'),
  reply:
    (body: unknown): Fault =>
    (_, response) =>
      void response.end(typeof body === 'string' ? body : JSON.stringify(body)),
  /** Not a word. */
  silence: (() => {}) as Fault,
  /** The connection is reset. */
  drop: ((request) => request.socket.resetAndDestroy()) as Fault,
  /** The connection ends in the middle of the body. */
  cut: ((request, response) => {
    response.writeHead(200, { 'content-length': '100' });
    response.write('{"code":', () => request.socket.destroy());
  }) as Fault,
  /** The headers, a byte, and not a word more. */
  stall: ((_, response) => void response.writeHead(200).write('{')) as Fault,
  /** A byte every few milliseconds, for ever. */
  trickle: ((_, response) => {
    const timer = setInterval(() => response.write(' '), 5);
    response.once('close', () => clearInterval(timer));
  }) as Fault,
  /** A body without end, as fast as it is taken. */
  flood: ((_, response) => pipeline(spaces(), response, () => {})) as Fault,
  noHttp: ((request) => void request.socket.end('SSH-2.0-OpenSSH_9.2\r\n\r\n')) as Fault,
};

function* spaces(): Generator<Buffer> {
  const part = Buffer.alloc(16_384, ' ');
  for (;;) yield part;
}

/** A reference token server whose next requests can be made to fail. */
export class FaultyTokenServer implements AsyncDisposable {
  readonly #faults: Fault[] = [];
  #always: Fault | undefined;
  #server!: ReferenceTokenServer;
  /** Requests since the beginning. */
  requests = 0;
  /** The authorization field of the last request. */
  authorization: string | undefined;

  static async listen(options: Partial<ReferenceTokenServerOptions> = {}): Promise<FaultyTokenServer> {
    const server = new FaultyTokenServer();
    await server.#listen(options);
    return server;
  }

  async #listen(options: Partial<ReferenceTokenServerOptions>): Promise<void> {
    const url = 'rtmp://media.example/$appname/$streamname/$time';
    const intercept = (request: IncomingMessage, response: ServerResponse) =>
      this.#intercept(request, response);
    this.#server = await ReferenceTokenServer.listen({ url, ...options, intercept });
  }

  get url(): string {
    return this.#server.url;
  }

  get liveUrl(): string {
    return this.#server.liveUrl;
  }

  get connections(): number {
    return this.#server.connections;
  }

  find(token: string | undefined): ReturnType<ReferenceTokenServer['find']> {
    return this.#server.find(token ?? '');
  }

  /** The next requests fail, each in its way. */
  failNext(...next: Fault[]): void {
    this.#faults.push(...next);
  }

  /** All requests fail in this way, or undefined: none. */
  failAlways(fault: Fault | undefined): void {
    this.#always = fault;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.close();
  }

  #intercept(request: IncomingMessage, response: ServerResponse): boolean {
    this.requests++;
    this.authorization = request.headers.authorization;
    const fault = this.#faults.shift() ?? this.#always;
    fault?.(request, response);
    return fault !== undefined;
  }
}
