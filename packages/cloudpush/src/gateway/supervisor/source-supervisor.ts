import type { CloudPushError, SourceStats } from '@cloudpush/engine';
import type { GatewayClock } from '../clock.js';
import type { SourcePlan } from '../config/configuration.js';
import type { ErrorState, SourceCounters, SourceState, SourceStatus } from '../state.js';
import type { MediaChannel } from './media-engine.js';

const NAMES = [
  'bytesReceived',
  'videoFrames',
  'audioFrames',
  'rtpPackets',
  'rtpLost',
  'rtpReordered',
  'rtpDuplicates',
  'damagedPictures',
  'framesRefused',
  'reconnects',
] as const satisfies readonly (keyof SourceCounters)[];

/** More are told by events alone. */
const MAX_WARNINGS = 8;

const NOTHING = Object.fromEntries(NAMES.map((name) => [name, 0])) as unknown as SourceCounters;

/**
 * A channel's source through all the engine's channels that it has had: how it stands, and what was counted.
 */
export class SourceSupervisor {
  readonly #clock: GatewayClock;
  #channel: MediaChannel | undefined;
  #status: SourceStatus = 'idle';
  #since: number;
  #lastError: ErrorState | undefined;
  #tracks: SourceState['tracks'];
  #warnings: readonly string[] = [];
  #carried: SourceCounters = NOTHING;
  #frames = 0;
  #lastFrameAt: number | undefined;

  constructor(clock: GatewayClock) {
    this.#clock = clock;
    this.#since = clock.now();
  }

  get hasFailed(): boolean {
    return this.#lastError !== undefined;
  }

  get status(): SourceStatus {
    return this.#status;
  }

  /** The engine reads it. */
  attach(channel: MediaChannel): void {
    this.#channel = channel;
    this.update();
  }

  /** The engine reads it no more. */
  detach(): void {
    const stats = this.#channel?.sourceStats();
    if (stats !== undefined) this.#carried = add(this.#carried, stats);
    this.#channel = undefined;
    this.#warnings = [];
    this.#frames = 0;
    this.#enter('idle');
  }

  onConnected(tracks: object): void {
    this.#tracks = { ...tracks };
    this.update();
  }

  onWarning(message: string): void {
    if (this.#warnings.length < MAX_WARNINGS && !this.#warnings.includes(message))
      this.#warnings = [...this.#warnings, message];
  }

  onLost(error: CloudPushError): void {
    this.#warnings = [];
    this.#lastError = { code: error.code, message: error.message, at: this.#clock.now() };
    this.update();
  }

  /** Looks how it stands. @returns whether that has changed */
  update(): boolean {
    const stats = this.#channel?.sourceStats();
    if (stats === undefined) return false;
    const frames = stats.videoFrames + stats.audioFrames;
    if (frames !== this.#frames) this.#lastFrameAt = this.#clock.now();
    this.#frames = frames;
    return this.#enter(stats.state);
  }

  state({ kind, place }: SourcePlan): SourceState {
    const stats = this.#channel?.sourceStats();
    return {
      kind,
      place,
      state: this.#status,
      since: this.#since,
      lastError: this.#lastError,
      attempt: stats === undefined ? 0 : stats.attempt - 1,
      nextRetryAt: stats?.nextRetryAt,
      counters: stats === undefined ? this.#carried : add(this.#carried, stats),
      jitter: kind === 'rtsp' ? stats?.jitter : undefined,
      tracks: this.#tracks,
      fallback: stats?.fallback === true ? true : undefined,
      warnings: this.#warnings.length === 0 ? undefined : this.#warnings,
      lastFrameAt: this.#lastFrameAt,
    };
  }

  #enter(status: SourceStatus): boolean {
    if (status === this.#status) return false;
    this.#status = status;
    this.#since = this.#clock.now();
    return true;
  }
}

function add(a: SourceCounters, b: SourceCounters | SourceStats): SourceCounters {
  return Object.fromEntries(NAMES.map((name) => [name, a[name] + b[name]])) as unknown as SourceCounters;
}
