import { randomFillSync } from 'node:crypto';
import { connect, type Socket } from 'node:net';
import { type MediaMessage, PUBLISHER_LIMITS, PublishSession } from '@cloudpush/transport';

const TIMEOUTS = { handshake: 60_000, connect: 60_000, createStream: 60_000, publish: 60_000 };

/**
 * One connection of a program that joins each message's pieces with `Buffer.concat` and writes the result.
 */
export class ConcatPublisher {
  readonly #socket: Socket;
  readonly #session: PublishSession;
  #slices: Uint8Array[] = [];

  private constructor(socket: Socket, session: (publisher: ConcatPublisher) => PublishSession) {
    this.#socket = socket;
    this.#session = session(this);
  }

  static connect(port: number, streamName: string): Promise<ConcatPublisher> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, '127.0.0.1');
      socket.setNoDelay(true);
      const options = {
        connectObject: { app: 'bench', type: 'nonprivate', tcUrl: `rtmp://127.0.0.1:${port}/bench` },
        connectArguments: [],
        streamName,
        publishType: 'live',
        handshake: 'simple',
        digestScheme: 1,
        profile: 'auto',
        chunkSize: 4096,
        timeouts: TIMEOUTS,
        limits: PUBLISHER_LIMITS,
        random: randomFillSync,
        now: () => performance.now(),
      } as const;
      const publisher = new ConcatPublisher(socket, (self) => {
        const sink = { push: (slice: Uint8Array) => void self.#slices.push(slice) };
        return new PublishSession(options, sink, {
          onPublishing: () => resolve(self),
          onStatus: () => undefined,
          onCommand: () => undefined,
          onReconnectRequest: () => undefined,
          onFailure: reject,
        });
      });
      socket.on('connect', () => publisher.#start());
      socket.on('data', (bytes) => publisher.#receive(bytes));
      socket.on('error', reject);
    });
  }

  send(message: MediaMessage): void {
    this.#session.send(message);
    this.#write();
  }

  #start(): void {
    this.#session.start();
    this.#write();
  }

  #receive(bytes: Uint8Array): void {
    this.#session.receive(bytes);
    this.#write();
  }

  #write(): void {
    if (this.#slices.length === 0) return;
    this.#socket.write(Buffer.concat(this.#slices));
    this.#slices = [];
  }
}

/** Connects so many channels, one after the other. */
export async function connectAll(port: number, channels: number): Promise<ConcatPublisher[]> {
  const publishers: ConcatPublisher[] = [];
  for (let i = 0; i < channels; i++) publishers.push(await ConcatPublisher.connect(port, String(i)));
  return publishers;
}
