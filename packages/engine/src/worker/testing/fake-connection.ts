import { setImmediate as turn } from 'node:timers/promises';
import type { FlvTag } from '@cloudpush/muxer';
import type { Releasable, RtmpError } from '@cloudpush/transport';
import type { ShardTarget } from '../../options/destination-config.js';
import type { Connection, ConnectionFactory, ConnectionOwner } from '../connection/connection.js';

/** A publisher whose kernel and server do as their test says. */
export class FakePublisher {
  /** Every tag that it was handed. */
  readonly sent: FlvTag[] = [];
  /** Tags that the kernel has not taken yet, while it takes nothing; undefined: it takes each at once. */
  held: Releasable[] | undefined;
  /** The answer to each tag: whether there is room for more. */
  isWritable = true;
  /** Thrown instead of an answer: the connection cannot carry the tag. */
  refusal: Error | undefined;
  unpublishes = 0;
  /** It was told to reset the connection, with this error. */
  destroyedBy: Error | undefined;
  bytesWritten = 0;
  readonly queuedBytes = 0;
  readonly bytesPerSecond = 0;
  acknowledged = 0;
  readonly timings = {};
  readonly profile = { legacyHevc: true, enhanced: true, nextStream: true };
  readonly capabilities = { kinds: new Set<string>(), fourCcs: new Map<string, unknown>() };
  /** FourCCs that it was asked about. */
  readonly asked: string[] = [];
  /** Else the older form of H.265 alone. */
  takesEnhanced = true;
  /** FourCCs that its server does not take. */
  readonly refuses = new Set<string>();

  send(tag: FlvTag, block: Releasable | undefined): boolean {
    if (this.refusal !== undefined) throw this.refusal;
    this.sent.push(tag);
    if (this.held === undefined) {
      this.bytesWritten += tag.size;
      block?.release(true);
    } else if (block !== undefined) this.held.push(block);
    return this.isWritable;
  }

  formOf(fourCc: string): string {
    this.asked.push(fourCc);
    if (this.refuses.has(fourCc)) throw new Error(`${fourCc} refused`);
    return this.takesEnhanced ? 'enhanced' : 'legacy';
  }

  flush(): void {}

  requestAcknowledgements(): void {}

  unpublish(): void {
    this.unpublishes++;
  }

  destroy(error: Error): void {
    this.destroyedBy ??= error;
  }
}

/** A connection that is made, refused and lost when its test says so. */
export class FakeConnection {
  target: ShardTarget | undefined;
  publisher: FakePublisher | undefined;
  readonly streamName = 'name';
  renewsName = false;
  closes = 0;
  /** `limit` of each stall. */
  readonly stalls: number[] = [];
  readonly #owner: ConnectionOwner;
  readonly #abort = new AbortController();
  #resolve: () => void = () => {};
  #reject: (error: Error) => void = () => {};

  /** It was given a name of its own: that of a gap. */
  readonly isOfGap: boolean;

  constructor(owner: ConnectionOwner, isOfGap = false) {
    this.#owner = owner;
    this.isOfGap = isOfGap;
  }

  get self(): Connection {
    return this as unknown as Connection;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get bytesWritten(): number {
    return this.publisher?.bytesWritten ?? 0;
  }

  leadsTo({ url }: ShardTarget): boolean {
    return this.target?.url === url;
  }

  publish(target: ShardTarget): Promise<void> {
    this.target = target;
    return new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
  }

  async nextStream(): Promise<void> {}

  close(): void {
    this.closes++;
  }

  abort(error: Error): void {
    this.#abort.abort(error);
    this.#reject(error);
  }

  stalled(limit: number): void {
    this.stalls.push(limit);
  }

  /** The server has answered: the stream is published. */
  async succeed(publisher = new FakePublisher()): Promise<FakePublisher> {
    this.publisher = publisher;
    this.#resolve();
    await turn();
    return publisher;
  }

  /** The attempt to make the connection has failed. */
  async fail(error: Error): Promise<void> {
    this.#reject(error);
    await turn();
  }

  /** There is room again. */
  drain(): void {
    this.#owner.onDrain(this.self);
  }

  /** The server asks the stream to move. */
  requestMove(target: ShardTarget): void {
    this.#owner.onReconnectRequest(this.self, target);
  }

  /** The connection is gone; without an error: as it was told to. */
  async lose(error: Error | undefined): Promise<void> {
    this.#owner.onConnectionClosed(this.self, error as RtmpError | undefined);
    await turn();
  }
}

/** Makes fake connections, and keeps them for their test. */
export class FakeConnections {
  readonly made: FakeConnection[] = [];

  readonly create: ConnectionFactory = (owner, config) => {
    const connection = new FakeConnection(owner, config?.connection?.streamName !== undefined);
    this.made.push(connection);
    return connection.self;
  };

  get latest(): FakeConnection {
    return this.made.at(-1)!;
  }
}
