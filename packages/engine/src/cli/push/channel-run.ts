import type { Channel } from '../../channel.js';
import type { PushEngine } from '../../engine.js';
import { CloudPushError } from '../../errors.js';
import { Feed, type FeedEnd } from '../../sources/feed.js';
import type { Pacer } from '../../sources/pacer.js';
import { play } from '../../sources/play.js';
import type { ChannelStats } from '../../stats/stats.js';
import { withoutCredentials } from '../credentials.js';
import type { ChannelPlace } from './channel-place.js';
import type { PushPlan } from './push-plan.js';

/** How one channel did. */
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
  /** How often the source had to wait for room. */
  readonly refusals: number;
  /** ms that the latest frame was late. */
  readonly maxLag: number;
  readonly stats: ChannelStats;
  readonly error: CloudPushError | undefined;
}

/** One channel of a run: connects, is fed, and closes. */
export class ChannelRun {
  readonly number: number;
  readonly #plan: PushPlan;
  readonly #place: ChannelPlace;
  readonly #channel: Channel;
  #feed: Feed | undefined;
  #stopped = false;
  #connected = false;
  #problem: CloudPushError | undefined;
  #complete = false;
  #ended = false;

  constructor(engine: PushEngine, plan: PushPlan, index: number, onConnected: () => void) {
    const { source, hevc, overflow, reconnect, connectTimeout, closeTimeout } = plan;
    const delivery = { overflow, reconnect, connectTimeout, closeTimeout };
    this.number = index + 1;
    this.#plan = plan;
    this.#place = plan.places[index]!;
    const { url, target, also } = this.#place;
    this.#channel = engine.openChannel({
      url,
      target,
      ...delivery,
      video: source.video,
      audio: source.audio,
      hevc,
    });
    for (const other of also) this.#channel.addDestination({ url: other, ...delivery });
    this.#channel.once('connect', onConnected);
    this.#channel.on('problem', ({ error }) => {
      this.#problem ??= error;
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
    return this.#ended && !this.#complete;
  }

  get stats(): ChannelStats {
    return this.#channel.stats();
  }

  /** Runs the channel to its end, good or bad. */
  async run(pacer: Pacer, phase: number): Promise<ChannelOutcome> {
    try {
      await this.#channel.connected();
      this.#connected = true;
    } catch (error) {
      return this.#outcome(CloudPushError.wrap(error), false);
    }
    const { source, passes, limit } = this.#plan;
    if (!this.#stopped) {
      this.#feed = new Feed({ reader: play(source, passes), sink: this.#channel, limit });
      pacer.start(this.#feed, source.frameInterval, phase);
      await this.#feed.ended;
    }
    const report = await this.#channel.close();
    const feedError = this.#feed?.error === undefined ? undefined : CloudPushError.wrap(this.#feed.error);
    return this.#outcome(feedError ?? report.error ?? this.#problem, report.clean);
  }

  /** Ends the channel cleanly, between two frames. One that is not connected yet is given up. */
  stop(): void {
    this.#stopped = true;
    if (this.#connected) {
      this.#feed?.stop();
    } else {
      this.#channel.abort();
    }
  }

  #outcome(error: CloudPushError | undefined, clean: boolean): ChannelOutcome {
    const feed = this.#feed;
    const stats = this.#channel.stats();
    this.#ended = true;
    this.#complete =
      clean &&
      error === undefined &&
      feed !== undefined &&
      isAllAccepted(feed, stats, 1 + this.#place.also.length);
    return {
      number: this.number,
      url: this.#place.shown,
      connected: this.#connected,
      complete: this.#complete,
      clean,
      ending: feed?.ending,
      videoFrames: feed?.videoFrames ?? 0,
      audioFrames: feed?.audioFrames ?? 0,
      mediaBytes: feed?.bytes ?? 0,
      refusals: feed?.refusals ?? 0,
      maxLag: feed?.maxLag ?? 0,
      stats,
      error: error === undefined ? undefined : withoutCredentials(error, urlsOf(this.#place)),
    };
  }
}

function urlsOf({ url, also }: ChannelPlace): string[] {
  return url === undefined ? [...also] : [url, ...also];
}

/** Frames that were taken and did not get out; one that a connection had been handed when it was lost counts as sent, too. */
export function droppedFrames(stats: ChannelStats): number {
  const { packetsInvalid, packetsLost } = stats;
  const { droppedDisposable, droppedPictures, droppedAudio, droppedUndecodable } = stats;
  return (
    packetsInvalid + packetsLost + droppedDisposable + droppedPictures + droppedAudio + droppedUndecodable
  );
}

function isAllAccepted(feed: Feed, stats: ChannelStats, destinations: number): boolean {
  // An ADTS frame with several raw data blocks becomes several audio frames.
  return (
    droppedFrames(stats) === 0 &&
    stats.videoFrames === destinations * feed.videoFrames &&
    stats.audioFrames >= destinations * feed.audioFrames
  );
}
