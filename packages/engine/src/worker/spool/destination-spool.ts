import type { FlvTag } from '@cloudpush/muxer';
import type { RtmpPublisher } from '@cloudpush/transport';
import { CloudPushError, toErrorData } from '../../base/errors.js';
import { SpoolCounter } from '../../memory/counters.js';
import type { DestinationConfig } from '../../options/destination-config.js';
import type { GapReport } from '../../protocol/spool-messages.js';
import type { SpoolGap, SpoolSeries } from '../../spool/index.js';
import type { HevcFallback } from '../channel/hevc-fallback.js';
import type { PacketBlock } from '../channel/packet-block.js';
import type { SegmentMark } from '../channel/segment-tracker.js';
import type { StreamDescription } from '../channel/stream-metadata-tracker.js';
import type { TargetSource } from '../connection/target-source.js';
import type { ShardContext } from '../shard-context.js';
import { DiskWorks } from './disk-works.js';
import type { FedMedia } from './fed-media.js';
import { GapProgress, type SentGap } from './gap-progress.js';
import { GapSender, type SentPart } from './gap-sender.js';
import { InOrderSpool } from './in-order-spool.js';
import { LiveSpool } from './live-spool.js';
import { SeriesOpening } from './series-opening.js';
import type { ShardSpools } from './shard-spools.js';
import { type OpenSpool, SpoolFigures } from './spool-figures.js';
import type { SpooledStream } from './spooled-stream.js';
import type { StreamSpool } from './stream-spool.js';
import type { SpoolLosses, Taken } from './stream-spool-parts.js';

/** How often counters are renewed, in ms. */
const COUNT_PERIOD = 500;
/** Media that was sent is held in memory up to so many times the bytes on their way to the kernel. */
const TAIL_FACTOR = 8;

/** Parts that a destination's spool is built from. */
export interface DestinationSpoolParts {
  readonly address: { readonly channel: number; readonly destination: number };
  readonly config: DestinationConfig;
  readonly context: ShardContext;
  readonly stream: SpooledStream;
  readonly targets: TargetSource;
  readonly losses: SpoolLosses;
}

/** Makes the spool of a stream. */
export type SpoolOpener = (stream: SpooledStream, losses: SpoolLosses) => DestinationSpool;

/** Media of which groups were left out. */
type DamagedMedia = Pick<FedMedia, 'start' | 'end' | 'damaged'> & Pick<GapReport, 'streamName'>;

/**
 * The disk spool of a destination: opens what an earlier process has left, keeps what the server is not sent,
 * has it sent afterwards, and tells how it goes.
 */
export class DestinationSpool {
  readonly #parts: DestinationSpoolParts;
  readonly #spools: ShardSpools;
  readonly #figures: SpoolFigures;
  /** Undefined: the folder is being read, or could not be. */
  #open: OpenSpool | undefined;
  readonly #opening: SeriesOpening;
  readonly #works = new DiskWorks((error) => this.#onFault(error));
  #hasEnded = false;
  #isFailing = false;
  #countedAt = Number.NEGATIVE_INFINITY;
  readonly #progress = new GapProgress();

  constructor(parts: DestinationSpoolParts) {
    this.#parts = parts;
    this.#spools = parts.context.spools!;
    this.#figures = new SpoolFigures(parts.context.counters.spools, parts.address.destination);
    this.#opening = new SeriesOpening(this.#spools, parts.config.spool!, {
      onSeries: (series) => this.#onSeries(series),
      onFault: (error) => this.#onFault(error),
    });
    this.#spools.add(this);
  }

  /** Undefined: a stream with these settings has none. */
  static opener(parts: Omit<DestinationSpoolParts, 'stream' | 'losses'>): SpoolOpener | undefined {
    if (parts.config.spool === undefined || parts.context.spools === undefined) return undefined;
    return (stream, losses) => new DestinationSpool({ ...parts, stream, losses });
  }

  /** Resolves when it keeps what is sent, or cannot yet. */
  get opened(): Promise<void> {
    return this.#opening.opened;
  }

  takes(
    tag: FlvTag,
    block: PacketBlock,
    description: StreamDescription | undefined,
    mark: SegmentMark | undefined,
  ): Taken | undefined {
    return this.#open?.stream.takes(tag, block, description, mark);
  }

  noteSent(
    publisher: RtmpPublisher,
    tag: FlvTag,
    block: PacketBlock | undefined,
    description: StreamDescription | undefined,
  ): void {
    this.#open?.stream.noteSent(publisher, tag, block, description);
  }

  noteRefused(tag: FlvTag): void {
    this.#open?.stream.noteRefused(tag);
  }

  /** See {@link StreamSpool.fallBack}. */
  fallBack(fallback: HevcFallback, description: StreamDescription | undefined): void {
    this.#open?.stream.fallBack(fallback, description);
  }

  /** It is told what becomes of the stream's connections; undefined: see {@link opened}. */
  get stream(): StreamSpool | undefined {
    return this.#open?.stream;
  }

  /** The stream itself has yet to send what is on disk. */
  get isBehind(): boolean {
    return this.#open?.stream.feed !== undefined;
  }

  /** The queue is full. Returns false when nothing of it went to disk. */
  onFull(): boolean {
    return this.#open?.stream.onFull() ?? false;
  }

  /** The pool runs short. Returns true when memory comes back before long. */
  relieve(): boolean {
    return this.#open?.stream.relieve() ?? false;
  }

  /** Time has passed: what has arrived need not be kept, and what lies on disk may be due. */
  tick(): void {
    const open = this.#hasEnded ? undefined : this.#open;
    if (open === undefined) return;
    const now = this.#parts.context.clock.now();
    open.stream.update(this.#parts.stream.publisher, now);
    open.sender?.tick();
    this.#tellOver(open);
    if (now - this.#countedAt < COUNT_PERIOD) return;
    this.#countedAt = now;
    this.updateCounters();
  }

  /** Removes the oldest, as others need the room, and what is older than `before`, in ms since 1970. */
  async expire(bytes: number, before: number): Promise<void> {
    if (this.#open === undefined) return;
    const { series } = this.#open;
    const start = series.gaps[0]?.start ?? before;
    const old = await series.expireBefore(before);
    const more = bytes > old.bytes ? await series.expire(bytes - old.bytes) : { bytes: 0, ms: 0 };
    const removed = { bytes: old.bytes + more.bytes, ms: old.ms + more.ms };
    if (removed.bytes > 0) this.#tell({ outcome: 'expired', start, ...removed });
  }

  /**
   * Nothing follows. Resolves when everything is on disk that is to be there.
   * @param isClean all that was sent has arrived
   */
  end(isClean: boolean): Promise<void> {
    this.#hasEnded = true;
    this.#spools.remove(this);
    // Waiting tags are taken now: the queue is emptied next.
    return this.#finish(this.#open?.stream.end(isClean));
  }

  async #finish(written: Promise<void> | undefined): Promise<void> {
    await this.#opening.leave();
    const open = this.#open;
    if (open === undefined) return;
    await open.sender?.stop();
    await (written ?? open.stream.end(true));
    await this.#works.settled();
    this.#tellOver(open);
    for (const gap of open.series.gaps) this.#tellKept(gap);
    this.updateCounters();
    this.#open = undefined;
  }

  updateCounters(): void {
    if (this.#open !== undefined) this.#figures.update(this.#open);
  }

  #onSeries(series: SpoolSeries): void {
    this.#open = this.#openOn(series);
    for (const gone of series.missing) this.#tellDamaged({ ...gone, streamName: undefined });
  }

  #openOn(series: SpoolSeries): OpenSpool {
    const { config, context, stream, targets, losses } = this.#parts;
    const { resume } = config.spool!;
    const Spool = resume === 'in-order' ? InOrderSpool : LiveSpool;
    const diverted = new Spool({
      config: config.spool!,
      stream,
      series,
      counts: this.#figures,
      losses,
      clock: context.clock,
      tailLimit: () => Math.min(config.inFlightLimit * TAIL_FACTOR, this.#spools.tailLimit),
      tailShare: () => this.#spools.tailLimit,
      heldLimit: config.highWatermark.bytes,
      gate: this.#spools.gate,
      attempt: (work) => this.#works.add(work),
      onOpened: (start) => this.#tell({ outcome: 'opened', start }),
      onResumed: (fed) => this.#onResumed(fed),
      onFed: (bytes, ms) => this.#noteSent(bytes, ms),
      onUnreadable: ({ message }) =>
        this.#warn(`media on disk could not be read, which is tried again: ${message}`),
    });
    const open: OpenSpool = { series, stream: diverted, sender: undefined };
    if (resume === 'keep') return open;
    const sender = new GapSender({
      config,
      context,
      series,
      targets,
      gate: this.#spools.gate,
      admission: stream.channel.admission,
      gaps: () => series.gaps.filter((gap) => diverted.isSettled(gap)),
      isLive: () => stream.publisher !== undefined && !diverted.isSpooling,
      onSent: (part) => this.#onSent(part),
      onFailed: ({ message }) =>
        this.#warn(`a gap could not be sent, and stays on disk until it can: ${message}`),
    });
    return { ...open, sender };
  }

  /** @param fed media that was sent from disk on the stream itself */
  #onResumed(fed: FedMedia | undefined): void {
    this.#isFailing = false;
    this.#countedAt = Number.NEGATIVE_INFINITY;
    if (fed !== undefined) {
      const { streamName } = this.#parts.stream;
      this.#tell({ outcome: 'sent', streamName, ...fed });
      this.#tellDamaged({ ...fed, streamName });
    }
    const gap = this.#open?.series.gaps.at(-1);
    if (gap !== undefined && this.#parts.config.spool!.resume === 'keep') this.#tellKept(gap);
  }

  #onSent(part: SentPart): void {
    this.#noteSent(part.bytes, part.ms);
    const sent = this.#progress.add(part);
    if (part.isLast) this.#tellSent(sent, part.end);
  }

  /** Of some gaps that parts were sent of, the rest is gone. */
  #tellOver({ series, sender }: OpenSpool): void {
    for (const sent of this.#progress.takeOver(series.gaps, sender?.gap)) this.#tellSent(sent, sent.end);
  }

  #tellSent(sent: SentGap, end: number): void {
    if (sent.bytes > 0) this.#tell({ outcome: 'sent', ...sent });
    this.#tellDamaged({ ...sent, end });
  }

  #noteSent(bytes: number, ms: number): void {
    this.#figures.add(SpoolCounter.sentBytes, bytes);
    this.#figures.add(SpoolCounter.sentMs, ms);
  }

  #tellDamaged({ start, end, streamName, damaged }: DamagedMedia): void {
    if (damaged === 0) return;
    const message = `${damaged} groups of pictures of a gap were damaged on disk, and were left out`;
    const error = toErrorData(new CloudPushError('ERR_CLOUDPUSH_SPOOL_FAILED', message));
    this.#tell({ outcome: 'lost', start, end, streamName, error });
  }

  #warn(message: string): void {
    this.#parts.context.report({ type: 'warning', ...this.#parts.address, message });
  }

  /** The disk has failed: that is told once, until media can be written again. */
  #onFault(cause: Error): void {
    this.#open?.stream.onFault();
    if (this.#isFailing || this.#hasEnded) return;
    const { code = cause.message } = cause as NodeJS.ErrnoException;
    const message = `the spool cannot be written (${code}): what does not fit is dropped until it can`;
    const isOurs = cause instanceof CloudPushError;
    const error = isOurs ? cause : new CloudPushError('ERR_CLOUDPUSH_SPOOL_FAILED', message, { cause });
    this.#isFailing = error.code !== 'ERR_CLOUDPUSH_SPOOL_SERIES_IN_USE';
    if (this.#isFailing) this.#figures.noteState('off');
    this.#parts.context.report({ type: 'spoolOff', ...this.#parts.address, error: toErrorData(error) });
  }

  #tellKept({ start, end, bytes, ms }: SpoolGap): void {
    this.#tell({ outcome: 'kept', start, end, bytes, ms });
  }

  #tell(gap: Partial<GapReport> & Pick<GapReport, 'outcome' | 'start'>): void {
    const none = { end: undefined, bytes: 0, ms: 0, streamName: undefined, error: undefined };
    const { outcome, start, end, bytes, ms, streamName, error } = { ...none, ...gap };
    const report = { outcome, start, end, bytes, ms, streamName, error };
    this.updateCounters();
    this.#parts.context.report({ type: 'gap', ...this.#parts.address, gap: report });
  }
}
