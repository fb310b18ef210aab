import { ReferenceTokenServer } from '@cloudpush/engine';
import { type Decision, type ReceivedStream, RtmpReceiver } from '@cloudpush/transport';

/** Life of a token, in s. */
const TOKEN_LIFE = 3600;

/**
 * The cloud of the demo: a server that takes streams, or refuses them when told to, and one that gives out
 * push URLs.
 */
export class DemoCloud implements AsyncDisposable {
  readonly #receiver: RtmpReceiver;
  readonly #tokens: ReferenceTokenServer;
  readonly #streams: Map<string, ReceivedStream>;
  readonly #refused: Set<string>;
  readonly #expired: Set<string>;

  static async listen(): Promise<DemoCloud> {
    const streams = new Map<string, ReceivedStream>();
    const refused = new Set<string>();
    const expired = new Set<string>();
    const onPublish = ({ streamName }: { readonly streamName: string }): Decision => {
      const [name = '', query = ''] = streamName.split('?');
      if (refused.has(name)) return { code: 'NetStream.Publish.Denied', description: 'out of service' };
      if (expired.has(query)) return { code: 'NetStream.Publish.Denied', description: 'token expired' };
      return 'accept';
    };
    const receiver = await RtmpReceiver.listen(
      { port: 0, behaviour: { onPublish } },
      {
        onPublish: (stream) => {
          streams.set(stream.streamName, stream);
          return {
            onEnd: () => streams.get(stream.streamName) === stream && streams.delete(stream.streamName),
          };
        },
      },
    );
    const url = `rtmp://127.0.0.1:${receiver.address.port}/live/$streamname`;
    const tokens = await ReferenceTokenServer.listen({ url, ttl: TOKEN_LIFE });
    return new DemoCloud(receiver, tokens, { streams, refused, expired });
  }

  private constructor(
    receiver: RtmpReceiver,
    tokens: ReferenceTokenServer,
    {
      streams,
      refused,
      expired,
    }: Record<'refused' | 'expired', Set<string>> & { streams: Map<string, ReceivedStream> },
  ) {
    this.#receiver = receiver;
    this.#tokens = tokens;
    this.#streams = streams;
    this.#refused = refused;
    this.#expired = expired;
  }

  /** Address that gives out push URLs and tokens. */
  get tokenUrl(): string {
    return this.#tokens.url;
  }

  urlOf(name: string): string {
    return `rtmp://127.0.0.1:${this.#receiver.address.port}/live/${name}`;
  }

  /** Sends streams away, and refuses them until they are taken again. */
  refuse(names: readonly string[]): void {
    for (const name of names) {
      this.#refused.add(name);
      this.#streams.get(name)?.destroy();
    }
  }

  takeAgain(names: readonly string[]): void {
    for (const name of names) this.#refused.delete(name);
  }

  /** Sends a stream away, whose token holds no longer: a new one will be taken. */
  expireToken(name: string): void {
    const stream = this.#streams.get(name);
    if (stream === undefined) return;
    this.#expired.add(stream.query.replace(/^\?/, ''));
    stream.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#tokens.close();
    await this.#receiver.close();
  }
}
