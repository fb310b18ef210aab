import {
  decodeAmf0,
  EcmaArray,
  MessageType,
  type ReceiverBehaviour,
  RtmpReceiver,
} from '@cloudpush/transport';
import type { Arrived } from '../../recording-receiver.js';

/** A stream as it arrived, whichever server of the row took it. */
export interface OutageStream {
  readonly name: string;
  readonly messages: Arrived[];
  ended: 'cleanly' | 'broken' | undefined;
}

/** A server that goes down and comes up again at the same port, and keeps all that it gets. */
export class OutageServer implements AsyncDisposable {
  readonly streams: OutageStream[] = [];
  #behaviour: { -readonly [Name in keyof ReceiverBehaviour]: ReceiverBehaviour[Name] };
  #receiver: RtmpReceiver | undefined;
  #port = 0;

  private constructor(behaviour: ReceiverBehaviour) {
    this.#behaviour = { ...behaviour };
  }

  static async listen(behaviour: ReceiverBehaviour = {}): Promise<OutageServer> {
    const server = new OutageServer(behaviour);
    await server.up();
    return server;
  }

  url(name: string): string {
    return `rtmp://127.0.0.1:${this.#port}/live/${name}`;
  }

  /** Streams of a name. */
  named(name: string): OutageStream[] {
    return this.streams.filter((stream) => stream.name === name);
  }

  /** Streams of gaps, in the order of their first pictures. */
  get gaps(): OutageStream[] {
    const gaps = this.streams.filter(({ name }) => name.includes('-gap-'));
    return gaps.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** @param behaviour another one from now on */
  async up(behaviour: ReceiverBehaviour = this.#behaviour): Promise<void> {
    this.#behaviour = { ...behaviour };
    this.#receiver = await RtmpReceiver.listen(
      { port: this.#port, behaviour: this.#behaviour },
      {
        onPublish: ({ streamName }) => {
          const stream: OutageStream = { name: streamName, messages: [], ended: undefined };
          this.streams.push(stream);
          return {
            onMessage: (message) => stream.messages.push(message),
            onEnd: (clean) => {
              stream.ended = clean ? 'cleanly' : 'broken';
            },
          };
        },
      },
    );
    this.#port = this.#receiver.address.port;
  }

  /** From now on it reads what comes, as fast as it comes. */
  readAll(): void {
    delete this.#behaviour.readBytesPerSecond;
  }

  /** Every connection is reset, and nobody listens. */
  async down(): Promise<void> {
    await this.#receiver?.close();
    this.#receiver = undefined;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.down();
  }
}

/** The pictures and the sound of a stream, without headers. */
export function mediaOf({ messages }: Pick<OutageStream, 'messages'>): Arrived[] {
  return messages.filter(({ type, payload }) => {
    if (type === MessageType.video) return (payload[0]! & 0x0f) === 7 && payload[1] === 1;
    return type === MessageType.audio && payload[1] === 1;
  });
}

/** The properties of a stream's first `onMetaData`. */
export function metadataOf({ messages }: Pick<OutageStream, 'messages'>): Record<string, unknown> {
  const message = messages.find(({ type }) => type === MessageType.dataAmf0)!;
  const properties = decodeAmf0(Buffer.from(message.payload)).at(-1);
  return properties instanceof EcmaArray ? properties.properties : (properties as Record<string, unknown>);
}
