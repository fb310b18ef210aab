import { isDeepStrictEqual } from 'node:util';
import type { SourceTracks } from '@cloudpush/engine';
import type { ChannelPlan } from '../config/configuration.js';
import type { MediaChannel, MediaEngine } from './media-engine.js';
import type { StartQueue } from './start-queue.js';

/** A channel of the engine whose source is read already, and that has no destination yet. */
export interface StandbyChannel {
  readonly channel: MediaChannel;
  /** Undefined: it has not been connected yet. */
  readonly tracks: SourceTracks | undefined;
  /** The one that it begins with, as another gateway has ended before it; undefined: that is not known. */
  readonly keyFrame: string | undefined;
}

interface Standby {
  readonly plan: ChannelPlan;
  channel: MediaChannel | undefined;
  tracks: SourceTracks | undefined;
  keyFrame: string | undefined;
  /** Gives up its turn. */
  leave: () => void;
  readonly ready: () => void;
}

/** Channels that this gateway is about to run, and another one runs still: their sources are made ready. */
export class StandbyChannels {
  readonly #engine: Pick<MediaEngine, 'openStandby'>;
  readonly #startQueue: StartQueue;
  readonly #all = new Map<string, Standby>();

  constructor(engine: Pick<MediaEngine, 'openStandby'>, startQueue: StartQueue) {
    this.#engine = engine;
    this.#startQueue = startQueue;
  }

  /** Resolves when the channel could begin with a key frame, or has no source that could be made ready. */
  async prepare(plan: ChannelPlan): Promise<void> {
    // Events begin with what triggers them, at either node.
    if (!plan.enabled || plan.event !== undefined) return;
    this.drop([plan.name]);
    await new Promise<void>((ready) => {
      const begin = { channel: undefined, tracks: undefined, keyFrame: undefined };
      const standby: Standby = { plan, ...begin, leave: () => {}, ready };
      this.#all.set(plan.name, standby);
      standby.leave = this.#startQueue.enter((started) => this.#open(standby, started));
    });
  }

  /** Takes the key frames that channels begin with, by name. */
  beginWith(keyFrames: Readonly<Record<string, string>>): void {
    for (const [name, keyFrame] of Object.entries(keyFrames)) {
      const standby = this.#all.get(name);
      if (standby !== undefined) standby.keyFrame = keyFrame;
    }
  }

  /**
   * The channel that was made ready for a plan, if there is one, and it is to run, with the same source
   * still; another is ended.
   */
  take(plan: ChannelPlan): StandbyChannel | undefined {
    const standby = this.#all.get(plan.name);
    if (!plan.enabled || standby?.channel === undefined || !isSameStream(standby.plan, plan)) {
      this.drop([plan.name]);
      return undefined;
    }
    this.#all.delete(plan.name);
    const { channel, tracks } = standby;
    // A file or a command delivers another stream at each gateway.
    const keyFrame = plan.source.options.rtsp === undefined ? undefined : standby.keyFrame;
    return { channel, tracks, keyFrame };
  }

  /** Ends what was made ready in vain. */
  drop(names: Iterable<string> = [...this.#all.keys()]): void {
    for (const name of names) {
      const standby = this.#all.get(name);
      this.#all.delete(name);
      standby?.leave();
      standby?.ready();
      void standby?.channel?.close();
    }
  }

  #open(standby: Standby, started: () => void): void {
    const { name, source, stream } = standby.plan;
    const { ready } = standby;
    // One that is not to be had is no reason to wait, and whoever runs it says why.
    const end = (): void => {
      started();
      ready();
    };
    try {
      const channel = this.#engine.openStandby({ ...stream, label: name, source: source.options });
      standby.channel = channel;
      channel.on('sourceConnected', ({ tracks }) => {
        standby.tracks = tracks;
        started();
      });
      channel.on('sourceLost', end);
      channel.on('close', () => {
        end();
        if (this.#all.get(name) === standby) this.#all.delete(name);
      });
      channel.standingBy().then(end, end);
    } catch {
      end();
    }
  }
}

function isSameStream(a: ChannelPlan, b: ChannelPlan): boolean {
  return isDeepStrictEqual(a.stream, b.stream) && isDeepStrictEqual(a.source.options, b.source.options);
}
