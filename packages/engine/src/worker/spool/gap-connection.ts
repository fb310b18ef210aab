import type { FlvTag } from '@cloudpush/muxer';
import { parseRtmpUrl, publishedName, type RtmpError, type RtmpPublisher } from '@cloudpush/transport';
import { classOf } from '../../base/errors.js';
import type { DestinationConfig, ShardTarget } from '../../options/destination-config.js';
import { withTime } from '../../targets/url-template.js';
import type { Connection, ConnectionOwner } from '../connection/connection.js';
import type { TargetSource } from '../connection/target-source.js';
import type { ShardContext } from '../shard-context.js';
import { gapStreamName } from './gap-stream.js';

/** The stream of a gap, as it is being published. */
export interface GapPublication {
  /** The live stream's, without its query. */
  readonly live: string;
  /** That under which the gap is published, without its query. */
  readonly gap: string;
  readonly publisher: RtmpPublisher;
}

/** The shard, as such a connection needs it. */
export type GapConnectionContext = Pick<ShardContext, 'connects' | 'createConnection' | 'clock' | 'fence'>;

/** A connection that publishes a part of a gap, to the server of the live stream. */
export class GapConnection implements ConnectionOwner {
  readonly #context: GapConnectionContext;
  readonly #config: DestinationConfig;
  readonly #signal: AbortSignal;
  readonly #onAbort = (): void => this.#connection?.abort(this.#signal.reason as Error);
  readonly #closed: Promise<RtmpError | undefined>;
  #resolveClosed: (error: RtmpError | undefined) => void = () => {};
  #connection: Connection | undefined;
  #isWritable = true;
  /** How it came to its end. */
  #end: { readonly error: RtmpError | undefined } | undefined;

  /** @param signal resets the connection */
  constructor(context: GapConnectionContext, config: DestinationConfig, signal: AbortSignal) {
    this.#context = context;
    this.#config = config;
    this.#signal = signal;
    this.#closed = new Promise((resolve) => {
      this.#resolveClosed = resolve;
    });
    signal.addEventListener('abort', this.#onAbort);
  }

  /** There is room for more. */
  get isWritable(): boolean {
    return this.#isWritable;
  }

  /** Bytes a second that the kernel accepts. */
  get bytesPerSecond(): number {
    return this.#connection?.publisher?.bytesPerSecond ?? 0;
  }

  /** Bytes that the kernel has accepted. */
  get bytesWritten(): number {
    return this.#connection?.bytesWritten ?? 0;
  }

  /**
   * Publishes under the name that the gap has on its server, with the present target, and with another one
   * where the server refuses its token.
   * @param start wall clock of the part, in ms since 1970
   */
  async open(targets: TargetSource, start: number): Promise<GapPublication> {
    const target = await targets.get('connect', this.#signal);
    try {
      return await this.#publish(target, start);
    } catch (error) {
      if (classOf(error) !== 'auth' || !targets.isAsked) throw error;
      return await this.#publish(await targets.get('rejected', this.#signal), start);
    }
  }

  /** @throws the error with which the connection came to its end */
  send(tag: FlvTag): void {
    this.requireOpen();
    this.#isWritable = this.#connection!.publisher!.send(tag, undefined);
  }

  requireOpen(): void {
    if (this.#end !== undefined) throw this.#end.error ?? new Error('the connection of a gap was closed');
  }

  /** Ends the stream. Rejects unless the server has all of it. */
  async close(): Promise<void> {
    this.requireOpen();
    this.#connection!.close();
    const error = await this.#closed;
    if (error !== undefined) throw error;
  }

  /** Lets go of it, whatever has become of it. */
  release(): void {
    this.#signal.removeEventListener('abort', this.#onAbort);
    if (this.#end === undefined) this.#connection?.abort(new Error('the gap is not sent any further'));
  }

  onDrain(): void {
    this.#isWritable = true;
  }

  onCommand(): void {}

  /** A part is short: it stays where it is. */
  onReconnectRequest(): void {}

  onWarning(): void {}

  onConnectionClosed(_connection: Connection, error: RtmpError | undefined): void {
    this.#end = { error };
    this.#resolveClosed(error);
  }

  async #publish(target: ShardTarget, start: number): Promise<GapPublication> {
    this.#signal.throwIfAborted();
    const { connects, createConnection } = this.#context;
    const [live, query] = this.#liveName(withTime(target.url, start));
    const gap = gapStreamName(this.#config.spool!.stream, live, start);
    const streamName = query === undefined ? gap : `${gap}?${query}`;
    const config = { ...this.#config, connection: { ...this.#config.connection, streamName } };
    const connection = createConnection(this, config, this.#context);
    this.#connection = connection;
    await connects.run(() => connection.publish(target), connection.signal);
    return { live, gap, publisher: connection.publisher! };
  }

  #liveName(url: string): [name: string, query: string | undefined] {
    const { app, streamName } = this.#config.connection;
    const whole = streamName ?? publishedName(parseRtmpUrl(url, { app }));
    const at = whole.indexOf('?');
    return at < 0 ? [whole, undefined] : [whole.slice(0, at), whole.slice(at + 1)];
  }
}
