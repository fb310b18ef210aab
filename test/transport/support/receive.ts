import {
  type ReceivedStream,
  type ReceiverBehaviour,
  type ReceiverOptions,
  type RtmpError,
  RtmpReceiver,
} from '@cloudpush/transport';

export interface Received {
  readonly stream: ReceivedStream;
  readonly messages: { type: number; timestamp: number; payload: Buffer }[];
  /** Resolves to whether the end was clean, and on what error. */
  readonly ended: Promise<{ clean: boolean; error: RtmpError | undefined }>;
}

/** A receiver that keeps everything. */
export class TestReceiver {
  readonly received: Received[] = [];
  readonly errors: RtmpError[] = [];
  receiver!: RtmpReceiver;

  static async listen(
    behaviour: ReceiverBehaviour = {},
    options: ReceiverOptions = {},
    onPublish: (stream: ReceivedStream) => void = () => undefined,
  ): Promise<TestReceiver> {
    const made = new TestReceiver();
    made.receiver = await RtmpReceiver.listen(
      { port: 0, behaviour, ...options },
      {
        onPublish: (stream) => {
          const messages: Received['messages'] = [];
          let end: (value: { clean: boolean; error: RtmpError | undefined }) => void = () => undefined;
          const ended = new Promise<{ clean: boolean; error: RtmpError | undefined }>((resolve) => {
            end = resolve;
          });
          made.received.push({ stream, messages, ended });
          onPublish(stream);
          return {
            onMessage: ({ type, timestamp, payload }) => {
              messages.push({ type, timestamp, payload: Buffer.from(payload) });
            },
            onEnd: (clean, error) => end({ clean, error }),
          };
        },
        onConnectionError: (error) => void made.errors.push(error),
      },
    );
    return made;
  }

  url(path = 'live/camera', userInfo = ''): string {
    const { host, port } = this.receiver.address;
    return `rtmp://${userInfo}${host.includes(':') ? `[${host}]` : host}:${port}/${path}`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.receiver.close();
  }
}
