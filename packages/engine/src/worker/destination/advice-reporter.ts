import type { RtmpPublisher } from '@cloudpush/transport';
import type { ShardContext } from '../shard-context.js';
import type { Backlog } from './backlog.js';
import { BitrateAdvisor } from './bitrate-advisor.js';
import { unacknowledgedBytes } from './destination-counters.js';

/** How often a destination whose queue is not empty is looked at, in ms. */
const ADVICE_PERIOD = 200;

/** The connection, present or to come, that advice is about. */
interface AdvisedConnection {
  /** Undefined while nothing is being published. */
  readonly publisher: RtmpPublisher | undefined;
  /** Bytes that the kernel has accepted, on all connections so far. */
  readonly bytesWritten: number;
}

/** Reports what the encoder should do about its bit rate, as soon as it may be something else. */
export class AdviceReporter {
  readonly #address: { readonly channel: number; readonly destination: number };
  readonly #context: Pick<ShardContext, 'clock' | 'report'>;
  readonly #queue: Backlog;
  readonly #connection: AdvisedConnection;
  readonly #advisor = new BitrateAdvisor();
  #stopTimer: (() => void) | undefined;
  /** Bytes that the source has given. */
  offeredBytes = 0;

  /** @param address of the destination */
  constructor(
    address: { readonly channel: number; readonly destination: number },
    context: Pick<ShardContext, 'clock' | 'report'>,
    queue: Backlog,
    connection: AdvisedConnection,
  ) {
    this.#address = address;
    this.#context = context;
    this.#queue = queue;
    this.#connection = connection;
  }

  /** The connection is another one from now on: nothing is known of its path. */
  restart(): void {
    this.#advisor.restart();
  }

  /** Looks at what has come and gone up to now, in ms of the monotonic clock. */
  update(now: number): void {
    const { publisher, bytesWritten } = this.#connection;
    if (publisher === undefined) return;
    const { acknowledged } = publisher;
    if (acknowledged !== 0) this.#advisor.onAcknowledged(now, acknowledged, unacknowledgedBytes(publisher));
    const { waitingMs, full } = this.#queue;
    const advice = this.#advisor.update(now, this.offeredBytes, bytesWritten, waitingMs, full);
    publisher.requestAcknowledgements(this.#advisor.acknowledgementWindow);
    if (advice !== undefined) this.#context.report({ type: 'advice', ...this.#address, advice });
    // While the source waits, nobody else comes by to look how much is taken.
    if (waitingMs > 0) this.#stopTimer ??= this.#context.clock.after(ADVICE_PERIOD, this.#updateAgain);
  }

  /** No advice follows. */
  stop(): void {
    this.#stopTimer?.();
  }

  readonly #updateAgain = (): void => {
    this.#stopTimer = undefined;
    this.update(this.#context.clock.now());
  };
}
