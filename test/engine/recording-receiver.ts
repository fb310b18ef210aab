import { type AmfValue, type ReceiverBehaviour, RtmpReceiver } from '@cloudpush/transport';

/** A message as it arrived. */
export interface Arrived {
  readonly type: number;
  readonly timestamp: number;
  readonly payload: Uint8Array;
}

/** A stream as it arrived; `ended` is undefined while it lasts. */
export interface ArrivedStream {
  readonly name: string;
  readonly messages: Arrived[];
  ended: 'cleanly' | 'broken' | undefined;
  /** The query of its name, as a token would be in it. */
  readonly query: string;
  /** Resets the connection. */
  drop(): void;
  /** Asks the client to move to another server: Enhanced RTMP v2, "Reconnect Request". */
  requestReconnect(tcUrl: string): void;
  /** Sends a command to the client. */
  command(name: string, ...args: AmfValue[]): void;
  /** Sends `onStatus` to the client. */
  status(level: 'status' | 'error', code: string, description: string): void;
}

/** An embedded receiver on a free port that keeps every message of every stream. */
export class RecordingReceiver implements AsyncDisposable {
  readonly #receiver: RtmpReceiver;
  readonly #streams: ArrivedStream[];

  private constructor(receiver: RtmpReceiver, streams: ArrivedStream[]) {
    this.#receiver = receiver;
    this.#streams = streams;
  }

  static async listen(behaviour: ReceiverBehaviour = {}): Promise<RecordingReceiver> {
    const streams: ArrivedStream[] = [];
    const receiver = await RtmpReceiver.listen(
      { port: 0, behaviour },
      {
        onPublish: (published) => {
          const stream: ArrivedStream = {
            name: published.streamName,
            messages: [],
            ended: undefined,
            query: published.query,
            drop: () => published.destroy(),
            requestReconnect: (tcUrl) => published.requestReconnect(tcUrl),
            command: (name, ...args) => published.sendCommand(name, ...args),
            status: (level, code, description) => published.sendStatus(level, code, description),
          };
          streams.push(stream);
          return {
            onMessage: (message) => stream.messages.push(message),
            onEnd: (clean) => {
              stream.ended = clean ? 'cleanly' : 'broken';
            },
          };
        },
      },
    );
    return new RecordingReceiver(receiver, streams);
  }

  /** Connections that are open, publishing or not. */
  get connections(): number {
    return this.#receiver.connections;
  }

  get port(): number {
    return this.#receiver.address.port;
  }

  url(name: string): string {
    return `rtmp://127.0.0.1:${this.port}/live/${name}`;
  }

  /** All streams, in the order in which they came. */
  get all(): readonly ArrivedStream[] {
    return this.#streams;
  }

  /** All streams of that name, in the order in which they came. */
  streams(name: string): ArrivedStream[] {
    return this.#streams.filter((stream) => stream.name === name);
  }

  /** The stream of that name; there must be exactly one. */
  stream(name: string): ArrivedStream {
    const [found, ...others] = this.streams(name);
    if (found === undefined || others.length > 0) {
      throw new Error(`${found === undefined ? 0 : 1 + others.length} streams of the name ${name} arrived`);
    }
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#receiver.close();
  }
}
