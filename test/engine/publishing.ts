import { once } from 'node:events';
import { type Channel, type ChannelSettings, type CloseReport, PushEngine } from '@cloudpush/engine';
import { expect } from 'vitest';
import { closeEmpty, transcript } from './expectations.js';
import { type ArrivedStream, RecordingReceiver } from './recording-receiver.js';
import { Relay } from './unruly-server.js';

/** A channel that is publishing, through a relay. */
export class Publishing implements AsyncDisposable {
  readonly receiver: RecordingReceiver;
  readonly relay: Relay;
  readonly engine: PushEngine;
  readonly channel: Channel;
  readonly events: string[];
  readonly closed: Promise<CloseReport>;

  private constructor(
    receiver: RecordingReceiver,
    relay: Relay,
    engine: PushEngine,
    options: ChannelSettings,
  ) {
    this.receiver = receiver;
    this.relay = relay;
    this.engine = engine;
    this.channel = engine.openChannel({ ...options, url: relay.url('a') });
    this.events = transcript(this.channel);
    this.closed = once(this.channel, 'close').then(([report]) => report as CloseReport);
  }

  static async begin(options: ChannelSettings = {}): Promise<Publishing> {
    const receiver = await RecordingReceiver.listen();
    const relay = await Relay.listen(receiver.port);
    const engine = await PushEngine.create({ maxConnections: 1, shards: 1 });
    const publishing = new Publishing(receiver, relay, engine, options);
    await publishing.channel.connected();
    return publishing;
  }

  get stream(): ArrivedStream {
    return this.receiver.streams('a').at(-1)!;
  }

  /** The channel's end, after which nothing came, and nothing is left. */
  async end(): Promise<{ report: CloseReport; events: string[] }> {
    const report = await this.closed;
    await closeEmpty(this.engine);
    expect(this.events.filter((event) => event === 'close')).toHaveLength(1);
    expect(this.events.at(-1)).toBe('close');
    return { report, events: this.events };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.engine.close();
    await this.relay[Symbol.asyncDispose]();
    await this.receiver[Symbol.asyncDispose]();
  }
}
