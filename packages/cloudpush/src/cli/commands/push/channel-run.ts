import type { Channel, ChannelSettings, ChannelStats, CloseReport, PushEngine } from '@cloudpush/engine';
import { CloudPushError } from '@cloudpush/engine';
import type { Pacer } from '@cloudpush/engine/sources';
import { Feed, type FeedEnd, play, sourceErrorCodes } from '@cloudpush/engine/sources';
import { withoutCredentials } from '../../credentials.js';
import type { ChannelPlace } from './channel-place.js';
import { type DestinationOutcome, DestinationRun } from './destination-run.js';
import { limitOf, type PushPlan } from './push-plan.js';
import type { Retry } from './retry-notes.js';

/** Sound waits so long for a picture, in ms: with fewer, a thread would wake up for it alone. */
const AUDIO_DELAY = 40;

/** A connection that is made so soon after the end of the input, in ms, is worth no word. */
const SHORT_WAIT = 500;

/** Outcome of one channel. */
export interface ChannelOutcome {
  /** From 1. */
  readonly number: number;
  /** Without secrets. */
  readonly url: string;
  readonly connected: boolean;
  /** True when every frame that was to be sent was taken, and accepted by the kernel before a clean end. */
  readonly complete: boolean;
  /** True when the stream was ended in an orderly way, whatever was dropped before. */
  readonly clean: boolean;
  readonly ending: FeedEnd | undefined;
  /** Frames that the engine took from the source. */
  readonly videoFrames: number;
  readonly audioFrames: number;
  /** Bytes of media in them. */
  readonly mediaBytes: number;
  /** Number of times that the source had to wait for room. */
  readonly refusals: number;
  /** ms that the latest frame was late. */
  readonly maxLag: number;
  readonly stats: ChannelStats;
  /**
   * The failure of the source, or of a packet; without one, of the first destination that is not complete.
   */
  readonly error: CloudPushError | undefined;
  /** A packet that was repaired, or refused, though everything that was taken got out. */
  readonly warning: CloudPushError | undefined;
  /** Reasons on this machine, not the server's, why packets were not sent: the first error of each code. */
  readonly localProblems: readonly CloudPushError[];
  /** The main one, then those of `--also`. */
  readonly destinations: readonly DestinationOutcome[];
}

/** Events that a run of channels hears of at once. */
export interface ChannelRunEvents {
  onConnected(): void;
  onRetry(retry: Retry): void;
  /** The input has ended, and what is queued waits for a server that is not connected. */
  onWaiting(url: string): void;
  /** Connected: media is fed to it from now on. */
  onFeeding(channel: ChannelRun): void;
}

/** One channel of a run: connects, is fed, and closes. */
export class ChannelRun {
  readonly number: number;
  /** ms of `performance.now()`. */
  readonly startedAt = performance.now();
  readonly #plan: PushPlan;
  readonly #place: ChannelPlace;
  readonly #channel: Channel;
  readonly #destinations: readonly DestinationRun[];
  readonly #events: ChannelRunEvents;
  #feed: Feed | undefined;
  #stopped = false;
  #connected = false;
  /** By code. */
  readonly #problems = new Map<string, CloudPushError>();
  #complete = false;
  #outcome: ChannelOutcome | undefined;

  constructor(engine: PushEngine, plan: PushPlan, index: number, events: ChannelRunEvents) {
    const { onConnected, onRetry } = events;
    this.#events = events;
    const { source, hevc, encryption, overflow, reconnect, connectTimeout, closeTimeout, connection } = plan;
    const delivery = { overflow, reconnect, connectTimeout, closeTimeout, connection };
    this.number = index + 1;
    this.#plan = plan;
    this.#place = plan.places[index]!;
    const { shown, url, target, also } = this.#place;
    const where = url === undefined ? { target: target! } : { url };
    const { video = 'none', audio = 'none', videoConfig, audioConfig } = source;
    const media: ChannelSettings = { video, audio, videoConfig, audioConfig, hevc, encryption };
    this.#channel = engine.openChannel({ ...where, ...delivery, ...media });
    const [main] = this.#channel.destinations;
    const others = also.map((other) => this.#channel.addDestination({ url: other.url, ...delivery }));
    const shownUrls = [shown, ...also.map((other) => other.shown)];
    this.#destinations = [main!, ...others].map(
      (destination, i) => new DestinationRun(destination, shownUrls[i]!, this.#withoutSecrets, onRetry),
    );
    this.#channel.once('connect', onConnected);
    this.#channel.on('problem', ({ error }) => {
      if (!this.#problems.has(error.code)) this.#problems.set(error.code, error);
    });
    this.#channel.on('close', () => this.#feed?.stop());
  }

  get feed(): Feed | undefined {
    return this.#feed;
  }

  /** Connected, or through with everything: what people expect to stay at the number of channels. */
  get isWell(): boolean {
    const { state } = this.#channel;
    return this.#complete || (this.#connected && (state === 'publishing' || state === 'closing'));
  }

  /** Ended, and not complete. */
  get hasFailed(): boolean {
    return this.#outcome !== undefined && !this.#complete;
  }

  /** The stream has been published, for a while at least. */
  get wasConnected(): boolean {
    return this.#connected;
  }

  /** Outcome; undefined before its end. */
  get outcome(): ChannelOutcome | undefined {
    return this.#outcome;
  }

  get stats(): ChannelStats {
    return this.#channel.stats();
  }

  /**
   * Bytes that the kernel has accepted and the server has not acknowledged, at the destination with the most;
   * undefined before the first acknowledgement.
   */
  get unacknowledgedBytes(): number | undefined {
    const all = this.#destinations.map(({ stats }) => stats.unacknowledgedBytes);
    const known = all.filter((bytes) => bytes !== undefined);
    return known.length === 0 ? undefined : Math.max(...known);
  }

  /** Runs the channel to its end, good or bad. */
  async run(pacer: Pacer): Promise<ChannelOutcome> {
    try {
      await this.#channel.connected();
      this.#connected = true;
    } catch (error) {
      await this.#channel.close();
      return this.#end(undefined, { clean: false, error: CloudPushError.wrap(error) });
    }
    const { source, passes } = this.#plan;
    if (!this.#stopped) {
      const limit = limitOf(this.#plan, this.number - 1);
      this.#feed = new Feed({
        reader: play(source, passes),
        sink: this.#channel,
        limit,
        audioDelay: AUDIO_DELAY,
      });
      this.#events.onFeeding(this);
      pacer.start(this.#feed, source.frameInterval);
      await this.#feed.ended;
    }
    const waitTimer = setTimeout(() => this.#tellWaiting(), SHORT_WAIT);
    const report = await this.#channel.close();
    clearTimeout(waitTimer);
    const feedError = this.#feed?.error === undefined ? undefined : CloudPushError.wrap(this.#feed.error);
    return this.#end(feedError ?? this.#loss(), report);
  }

  #tellWaiting(): void {
    // One that has nothing queued ends at once.
    const waiting = this.#destinations.find(({ isWaiting, stats }) => isWaiting && stats.queuedBytes > 0);
    if (waiting !== undefined) this.#events.onWaiting(waiting.url);
  }

  /**
   * Ends the channel cleanly, between two frames. One that is not connected yet is given up; one of which that
   * is not known yet ends as any other.
   */
  stop(): void {
    this.#stopped = true;
    if (this.#connected) this.#feed?.stop();
    else void this.#channel.close();
  }

  readonly #withoutSecrets = (error: CloudPushError): CloudPushError => {
    const { url, also } = this.#place;
    const urls = also.map((other) => other.url);
    return withoutCredentials(error, url === undefined ? urls : [url, ...urls], this.#plan.secrets);
  };

  /** The source's files are damaged: what could be read has gone out, but it is not all. */
  #loss(): CloudPushError | undefined {
    const [loss] = this.#plan.source.losses?.() ?? [];
    return loss === undefined
      ? undefined
      : new CloudPushError(sourceErrorCodes.invalid, loss, { class: 'fatal' });
  }

  #end(failure: CloudPushError | undefined, report: CloseReport): ChannelOutcome {
    const feed = this.#feed;
    const stats = this.#channel.stats();
    const videoFrames = feed?.videoFrames ?? 0;
    const audioFrames = feed?.audioFrames ?? 0;
    const destinations = this.#destinations.map((run) => run.outcome({ videoFrames, audioFrames }));
    this.#complete =
      failure === undefined &&
      feed !== undefined &&
      stats.packetsInvalid + stats.packetsLost === 0 &&
      destinations.every(({ complete }) => complete);
    const problems = [...this.#problems.values()].map(this.#withoutSecrets);
    const [problem] = problems;
    const failed = destinations.find(({ complete }) => !complete);
    const cause = failure ?? failed?.error ?? problem ?? report.error;
    this.#outcome = {
      number: this.number,
      url: this.#place.shown,
      connected: this.#connected,
      complete: this.#complete,
      clean: report.clean,
      ending: feed?.ending,
      videoFrames,
      audioFrames,
      mediaBytes: feed?.bytes ?? 0,
      refusals: feed?.refusals ?? 0,
      maxLag: feed?.maxLag ?? 0,
      stats,
      error: this.#complete || cause === undefined ? undefined : this.#withoutSecrets(cause),
      warning: this.#complete ? problem : undefined,
      localProblems: problems,
      destinations,
    };
    return this.#outcome;
  }
}

/**
 * Frames that were taken and did not get out; one that a connection had been handed when it was lost counts
 * as sent, too.
 */
export function droppedFrames(stats: ChannelStats): number {
  const { packetsInvalid, packetsLost } = stats;
  const { droppedDisposable, droppedPictures, droppedAudio, droppedUndecodable } = stats;
  return (
    packetsInvalid + packetsLost + droppedDisposable + droppedPictures + droppedAudio + droppedUndecodable
  );
}
