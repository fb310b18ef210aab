import type { RtmpPublisher } from '@cloudpush/transport';
import type { ShardContext } from '../shard-context.js';
import { BitrateAdvisor } from './bitrate-advisor.js';
import { unacknowledgedBytes } from './destination-counters.js';

/** How often a destination whose queue is not empty is looked at, in ms. */
const ADVICE_PERIOD = 200;

/** The stream that advice is about: what has come of it, and what waits. */
interface AdvisedStream {
  /** Bytes that the source has given. */
  readonly offeredBytes: number;
  readonly backlog: {
    /** How long what waits has been coming in, in ms. */
    readonly waitingMs: number;
    /** The source waits. */
    readonly full: boolean;
  };
}

/** The connection, present or to come, that takes it. */
interface AdvisedConnection {
  /** Undefined while nothing is being published. */
  readonly publisher: RtmpPublisher | undefined;
  /** Bytes that the kernel has accepted, on all connections so far. */
  readonly bytesWritten: number;
}

/** Reports what the encoder should do about its bit rate, as soon as it may be something else. */
export class AdviceReporter {
  readonly #address: { readonly channel: number; readonly destination: number };
  readonly #context: Pick<ShardContext, 'clock' | 'report' | 'spools'>;
  readonly #stream: AdvisedStream;
  readonly #connection: AdvisedConnection;
  readonly #advisor = new BitrateAdvisor();
  /** The last advice was to send less. */
  #isCongested = false;
  #stopTimer: (() => void) | undefined;

  /** @param address of the destination */
  constructor(
    address: { readonly channel: number; readonly destination: number },
    context: Pick<ShardContext, 'clock' | 'report' | 'spools'>,
    stream: AdvisedStream,
    connection: AdvisedConnection,
  ) {
    this.#address = address;
    this.#context = context;
    this.#stream = stream;
    this.#connection = connection;
  }

  /** The connection is another one from now on: nothing is known of its path. */
  restart(): void {
    this.#advisor.restart();
    this.#noteCongested(false);
  }

  /** Looks at what has come and gone up to now, in ms of the monotonic clock. */
  update(now: number): void {
    const { publisher, bytesWritten } = this.#connection;
    if (publisher === undefined) return;
    const { acknowledged } = publisher;
    if (acknowledged !== 0) this.#advisor.onAcknowledged(now, acknowledged, unacknowledgedBytes(publisher));
    const { offeredBytes, backlog } = this.#stream;
    const { waitingMs, full } = backlog;
    const advice = this.#advisor.update(now, offeredBytes, bytesWritten, waitingMs, full);
    publisher.requestAcknowledgements(this.#advisor.acknowledgementWindow);
    if (advice !== undefined) {
      this.#context.report({ type: 'advice', ...this.#address, advice });
      this.#noteCongested(advice.reason === 'congested');
    }
    // While the source waits, nobody else comes by to look how much is taken.
    if (waitingMs > 0) this.#stopTimer ??= this.#context.clock.after(ADVICE_PERIOD, this.#updateAgain);
  }

  /** No advice follows. */
  stop(): void {
    this.#stopTimer?.();
    this.#noteCongested(false);
  }

  /** Gaps are not sent from disk while a live stream is held up. */
  #noteCongested(isCongested: boolean): void {
    if (isCongested === this.#isCongested) return;
    this.#isCongested = isCongested;
    this.#context.spools?.gate.noteCongested(isCongested);
  }

  readonly #updateAgain = (): void => {
    this.#stopTimer = undefined;
    this.update(this.#context.clock.now());
  };
}
