import { type FlvTag, TagRole } from '@cloudpush/muxer';
import type { AmfValue, RtmpPublisher } from '@cloudpush/transport';
import { toErrorData } from '../../base/errors.js';
import type { DestinationConfig, ShardTarget } from '../../options/destination-config.js';
import type { PendingReconnect, SegmentState } from '../../protocol/stream.js';
import { CodecTrial } from '../channel/codec-trial.js';
import type { HevcFallback } from '../channel/hevc-fallback.js';
import type { PacketBlock } from '../channel/packet-block.js';
import type { SegmentMark } from '../channel/segment-tracker.js';
import type { StreamDescription } from '../channel/stream-metadata-tracker.js';
import { Reconnector } from '../connection/reconnector.js';
import type { Assessment, ReconnectorOwner } from '../connection/reconnector-owner.js';
import { TargetSource } from '../connection/target-source.js';
import type { Flushable, ShardContext } from '../shard-context.js';
import { AdviceReporter } from './advice-reporter.js';
import { Backlog } from './backlog.js';
import { DestinationCounters } from './destination-counters.js';
import { closeTimeoutError, outOfReachError, unsentError } from './destination-errors.js';
import type { DestinationOwner } from './destination-owner.js';
import { isKeyFrame } from './drop-policy.js';
import { SegmentEndMarker, SegmentProgress } from './segment-progress.js';
import type { QueuedTag } from './send-queue.js';
import type { StreamHeaders } from './stream-headers.js';
import { StreamWriter } from './stream-writer.js';

type Life =
  /** It takes tags, and connects. */
  | { readonly kind: 'open' }
  /** It takes nothing more than what it has, which must have left at the time `by`, in ms of the monotonic clock. */
  | { readonly kind: 'closing'; readonly by: number; readonly stopTimer: () => void }
  | { readonly kind: 'ended' };

type Line =
  | { readonly kind: 'up' }
  /**
   * There is no connection. `isMove`: the stream has left its old one in good order. `retry`: why the last one, or the last attempt,
   * has failed, and when the next attempt is due, in ms of the monotonic clock; undefined: it has not, or the next may come at any time.
   */
  | {
      readonly kind: 'down';
      readonly isMove: boolean;
      readonly retry: { readonly cause: Error; readonly at: number } | undefined;
    };

const OPEN: Life = { kind: 'open' };
const ENDED: Life = { kind: 'ended' };
const UP: Line = { kind: 'up' };
const DOWN: Line = { kind: 'down', isMove: false, retry: undefined };
const MOVING: Line = { kind: 'down', isMove: true, retry: undefined };

/**
 * One server that a channel pushes to: the queue of tags in front of a connection. Tags that come while nothing is
 * being published wait and go out in order; after a lost connection the stream goes on at a key frame.
 */
export class WorkerDestination implements ReconnectorOwner, Flushable {
  /** The destination's number. */
  readonly number: number;
  readonly #owner: DestinationOwner;
  readonly #context: ShardContext;
  readonly #config: DestinationConfig;
  readonly #address: { readonly channel: number; readonly destination: number };
  readonly #reconnector: Reconnector;
  readonly #targets: TargetSource;
  readonly #counters: DestinationCounters;
  readonly #headers: StreamHeaders;
  readonly #trial = new CodecTrial();
  readonly #queue: Backlog;
  readonly #writer: StreamWriter;
  readonly #advice: AdviceReporter;
  #life: Life = OPEN;
  #line: Line = DOWN;
  #segment: SegmentProgress;
  /** The segment before, when the present one has followed it here. */
  #before: SegmentProgress | undefined;
  /** It is to be flushed at the end of the turn. */
  #dirty = false;

  /** @param headers those of a stream that is under way: the destination joins it at a key frame */
  constructor(
    owner: DestinationOwner,
    context: ShardContext,
    number: number,
    config: DestinationConfig,
    headers: StreamHeaders,
    { number: segment, isOpen }: SegmentState,
  ) {
    this.#owner = owner;
    this.#context = context;
    this.number = number;
    this.#config = config;
    this.#address = { channel: owner.number, destination: number };
    this.#counters = new DestinationCounters(context.counters, number);
    const backlogOwner = {
      isLeftBehind: () => owner.isLeftBehind(number),
      onFull: () => owner.onFull(),
      onRoom: () => owner.onRoom(),
    };
    this.#queue = new Backlog(backlogOwner, owner.heldPackets, config, this.#counters, context.clock);
    this.#headers = headers;
    this.#segment = new SegmentProgress(segment, isOpen ? 'open' : 'ended');
    if (headers.hasVideo) this.#queue.skipToKeyFrame();
    this.#targets = new TargetSource(config.target, (reason) =>
      context.report({ type: 'targetWanted', ...this.#address, reason }),
    );
    this.#reconnector = new Reconnector(this, config, {
      limiter: context.connects,
      targets: this.#targets,
      clock: context.clock,
      createConnection: context.createConnection,
    });
    this.#writer = new StreamWriter({
      owner,
      clock: context.clock,
      headers,
      queue: this.#queue,
      trial: this.#trial,
      counters: this.#counters,
      watchdog: this.#reconnector,
      endOfSequence: config.endOfSequence,
      segment: this.#segment,
    });
    this.#advice = new AdviceReporter(this.#address, context, this.#queue, this.#reconnector);
  }

  get ended(): boolean {
    return this.#life.kind === 'ended';
  }

  /** It takes nothing more than what it has. */
  get closing(): boolean {
    return this.#life.kind === 'closing';
  }

  get publisher(): RtmpPublisher | undefined {
    return this.#reconnector.publisher;
  }

  /** What waits for the connection, or for room in it. */
  get backlog(): Backlog {
    return this.#queue;
  }

  /** Frames that were dropped here since the destination was added. */
  get dropped(): { readonly audio: number; readonly video: number } {
    return this.#counters.dropped;
  }

  /** Its stream is further on than that of `other`. */
  isAheadOf(other: WorkerDestination): boolean {
    if (this.#reconnector.publisher === undefined) return false;
    return other.publisher === undefined || this.#writer.isAheadOf(other.#writer);
  }

  get wantsConnection(): boolean {
    return this.#life.kind === 'open' || (this.#life.kind === 'closing' && !this.#queue.isEmpty);
  }

  /** @param loss the connection that was lost with another shard */
  connect(loss: PendingReconnect | undefined): void {
    if (this.isBetweenSegments) this.#reconnector.rest(loss);
    else if (loss === undefined) this.#reconnector.connect();
    else this.#reconnector.connectAgain(loss);
  }

  get isAtRest(): boolean {
    return this.#segment.state === 'left';
  }

  get isOpeningSegment(): boolean {
    return this.#segment.state === 'opening' && this.#before?.state === 'left';
  }

  get isBetweenSegments(): boolean {
    return this.#segment.isOver;
  }

  /** Queues a tag; the destination holds its block until the tag has left. */
  offer(
    tag: FlvTag,
    block: PacketBlock,
    description: StreamDescription | undefined,
    mark: SegmentMark | undefined,
  ): void {
    if (this.#life.kind === 'ended') return;
    this.#advice.offeredBytes += tag.size;
    if (this.#queue.skips(tag)) return;
    block?.hold();
    const publisher = this.#outlet;
    const writer = this.#writer;
    this.#markDirty();
    // A stream begins at the end of the turn: by then its other track may have begun, too.
    const canSend =
      publisher !== undefined && writer.isWritable && this.#queue.length === 0 && !writer.isAtStart;
    if (canSend && mark === undefined && !this.#movesAt(tag)) {
      writer.send(publisher, tag, block, description ?? this.#queue.takeOrphan());
      return;
    }
    this.#queue.push({ tag, block, description, mark, at: this.#context.clock.now() });
    // It must neither make the source wait nor cost a picture.
    if (writer.isAtStart && this.#owner.waitsForTrack && !this.#queue.hasRoom)
      this.#owner.beginWithoutTrack();
    if (canSend || mark !== undefined) this.#pump();
    this.#queue.bound();
  }

  /** The stream may begin. */
  onTracksKnown(): void {
    this.#pump();
    this.#reconnector.publisher?.flush();
  }

  /** A picture was not muxed, because a key frame must come first. */
  skipPicture(): void {
    this.#counters.noteSkipped('start');
  }

  /** The end of the turn: hands what was offered in it to the kernel. */
  flush(): void {
    this.#dirty = false;
    if (this.#writer.isAtStart) this.#pump();
    this.#reconnector.publisher?.flush();
  }

  /** Sends what is queued, then ends the stream cleanly. */
  close(): void {
    if (this.#life.kind !== 'open') return;
    const { closeTimeout } = this.#config;
    const { clock } = this.#context;
    const onTimeout = (): void => this.destroy(closeTimeoutError(closeTimeout, this.#unsentBytes));
    const stopTimer = clock.after(closeTimeout, onTimeout);
    this.#life = { kind: 'closing', by: clock.now() + closeTimeout, stopTimer };
    this.#closeIfEmpty();
    this.#endIfOutOfReach();
  }

  /** Nothing is gained by waiting for the end of the close time-out when there is no attempt to connect before it. */
  #endIfOutOfReach(): void {
    const retry = this.#line.kind === 'down' ? this.#line.retry : undefined;
    if (this.#life.kind !== 'closing' || retry === undefined || retry.at < this.#life.by) return;
    this.destroy(outOfReachError(this.#config.closeTimeout, this.#unsentBytes, retry.cause));
  }

  /** Resets the connection now, and for good; `error` is what it ends with. */
  destroy(error: Error): void {
    this.#reconnector.destroy(error);
  }

  /** It waits for its connection to be made again, in the midst of a segment, and is not told to end. */
  get mayRelease(): boolean {
    return this.#life.kind === 'open' && this.#segment.state === 'open' && this.#reconnector.mayRelease;
  }

  /** Gives everything up, without a word: what is queued is lost. */
  release(): void {
    this.#life = ENDED;
    this.#advice.stop();
    this.#reconnector.release();
    this.#queue.end();
    this.updateCounters();
  }

  /** The answer to `targetWanted`. */
  onTarget(answer: ShardTarget | Error): void {
    this.#targets.answer(answer);
  }

  /** Leads the stream to another server. */
  moveTo(target: ShardTarget, renewed: boolean): void {
    if (this.#life.kind !== 'open') return;
    if (this.#line.kind === 'down') this.#line = { ...this.#line, retry: undefined };
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

  /** What waits goes out in the older form of H.265. */
  fallBack(fallback: HevcFallback, description: StreamDescription | undefined): void {
    this.#headers.fallBack(fallback, description);
    this.#queue.replace((tag) => fallback.legacyOf(tag));
  }

  onPublishing(publisher: RtmpPublisher): void {
    const isMove = this.#line.kind === 'down' && this.#line.isMove;
    this.#line = UP;
    this.#trial.begin(publisher);
    this.#writer.onPublishing();
    if (this.#segment.state === 'opening') this.#segment.state = 'open';
    this.updateCounters();
    const { timings } = publisher;
    this.#context.report({ type: isMove ? 'moved' : 'connected', ...this.#address, timings });
    this.#owner.onPublishing(this.number, publisher);
    this.#pump();
    publisher.flush();
  }

  onRest(): void {
    this.#leaveLine(DOWN);
  }

  onOtherConnection(): void {
    this.#leaveLine(MOVING);
  }

  onNextStream(): void {
    this.#segment.state = 'open';
    this.#pump();
    this.#reconnector.publisher?.flush();
  }

  onDrain(): void {
    this.#writer.onDrain();
    this.#pump();
    this.#reconnector.publisher?.flush();
    this.updateCounters();
  }

  onCommand(name: string, args: AmfValue[]): void {
    this.#context.report({ type: 'command', ...this.#address, name, args });
  }

  onWarning(message: string): void {
    this.#context.report({ type: 'warning', ...this.#address, message });
  }

  onLost(error: Error, delay: number, wasPublishing: boolean): void {
    if (wasPublishing && this.#headers.hasVideo) this.#queue.startAtKeyFrame();
    // Between segments the next one's start decides.
    const retry = Number.isFinite(delay)
      ? { cause: error, at: this.#context.clock.now() + delay }
      : undefined;
    this.#leaveLine({ kind: 'down', isMove: false, retry });
    this.#context.report({
      type: 'disconnected',
      ...this.#address,
      error: toErrorData(error),
      delay,
      wasPublishing,
    });
    this.#queue.resumeIfRoom();
    this.#closeIfEmpty();
    this.#endIfOutOfReach();
  }

  onEnded(error: Error | undefined): void {
    if (this.#life.kind === 'closing') this.#life.stopTimer();
    this.#life = ENDED;
    this.#advice.stop();
    const unsent = this.#queue.length;
    this.#queue.end();
    this.updateCounters();
    const cause = error ?? (unsent === 0 ? undefined : unsentError(unsent));
    this.#context.report({
      type: 'detached',
      ...this.#address,
      error: cause === undefined ? undefined : toErrorData(cause),
    });
    this.#owner.onEnded(this.number);
  }

  /** Publishes what changes with every packet. */
  updateCounters(): void {
    const { publisher, bytesWritten } = this.#reconnector;
    const now = this.#context.clock.now();
    this.#counters.publish(publisher, bytesWritten, this.#queue.bytes, this.#queue.waitingMs, now);
    this.#advice.update(now);
  }

  /** Sends what waits, as far as the connection takes it. */
  #pump(): void {
    for (;;) {
      const waiting = this.#queue.first;
      if (waiting === undefined) break;
      if (waiting.mark?.border === 'start' && waiting.mark.number > this.#segment.number)
        this.#startSegment(waiting.mark.number);
      if (this.#writer.isWritable && this.#movesAt(waiting.tag)) this.#move();
      const publisher = this.#outlet;
      if (publisher === undefined || !this.#writer.isWritable) break;
      if (this.#writer.isAtStart && this.#owner.waitsForTrack && !this.closing) break;
      const entry = this.#queue.shift()!;
      if (this.#headers.wasSentAhead(entry.tag)) entry.block?.release();
      else if (entry.mark?.border === 'end') this.#endSegment(publisher, entry);
      else this.#writer.send(publisher, entry.tag, entry.block, entry.description);
    }
    this.#queue.resumeIfRoom();
    this.#closeIfEmpty();
  }

  /** The connection, while the segment's stream is being published on it. */
  get #outlet(): RtmpPublisher | undefined {
    return this.#segment.state === 'open' ? this.#reconnector.publisher : undefined;
  }

  /** The next stream is published: by a connection that waits to take over, by the one that stands, or by another. */
  #startSegment(number: number): void {
    this.#before = this.#segment;
    this.#segment = new SegmentProgress(number, 'opening');
    this.#writer.startSegment(this.#segment);
    if (this.#reconnector.canMove) {
      if (this.#move()) this.#segment.state = 'open';
    } else if (this.#reconnector.nextStream()) this.#line = MOVING;
  }

  /** Its last tag, then the end of its stream. When the kernel has taken the tag, it has taken all before it. */
  #endSegment(publisher: RtmpPublisher, { tag, block, description }: QueuedTag): void {
    const segment = this.#segment;
    const { streamName } = this.#reconnector;
    const tail = new SegmentEndMarker(block, (taken) => {
      if (taken) segment.state = 'left';
      this.#owner.onSegmentEnd(this.number, segment.totals(streamName), taken);
    });
    segment.state = 'ended';
    this.#writer.endSequence(publisher);
    this.#writer.send(publisher, tag, tail, description);
    this.#reconnector.endStream();
  }

  /** Another connection waits for the stream, and decoding can start at this tag. */
  #movesAt(tag: FlvTag): boolean {
    if (!this.#reconnector.canMove) return false;
    return this.#headers.hasVideo ? isKeyFrame(tag) : tag.role === TagRole.audioFrame;
  }

  /** False when the new connection has yet to be made: `onPublishing` follows. */
  #move(): boolean {
    const publisher = this.#reconnector.move();
    if (publisher === undefined) {
      this.#line = MOVING;
      return false;
    }
    this.#writer.onMoved();
    this.#trial.begin(publisher);
    this.#context.report({ type: 'moved', ...this.#address, timings: publisher.timings });
    this.#owner.admission.onMoved(this.number, publisher);
    return true;
  }

  #closeIfEmpty(): void {
    if (this.#life.kind !== 'closing' || !this.#queue.isEmpty) return;
    const publisher = this.#outlet;
    if (publisher !== undefined) this.#writer.endSequence(publisher);
    this.#reconnector.close();
  }

  /** The connection is gone. */
  #leaveLine(line: Line): void {
    this.#line = line;
    this.#writer.onDown();
    this.#advice.restart();
    this.updateCounters();
    this.#owner.onLost();
  }

  /** Bytes accepted and not yet taken by the kernel. */
  get #unsentBytes(): number {
    return this.#queue.waitingBytes + (this.#reconnector.publisher?.queuedBytes ?? 0);
  }

  #markDirty(): void {
    if (this.#dirty) return;
    this.#dirty = true;
    this.#context.markDirty(this);
  }
}
