import { EventEmitter, once } from 'node:events';
import {
  type ChannelCloseOptions,
  type ChannelOptions,
  type ChannelStats,
  type CloseReport,
  CloudPushError,
  type DestinationOptions,
  type DestinationStats,
  type EngineStats,
  type ErrorClass,
  type PushTarget,
  type SourceOptions,
  type SourceStats,
  type SpoolStats,
  type StandbyOptions,
  type StreamMetadata,
} from '@cloudpush/engine';
import type { MediaChannel, MediaDestination, MediaEngine } from '../supervisor/media-engine.js';
import { TOTALS } from './fake-totals.js';

export function fakeError(code: string, errorClass: ErrorClass = 'retryable'): CloudPushError {
  return new CloudPushError(code, `${code} happened`, { class: errorClass });
}

/** A destination that does what the test says. */
export class FakeDestination extends EventEmitter {
  readonly options: DestinationOptions;
  readonly channel: FakeChannel;
  readonly moves: PushTarget[] = [];
  state: 'connecting' | 'publishing' | 'closing' | 'closed' = 'connecting';
  counts = { ...TOTALS };
  queuedMs = 0;
  spool: SpoolStats | undefined;
  /** The way in which it ends when its channel is told to; default: cleanly. */
  endsWith: CloudPushError | undefined;

  constructor(options: DestinationOptions, channel: FakeChannel) {
    super();
    this.options = options;
    this.channel = channel;
  }

  connect(): void {
    this.state = 'publishing';
    this.emit('connect');
  }

  disconnect(
    code = 'ERR_CLOUDPUSH_PEER_CLOSED',
    delay = 1000,
    errorClass: ErrorClass = 'retryable',
  ): CloudPushError {
    const error = fakeError(code, errorClass);
    this.state = 'connecting';
    this.emit('disconnect', { error, delay, destination: this });
    return error;
  }

  /** The server says no. */
  refuse(code = 'ERR_CLOUDPUSH_AUTH_FAILED'): void {
    this.end({ clean: false, error: fakeError(code, 'auth') });
  }

  moveTo(target: PushTarget): void {
    this.moves.push(target);
  }

  abort(): void {
    this.end({ clean: false, error: fakeError('ERR_CLOUDPUSH_ABORTED', 'fatal') });
  }

  async close(): Promise<CloseReport> {
    const report = { clean: true, error: undefined };
    this.end(report);
    return report;
  }

  get queuedBytes(): number {
    return 0;
  }

  stats(): DestinationStats {
    return {
      ...this.counts,
      state: this.state,
      queuedBytes: 0,
      queuedMs: this.queuedMs,
      bitRate: 0,
      unacknowledgedBytes: undefined,
      acknowledgementLag: undefined,
      timings: undefined,
      spool: this.spool,
    };
  }

  end(report: CloseReport): void {
    if (this.state === 'closed') return;
    this.state = 'closed';
    this.emit('close', report);
    this.channel.onDestinationClosed(report);
  }
}

const NO_SOURCE: SourceStats = {
  state: 'connecting',
  since: 0,
  bytesReceived: 0,
  videoFrames: 0,
  audioFrames: 0,
  framesRefused: 0,
  rtpPackets: 0,
  rtpLost: 0,
  rtpReordered: 0,
  rtpDuplicates: 0,
  damagedPictures: 0,
  reconnects: 0,
  jitter: 0,
  attempt: 1,
  nextRetryAt: undefined,
  lastError: undefined,
  fallback: false,
};

/** A channel whose source and destinations do what the test says. */
export class FakeChannel extends EventEmitter {
  readonly options: ChannelOptions;
  readonly all: FakeDestination[] = [];
  readonly sources: SourceOptions[];
  readonly metadata: StreamMetadata[] = [];
  source: SourceStats = NO_SOURCE;
  isClosed = false;
  /** That it was told to close with. */
  closeOptions: ChannelCloseOptions | undefined;
  /** An end before a key frame waits for it: it does not come. */
  isWithoutKeyFrame = false;
  /** The one that it ends before. */
  keyFrame: string | undefined;
  /** The one that it was told to begin with, before it had a destination. */
  begunWith: string | undefined;
  #isClosing = false;
  #isFull = false;
  readonly #waiting: (() => void)[] = [];

  /** Resolves {@link standingBy}. */
  standBy: () => void = () => {};

  constructor(options: ChannelOptions | StandbyOptions) {
    super();
    this.options = options as ChannelOptions;
    this.sources = [options.source!];
    if ('url' in options || 'target' in options) this.all.push(new FakeDestination(this.options, this));
  }

  get destinations(): readonly MediaDestination[] {
    return this.open as unknown as MediaDestination[];
  }

  get open(): FakeDestination[] {
    return this.all.filter(({ state }) => state !== 'closed');
  }

  addDestination(options: DestinationOptions): MediaDestination {
    const destination = new FakeDestination(options, this);
    this.all.push(destination);
    return destination as unknown as MediaDestination;
  }

  setSource(source: SourceOptions): void {
    this.sources.push(source);
  }

  /** Makes room, or takes it away: metadata that is written meanwhile waits. */
  set isFull(isFull: boolean) {
    this.#isFull = isFull;
    if (!isFull) for (const take of this.#waiting.splice(0)) take();
  }

  sendMetadata(metadata: StreamMetadata): boolean {
    if (!this.#isFull) this.metadata.push(metadata);
    return !this.#isFull;
  }

  writeMetadata(metadata: StreamMetadata): Promise<void> {
    if (this.sendMetadata(metadata)) return Promise.resolve();
    return new Promise((resolve) => {
      this.#waiting.push(() => {
        this.metadata.push(metadata);
        resolve();
      });
    });
  }

  sourceStats(): SourceStats {
    return this.source;
  }

  stats(): ChannelStats {
    return {
      ...TOTALS,
      paused: false,
      pauses: 0,
      pausedMs: 0,
      source: this.source,
    } as unknown as ChannelStats;
  }

  standingBy(): Promise<void> {
    return new Promise((resolve) => {
      this.standBy = resolve;
    });
  }

  beginWith(keyFrame: string): void {
    if (this.all.length === 0) this.begunWith = keyFrame;
  }

  async close(options?: ChannelCloseOptions): Promise<CloseReport> {
    this.closeOptions = options;
    if (this.isWithoutKeyFrame && options?.untilKeyFrame !== undefined) {
      const [report] = (await once(this, 'close')) as [CloseReport];
      return report;
    }
    const keyFrame = options?.untilKeyFrame === undefined ? undefined : this.keyFrame;
    const report = { clean: true, error: undefined, keyFrame };
    this.#isClosing = true;
    for (const one of this.open) one.end({ ...report, error: one.endsWith });
    this.#end(report);
    return report;
  }

  /** The source is there. */
  stream(): void {
    this.source = { ...this.source, state: 'streaming' };
    this.emit('sourceConnected', { tracks: { video: { codec: 'h264' } } });
  }

  lose(code = 'ERR_CLOUDPUSH_TIMEOUT'): void {
    this.source = { ...this.source, state: 'retrying', attempt: 2, lastError: fakeError(code) };
    this.emit('sourceLost', { error: fakeError(code), delay: 1000, attempts: 1 });
  }

  stall(): void {
    this.source = { ...this.source, state: 'stalled' };
    this.emit('sourceStalled', { kind: 'all', ms: 5000 });
  }

  onDestinationClosed(report: CloseReport): void {
    if (this.open.length === 0 && !this.#isClosing) this.#end(report);
  }

  #end(report: CloseReport): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.emit('close', report);
  }
}

/** An engine without threads, sockets and media. */
export class FakeEngine implements MediaEngine {
  readonly opened: FakeChannel[] = [];
  /** Thrown when a channel is opened. */
  failure: CloudPushError | undefined;

  openChannel(options: ChannelOptions): MediaChannel {
    if (this.failure !== undefined) throw this.failure;
    const channel = new FakeChannel(options);
    this.opened.push(channel);
    return channel as unknown as MediaChannel;
  }

  openStandby(options: StandbyOptions): MediaChannel {
    const channel = new FakeChannel(options);
    this.opened.push(channel);
    return channel as unknown as MediaChannel;
  }

  /** The latest channel of the label. */
  channel(label: string): FakeChannel {
    const found = this.opened.findLast(({ options }) => options.label === label);
    if (found === undefined) throw new Error(`no channel ${label} has been opened`);
    return found;
  }

  stats(): EngineStats {
    throw new Error('the fake engine counts nothing');
  }
}
