import { type ReceiverBehaviour, RtmpReceiver } from '@cloudpush/transport';

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
}

/** An embedded receiver on a free port that keeps every message of every stream. */
export class RecordingReceiver implements AsyncDisposable {
  readonly streams: ArrivedStream[] = [];
  readonly #receiver: RtmpReceiver;

  private constructor(receiver: RtmpReceiver) {
    this.#receiver = receiver;
  }

  static async listen(behaviour: ReceiverBehaviour = {}): Promise<RecordingReceiver> {
    const streams: ArrivedStream[] = [];
    const receiver = await RtmpReceiver.listen(
      { port: 0, behaviour },
      {
        onPublish: ({ streamName }) => {
          const stream: ArrivedStream = { name: streamName, messages: [], ended: undefined };
          streams.push(stream);
          return {
            onMessage: ({ type, timestamp, payload }) => stream.messages.push({ type, timestamp, payload }),
            onEnd: (clean) => {
              stream.ended = clean ? 'cleanly' : 'broken';
            },
          };
        },
      },
    );
    const recording = new RecordingReceiver(receiver);
    recording.#adopt(streams);
    return recording;
  }

  url(name: string): string {
    return `rtmp://127.0.0.1:${this.#receiver.address.port}/live/${name}`;
  }

  stream(name: string): ArrivedStream {
    const found = this.streams.find((stream) => stream.name === name);
    if (found === undefined) throw new Error(`no stream ${name} arrived`);
    return found;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#receiver.close();
  }

  #adopt(streams: ArrivedStream[]): void {
    Object.assign(this, { streams });
  }
}
