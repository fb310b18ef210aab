import { setImmediate as turn } from 'node:timers/promises';
import { CloudPushError, toErrorData } from '../../base/errors.js';
import { NO_BLOCK } from '../../memory/block-layout.js';
import { Command, type RingConsumer } from '../../memory/ring.js';
import { destinationConfig } from '../../options/destination-config.js';
import type { SourceConfig } from '../../options/source-config.js';
import { channelConfig } from '../../options/stream-config.js';
import type { ShardReport } from '../../protocol/reports.js';
import { type ChannelRequest, ChannelTable, type ChannelTableContext } from '../channel-table.js';
import type { Counted } from '../shard-context.js';
import { type FakePacket, FakeShard } from './fake-shard.js';

export const A = 1;
export const B = 2;
export const channel = {
  ...channelConfig({ trackWait: 0 }),
  encryption: {},
  segment: { number: 1, isOpen: true },
  source: undefined,
};
export const url = 'rtmp://127.0.0.1/live/a';
export const elsewhere = { url: 'rtmp://127.0.0.1/live/b', token: undefined };
export const config = destinationConfig({ url }, { maxPacket: 65_536 });
export const asking = destinationConfig({ target: { kind: 'url', url } }, { maxPacket: 65_536 });
export const reason = toErrorData(new CloudPushError('ERR_CLOUDPUSH_INTERNAL', 'enough'));
export const source: SourceConfig = {
  input: { kind: 'file', path: '/nowhere', loop: false, format: undefined, frameRate: undefined },
  timeout: 1000,
  videoTimeout: 1000,
  retry: undefined,
  audio: 'auto',
  fallback: undefined,
  maxPacket: 1000,
};
const noPacket = { codec: 0, flags: 0, bytes: 0, dts: 0, pts: 0, configuration: undefined, block: NO_BLOCK };

/** The shard of a table, with a ring of one descriptor and a port of a few requests. */
export class TableBench extends FakeShard implements ChannelTableContext {
  readonly ring = { command: Command.open, channel: 0, enqueuedAt: 0, ...noPacket };
  readonly table = new ChannelTable(this, this.ring as unknown as RingConsumer);
  /** Reports, publishing and flushing, in order. */
  readonly done: string[] = [];
  readonly touched: (Counted | string)[] = [];
  readonly #posted: ChannelRequest[] = [];

  /** It has not been heard yet. */
  post(request: ChannelRequest): void {
    this.#posted.push(request);
  }

  receiveRequests(): void {
    for (const request of this.#posted.splice(0)) this.table.onRequest(request);
  }

  publish(): void {
    this.done.push('publish');
  }

  touch(counted: Counted): void {
    this.touched.push(counted);
  }

  override flush(): void {
    this.done.push('flush');
    super.flush();
  }

  override report(report: ShardReport): void {
    super.report(report);
    this.done.push(report.type);
    if (report.type === 'ended') this.table.onEnded(report.channel);
  }

  push(command: Command, on: number, bytes = 0): void {
    Object.assign(this.ring, noPacket, { command, channel: on, bytes });
    this.table.onDescriptor();
  }

  send(on: number, { descriptor, block }: FakePacket): void {
    Object.assign(this.ring, descriptor, { channel: on, block: block.index });
    this.table.onDescriptor();
  }

  /** A channel with destinations of these numbers. */
  open(on: number, ...destinations: number[]): void {
    this.post({ type: 'open', channel: on, config: channel, resume: undefined });
    this.push(Command.open, on);
    for (const destination of destinations) this.attach(on, destination);
  }

  attach(on: number, destination: number, how = config): void {
    this.post({ type: 'attach', channel: on, destination, config: how, loss: undefined });
    this.push(Command.attach, on, destination);
  }

  /** Types of the reports about a channel, in order. */
  reported(on: number): string[] {
    return this.reports.flatMap((one) => ('channel' in one && one.channel === on ? [one.type] : []));
  }

  /** The errors of the destinations that are over. */
  get errors(): (string | undefined)[] {
    return this.of('detached').map(({ error }) => error?.message);
  }
}

/** Resolves when all that was begun has come to its end. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 3; i++) await turn();
}

/** Of a block whose owner is the test itself. */
export const nobody = { returnBlock: () => {} };
