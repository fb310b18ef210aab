import type { AmfValue, RtmpPublisher } from '@cloudpush/transport';
import { toErrorData } from '../../base/errors.js';
import type { DestinationConfig, ShardTarget } from '../../options/destination-config.js';
import type { PendingReconnect, SegmentState, SegmentTotals } from '../../protocol/stream.js';
import { CodecTrial } from '../channel/codec-trial.js';
import type { HevcFallback } from '../channel/hevc-fallback.js';
import type { StreamDescription } from '../channel/stream-metadata-tracker.js';
import { Reconnector } from '../connection/reconnector.js';
import type { Assessment, ReconnectorOwner } from '../connection/reconnector-owner.js';
import { TargetSource } from '../connection/target-source.js';
import type { ShardContext } from '../shard-context.js';
import { DestinationSpool } from '../spool/destination-spool.js';
import { AdviceReporter } from './advice-reporter.js';
import { closeTimeoutError, outOfReachError, unsentError } from './destination-errors.js';
import type { DestinationOwner } from './destination-owner.js';
import { type Connectivity, DOWN, ENDED, type Life, MOVING } from './destination-phases.js';
import { DestinationStream } from './destination-stream.js';
import type { DestinationSegments } from './segment-progress.js';
import type { StreamHeaders } from './stream-headers.js';
import type { StreamOwner } from './stream-owner.js';

/** The parts that a destination is made of. */
interface DestinationParts {
  readonly number: number;
  readonly config: DestinationConfig;
  /** Headers of a stream that is under way: the destination joins it at a key frame. */
  readonly headers: StreamHeaders;
  readonly segment: SegmentState;
}

/**
 * One server that a channel pushes to, from its first connection to its end: makes the stream wait, go on and
 * move with what becomes of its connections, closes it in time, and reports all that to the caller's thread.
 */
export class WorkerDestination implements ReconnectorOwner, StreamOwner {
  /** The destination's number. */
  readonly number: number;
  readonly stream: DestinationStream;
  readonly #owner: DestinationOwner;
  readonly #context: ShardContext;
  readonly #config: DestinationConfig;
  readonly #address: { readonly channel: number; readonly destination: number };
  readonly #reconnector: Reconnector;
  readonly #targets: TargetSource;
  readonly #trial = new CodecTrial();
  readonly #advice: AdviceReporter;
  #life: Life = { kind: 'open' };
  #connectivity: Connectivity = DOWN;

  constructor(owner: DestinationOwner, context: ShardContext, parts: DestinationParts) {
    const { number, config, headers, segment } = parts;
    this.#owner = owner;
    this.#context = context;
    this.number = number;
    this.#config = config;
    this.#address = { channel: owner.number, destination: number };
    this.#targets = new TargetSource(config.target, (reason) =>
      context.report({ type: 'targetWanted', ...this.#address, reason }),
    );
    const { clock, connects: limiter, createConnection, fence } = context;
    const targets = this.#targets;
    this.#reconnector = new Reconnector(this, config, { limiter, targets, clock, createConnection, fence });
    this.stream = new DestinationStream(number, config, {
      owner: this,
      channel: owner,
      context,
      connections: this.#reconnector,
      trial: this.#trial,
      headers,
      segment,
      openSpool: DestinationSpool.opener({ address: this.#address, config, context, targets }),
    });
    this.#advice = new AdviceReporter(this.#address, context, this.stream, this.#reconnector);
  }

  get segments(): DestinationSegments {
    return this.stream.segments;
  }

  get isClosing(): boolean {
    return this.#life.kind === 'closing';
  }

  get publisher(): RtmpPublisher | undefined {
    return this.#reconnector.publisher;
  }

  get wantsConnection(): boolean {
    return this.#life.kind === 'open' || (this.#life.kind === 'closing' && !this.stream.isEmpty);
  }

  /** @param loss the connection that was lost with another shard */
  connect(loss: PendingReconnect | undefined): void {
    const { spool } = this.stream;
    if (spool === undefined) this.#connect(loss);
    // Media sent before it is open could not be kept.
    else
      void spool.opened.then(() => {
        if (this.#life.kind !== 'ended') this.#connect(loss);
      });
  }

  #connect(loss: PendingReconnect | undefined): void {
    if (this.segments.isBetween) this.#reconnector.rest(loss);
    else if (loss === undefined) this.#reconnector.connect();
    else this.#reconnector.connectAgain(loss);
  }

  /** Sends what is queued, then ends the stream cleanly. */
  close(): void {
    if (this.#life.kind !== 'open') return;
    const { closeTimeout } = this.#config;
    const { clock } = this.#context;
    const stopTimer = clock.after(closeTimeout, () =>
      this.destroy(closeTimeoutError(closeTimeout, this.#unsentBytes)),
    );
    this.#life = { kind: 'closing', by: clock.now() + closeTimeout, stopTimer };
    this.stream.spool?.stream?.close();
    this.onEmpty();
    this.#endIfOutOfReach();
  }

  /** Ends at once when there is no attempt to connect before the end of the close time-out. */
  #endIfOutOfReach(): void {
    const retry = this.#connectivity.kind === 'down' ? this.#connectivity.retry : undefined;
    if (this.#life.kind !== 'closing' || retry === undefined || retry.at < this.#life.by) return;
    this.destroy(outOfReachError(this.#config.closeTimeout, this.#unsentBytes, retry.cause));
  }

  /** Resets the connection now, and for good; `error` is what it ends with. */
  destroy(error: Error): void {
    this.#reconnector.destroy(error);
  }

  /** It waits for its connection to be made again, in the midst of a segment, and is not told to end. */
  get mayRelease(): boolean {
    // Media on disk stays with the shard that writes it.
    if (this.stream.spool !== undefined) return false;
    return this.#life.kind === 'open' && this.segments.isOpen && this.#reconnector.mayRelease;
  }

  /** Gives everything up, without a word: what is queued is lost. */
  release(): void {
    this.#life = ENDED;
    this.#advice.stop();
    this.#reconnector.release();
    this.stream.end();
    this.updateCounters();
  }

  /** The answer to `targetWanted`. */
  onTarget(answer: ShardTarget | Error): void {
    this.#targets.answer(answer);
  }

  /** Others need the room that its spool takes on disk. */
  expireSpool(bytes: number, before: number): void {
    void this.stream.spool?.expire(bytes, before);
  }

  /** Leads the stream to another server. */
  moveTo(target: ShardTarget, renewed: boolean): void {
    if (this.#life.kind !== 'open') return;
    if (this.#connectivity.kind === 'down') this.#connectivity = { ...this.#connectivity, retry: undefined };
    this.#reconnector.moveTo(target, renewed);
  }

  refusalOf(publisher: RtmpPublisher): Error | undefined {
    return this.#owner.admission.refusalOf(publisher);
  }

  assess(error: Error): Assessment {
    const refused = this.#trial.end(error, this.#context.clock.now());
    if (refused.length === 0) return { error, mended: false };
    const mended =
      refused.includes('hvc1') && this.#owner.admission.fallBack(this.number, this.#trial.publisher!);
    if (mended)
      this.onWarning('H.265 goes out in its older form (codec id 12): the server closed on the enhanced one');
    return { error: this.#trial.refusal(refused, error), mended };
  }

  /** Puts what waits into the older form of H.265. */
  fallBack(fallback: HevcFallback, description: StreamDescription | undefined): void {
    this.stream.fallBack(fallback, description);
  }

  onPublishing(publisher: RtmpPublisher): void {
    const isMove = this.#connectivity.kind === 'down' && this.#connectivity.isMove;
    this.#connectivity = { kind: 'up' };
    this.#trial.begin(publisher);
    this.stream.onPublishing();
    this.updateCounters();
    const { timings } = publisher;
    this.#context.report({ type: isMove ? 'moved' : 'connected', ...this.#address, timings });
    this.#owner.onPublishing(this.number, publisher);
    this.stream.sendWaiting();
  }

  onMoved(publisher: RtmpPublisher): void {
    this.#trial.begin(publisher);
    this.#context.report({ type: 'moved', ...this.#address, timings: publisher.timings });
    this.#owner.admission.onMoved(this.number, publisher);
  }

  onMoving(): void {
    this.#connectivity = MOVING;
  }

  onLeave(isMoving: boolean): void {
    this.stream.spool?.stream?.onLeave();
    this.#goDown(isMoving ? MOVING : DOWN, false);
  }

  onLeftClosed(error: Error | undefined): void {
    this.stream.spool?.stream?.onLeftClosed(error);
  }

  onNextStream(): void {
    this.stream.onNextStream();
  }

  onDrain(): void {
    this.stream.onDrain();
    this.updateCounters();
  }

  onCommand(name: string, args: AmfValue[]): void {
    this.#context.report({ type: 'command', ...this.#address, name, args });
  }

  onWarning(message: string): void {
    this.#context.report({ type: 'warning', ...this.#address, message });
  }

  onLost(error: Error, delay: number, wasPublishing: boolean): void {
    // Between segments the next one's start decides.
    this.stream.spool?.stream?.onLost();
    const at = this.#context.clock.now() + delay;
    const retry = Number.isFinite(at) ? { cause: error, at } : undefined;
    this.#goDown({ kind: 'down', isMove: false, retry }, wasPublishing);
    const loss = { error: toErrorData(error), delay, wasPublishing };
    this.#context.report({ type: 'disconnected', ...this.#address, ...loss });
    this.stream.backlog.resumeIfRoom();
    this.onEmpty();
    this.#endIfOutOfReach();
  }

  onEnded(error: Error | undefined): void {
    if (this.#life.kind === 'closing') this.#life.stopTimer();
    this.#life = ENDED;
    this.#advice.stop();
    const spool = this.stream.spool?.end(error === undefined && this.stream.backlog.isEmpty);
    const unsent = this.stream.backlog.length;
    this.stream.end();
    this.updateCounters();
    const cause = error ?? (unsent === 0 ? undefined : unsentError(unsent));
    const tell = (): void => {
      this.updateCounters();
      this.#context.report({ type: 'detached', ...this.#address, error: cause && toErrorData(cause) });
      this.#owner.onEnded(this.number);
    };
    if (spool === undefined) tell();
    else void spool.then(tell, tell);
  }

  /** Publishes what changes with every packet. */
  updateCounters(): void {
    const { publisher, bytesWritten } = this.#reconnector;
    const now = this.#context.clock.now();
    const { counters, backlog } = this.stream;
    counters.publish(publisher, bytesWritten, backlog.bytes, backlog.waitingMs, now);
    this.#advice.update(now);
  }

  onSegmentEnd(totals: SegmentTotals, taken: boolean): void {
    this.#owner.onSegmentEnd(this.number, totals, taken);
  }

  onEmpty(): void {
    if (this.#life.kind !== 'closing' || !this.stream.isEmpty) return;
    this.stream.endSequence();
    this.#reconnector.close();
  }

  /** The connection is gone; `isLost`: with what it held. */
  #goDown(connectivity: Connectivity, isLost: boolean): void {
    this.#connectivity = connectivity;
    this.stream.onDown(isLost);
    this.#advice.restart();
    this.updateCounters();
    this.#owner.onLost();
  }

  /** Bytes accepted and not yet taken by the kernel. */
  get #unsentBytes(): number {
    return this.stream.backlog.waitingBytes + (this.#reconnector.publisher?.queuedBytes ?? 0);
  }
}
