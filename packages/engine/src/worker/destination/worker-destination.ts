import { type FlvTag, TagRole } from '@cloudpush/muxer';
import type { AmfValue, Releasable, RtmpPublisher } from '@cloudpush/transport';
import { toErrorData } from '../../base/errors.js';
import type { DestinationConfig, ShardTarget } from '../../options/destination-config.js';
import type { PendingReconnect, SegmentState } from '../../protocol/stream.js';
import { CodecTrial } from '../channel/codec-trial.js';
import type { HevcFallback } from '../channel/hevc-fallback.js';
import { PacketBlock } from '../channel/packet-block.js';
import type { SegmentMark } from '../channel/segment-tracker.js';
import type { StreamDescription } from '../channel/stream-metadata-tracker.js';
import { Reconnector } from '../connection/reconnector.js';
import type { Assessment, ReconnectorOwner } from '../connection/reconnector-owner.js';
import { TargetSource } from '../connection/target-source.js';
import type { Flushable, ShardContext } from '../shard-context.js';
import { Backlog } from './backlog.js';
import { BitrateAdvisor } from './bitrate-advisor.js';
import { DestinationCounters, unacknowledgedBytes } from './destination-counters.js';
import { closeTimeoutError, outOfReachError, unsentError } from './destination-errors.js';
import type { DestinationOwner } from './destination-owner.js';
import { isAudioFrame, isKeyFrame, isPicture } from './drop-policy.js';
import { SegmentEndMarker, SegmentProgress } from './segment-progress.js';
import type { QueuedTag } from './send-queue.js';
import type { StreamHeaders } from './stream-headers.js';

/** How often a destination whose queue is not empty is looked at, in ms. */
const ADVICE_PERIOD = 200;

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
  readonly #reconnector: Reconnector;
  readonly #targets: TargetSource;
  readonly #tally: DestinationCounters;
  readonly #queue: Backlog;
  readonly #advisor = new BitrateAdvisor();
  #stopAdviceTimer: (() => void) | undefined;
  /** Bytes that the source has given. */
  #offeredBytes = 0;
  readonly #headers: StreamHeaders;
  readonly #trial = new CodecTrial();
  /** False from the moment the connection says "no more" to its drain. */
  #writable = true;
  /** The next tag is the first of its connection. */
  #atStart = true;
  /** The time of the last tag that a connection was handed, in ms of the stream's clock; undefined before the first. */
  #lastSent: number | undefined;
  /** ms of the monotonic clock. */
  #publishingSince = Number.POSITIVE_INFINITY;
  #dirty = false;
  #closing = false;
  #stopCloseTimer: () => void = () => {};
  /** When what waits must have left, in ms of the monotonic clock. */
  #closeBy = Number.POSITIVE_INFINITY;
  /** Why there is no connection, and when the next attempt is due, in ms of the monotonic clock. */
  #retry: { readonly cause: Error; readonly at: number } | undefined;
  #sequenceEnded = false;
  #ended = false;
  /** The stream has left its old connection, and the new one has yet to be made. */
  #moving = false;
  #segment: SegmentProgress;
  /** The segment before, when the present one has followed it here. */
  #before: SegmentProgress | undefined;

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
    this.#tally = new DestinationCounters(context.counters, number);
    const backlogOwner = {
      isLeftBehind: () => owner.isLeftBehind(number),
      onFull: () => owner.onFull(),
      onRoom: () => owner.onRoom(),
    };
    this.#queue = new Backlog(backlogOwner, owner.heldPackets, config, this.#tally, context.clock);
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
  }

  get ended(): boolean {
    return this.#ended;
  }

  /** It takes nothing more than what it has. */
  get closing(): boolean {
    return this.#closing;
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
    return this.#tally.dropped;
  }

  /** Its stream is further on than that of `other`. */
  isAheadOf(other: WorkerDestination): boolean {
    if (this.#reconnector.publisher === undefined) return false;
    if (other.publisher === undefined) return true;
    const segments = this.#segment.number - other.#segment.number;
    // Segments have clocks of their own.
    if (segments !== 0) return segments > 0;
    if (this.#lastSent === undefined || other.#lastSent === undefined) return this.#lastSent !== undefined;
    // The signed difference is right across the clock's wrap.
    return ((this.#lastSent - other.#lastSent) | 0) > 0;
  }

  get wantsConnection(): boolean {
    return !this.#closing || !this.#queue.isEmpty;
  }

  /** @param loss the connection that was lost with another shard */
  connect(loss: PendingReconnect | undefined): void {
    if (this.isBetweenSegments) this.#reconnector.rest(loss);
    else if (loss === undefined) this.#reconnector.connect();
    else this.#reconnector.connectAgain(loss);
  }

  get isAtRest(): boolean {
    return this.#segment.state === 'ended' && this.#segment.hasLeft;
  }

  get isOpeningSegment(): boolean {
    return this.#segment.state === 'opening' && this.#before?.hasLeft === true;
  }

  get isBetweenSegments(): boolean {
    return this.#segment.state === 'ended';
  }

  /** Queues a tag; the destination holds its block until the tag has left. */
  offer(
    tag: FlvTag,
    block: PacketBlock,
    description: StreamDescription | undefined,
    mark: SegmentMark | undefined,
  ): void {
    if (this.#ended) return;
    this.#offeredBytes += tag.size;
    if (this.#queue.skips(tag)) return;
    block?.hold();
    const publisher = this.#outlet;
    this.#markDirty();
    // A stream begins at the end of the turn: by then its other track may have begun, too.
    const canSend = publisher !== undefined && this.#writable && this.#queue.length === 0 && !this.#atStart;
    if (canSend && mark === undefined && !this.#movesAt(tag)) {
      this.#send(publisher, tag, block, description ?? this.#queue.takeOrphan());
      return;
    }
    this.#queue.push({ tag, block, description, mark, at: this.#context.clock.now() });
    // It must neither make the source wait nor cost a picture.
    if (this.#atStart && this.#owner.waitsForTrack && !this.#queue.hasRoom) this.#owner.beginWithoutTrack();
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
    this.#tally.noteSkipped('start');
  }

  /** The end of the turn: hands what was offered in it to the kernel. */
  flush(): void {
    this.#dirty = false;
    if (this.#atStart) this.#pump();
    this.#reconnector.publisher?.flush();
  }

  /** Sends what is queued, then ends the stream cleanly. */
  close(): void {
    if (this.#closing || this.#ended) return;
    this.#closing = true;
    const { closeTimeout } = this.#config;
    const onTimeout = (): void => this.destroy(closeTimeoutError(closeTimeout, this.#unsentBytes));
    this.#stopCloseTimer = this.#context.clock.after(closeTimeout, onTimeout);
    this.#closeBy = this.#context.clock.now() + closeTimeout;
    this.#closeIfEmpty();
    this.#endIfOutOfReach();
  }

  /** Nothing is gained by waiting for the end of the close time-out when there is no attempt to connect before it. */
  #endIfOutOfReach(): void {
    const retry = this.#retry;
    if (!this.#closing || this.#ended || retry === undefined || retry.at < this.#closeBy) return;
    this.destroy(outOfReachError(this.#config.closeTimeout, this.#unsentBytes, retry.cause));
  }

  /** Resets the connection now, and for good; `error` is what it ends with. */
  destroy(error: Error): void {
    this.#reconnector.destroy(error);
  }

  /** It waits for its connection to be made again, in the midst of a segment, and is not told to end. */
  get mayRelease(): boolean {
    return !this.#closing && this.#segment.state === 'open' && this.#reconnector.mayRelease;
  }

  /** Gives everything up, without a word: what is queued is lost. */
  release(): void {
    this.#ended = true;
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
    if (this.#closing) return;
    this.#retry = undefined;
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
    this.#trial.begin(publisher);
    this.#publishingSince = this.#context.clock.now();
    this.#retry = undefined;
    this.#writable = true;
    this.#atStart = true;
    if (this.#segment.state === 'opening') this.#segment.state = 'open';
    this.updateCounters();
    const { timings } = publisher;
    this.#context.report({ type: this.#moving ? 'moved' : 'connected', ...this.#address, timings });
    this.#moving = false;
    this.#owner.onPublishing(this.number, publisher);
    this.#pump();
    publisher.flush();
  }

  onRest(): void {
    this.#publishingSince = Number.POSITIVE_INFINITY;
    this.#advisor.restart();
    this.updateCounters();
    this.#owner.onLost();
  }

  onOtherConnection(): void {
    this.onRest();
    this.#moving = true;
  }

  onNextStream(): void {
    this.#segment.state = 'open';
    this.#pump();
    this.#reconnector.publisher?.flush();
  }

  onDrain(): void {
    this.#writable = true;
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
    this.#publishingSince = Number.POSITIVE_INFINITY;
    this.#moving = false;
    this.#advisor.restart();
    if (wasPublishing && this.#headers.hasVideo) this.#queue.startAtKeyFrame();
    this.updateCounters();
    this.#owner.onLost();
    this.#context.report({
      type: 'disconnected',
      ...this.#address,
      error: toErrorData(error),
      delay,
      wasPublishing,
    });
    this.#queue.resumeIfRoom();
    // Between segments the next one's start decides.
    this.#retry = Number.isFinite(delay)
      ? { cause: error, at: this.#context.clock.now() + delay }
      : undefined;
    this.#closeIfEmpty();
    this.#endIfOutOfReach();
  }

  onEnded(error: Error | undefined): void {
    this.#ended = true;
    this.#stopCloseTimer();
    this.#stopAdviceTimer?.();
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
    this.#tally.publish(publisher, bytesWritten, this.#queue.bytes, this.#queue.waitingMs, now);
    if (publisher !== undefined) this.#advise(now, publisher);
  }

  #advise(now: number, publisher: RtmpPublisher): void {
    const { acknowledged } = publisher;
    if (acknowledged !== 0) this.#advisor.onAcknowledged(now, acknowledged, unacknowledgedBytes(publisher));
    const { bytesWritten } = this.#reconnector;
    const { waitingMs, full } = this.#queue;
    const advice = this.#advisor.update(now, this.#offeredBytes, bytesWritten, waitingMs, full);
    publisher.requestAcknowledgements(this.#advisor.acknowledgementWindow);
    if (advice !== undefined) this.#context.report({ type: 'advice', ...this.#address, advice });
    // While the source waits, nobody else comes by to look how much is taken.
    if (waitingMs > 0) this.#stopAdviceTimer ??= this.#context.clock.after(ADVICE_PERIOD, this.#adviseAgain);
  }

  readonly #adviseAgain = (): void => {
    this.#stopAdviceTimer = undefined;
    const { publisher } = this.#reconnector;
    if (!this.#ended && publisher !== undefined) this.#advise(this.#context.clock.now(), publisher);
  };

  get #address(): { readonly channel: number; readonly destination: number } {
    return { channel: this.#owner.number, destination: this.number };
  }

  /** Sends what waits, as far as the connection takes it. */
  #pump(): void {
    for (;;) {
      const waiting = this.#queue.first;
      if (waiting === undefined) break;
      if (waiting.mark?.border === 'start' && waiting.mark.number > this.#segment.number)
        this.#startSegment(waiting.mark.number);
      if (this.#writable && this.#movesAt(waiting.tag)) this.#move();
      const publisher = this.#outlet;
      if (publisher === undefined || !this.#writable) break;
      if (this.#atStart && this.#owner.waitsForTrack && !this.#closing) break;
      const entry = this.#queue.shift()!;
      if (this.#headers.wasSentAhead(entry.tag)) entry.block?.release();
      else if (entry.mark?.border === 'end') this.#endSegment(publisher, entry);
      else this.#send(publisher, entry.tag, entry.block, entry.description);
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
    this.#lastSent = undefined;
    this.#atStart = true;
    this.#sequenceEnded = false;
    if (!this.#reconnector.canMove) this.#moving = this.#reconnector.nextStream();
    else if (this.#move()) this.#segment.state = 'open';
  }

  /** Its last tag, then the end of its stream. When the kernel has taken the tag, it has taken all before it. */
  #endSegment(publisher: RtmpPublisher, { tag, block, description }: QueuedTag): void {
    const segment = this.#segment;
    const { streamName } = this.#reconnector;
    const tail = new SegmentEndMarker(block, (taken) => {
      segment.hasLeft = taken;
      this.#owner.onSegmentEnd(this.number, segment.totals(streamName), taken);
    });
    this.#endSequence();
    this.#send(publisher, tag, tail, description);
    segment.state = 'ended';
    this.#reconnector.endStream();
  }

  #send(
    publisher: RtmpPublisher,
    tag: FlvTag,
    block: PacketBlock | SegmentEndMarker | undefined,
    description: StreamDescription | undefined,
  ): void {
    if (this.#atStart && this.#headers.mayStart(tag, description, this.#queue)) {
      this.#atStart = false;
      for (const header of this.#headers.start(tag, description, this.#queue, this.#owner.bitrates)) {
        this.#trial.note(header, this.#context.clock.now());
        this.#hand(publisher, header, undefined);
      }
      if (this.#headers.wasSentAhead(tag)) {
        block?.release();
        return;
      }
    } else {
      for (const news of description?.changed ?? []) this.#hand(publisher, news, undefined);
    }
    const isFrame = isPicture(tag) || isAudioFrame(tag);
    if (!isFrame || description !== undefined) {
      this.#trial.note(tag, this.#context.clock.now());
      this.#headers.note(tag, description);
    }
    if (block instanceof PacketBlock && block.enqueuedAt >= this.#publishingSince) block.timed = true;
    if (this.#hand(publisher, tag, block)) this.#noteSent(tag);
    // Without it, the pictures that refer to it are of no use.
    else if (isPicture(tag) && tag.role !== TagRole.disposableFrame) this.#queue.skipToKeyFrame();
  }

  /** Another connection waits for the stream, and decoding can start at this tag. */
  #movesAt(tag: FlvTag): boolean {
    if (!this.#reconnector.canMove) return false;
    return this.#headers.hasVideo ? isKeyFrame(tag) : tag.role === TagRole.audioFrame;
  }

  /** False when the new connection has yet to be made: `onPublishing` follows. */
  #move(): boolean {
    const publisher = this.#reconnector.move();
    this.#atStart = true;
    this.#moving = publisher === undefined;
    if (publisher === undefined) return false;
    this.#trial.begin(publisher);
    this.#context.report({ type: 'moved', ...this.#address, timings: publisher.timings });
    this.#owner.admission.onMoved(this.number, publisher);
    return true;
  }

  /** False when the connection cannot carry the tag. */
  #hand(publisher: RtmpPublisher, tag: FlvTag, block: Releasable | undefined): boolean {
    try {
      this.#writable = publisher.send(tag, block);
      // `onMetaData` has no time.
      if (tag.role !== TagRole.data) this.#lastSent = tag.timestamp;
    } catch (error) {
      block?.release(true);
      this.#owner.onRefused(error as Error);
      return false;
    }
    if (!this.#writable) this.#reconnector.watch();
    return true;
  }

  #noteSent(tag: FlvTag): void {
    this.#segment.note(tag);
    this.#tally.noteSent(tag);
  }

  #closeIfEmpty(): void {
    if (!this.#closing || !this.#queue.isEmpty) return;
    this.#endSequence();
    this.#reconnector.close();
  }

  #endSequence(): void {
    const publisher = this.#outlet;
    if (publisher === undefined || this.#sequenceEnded || !this.#config.endOfSequence) return;
    this.#sequenceEnded = true;
    const end = this.#headers.endOfSequence(this.#lastSent ?? 0);
    if (end !== undefined) this.#hand(publisher, end, undefined);
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
