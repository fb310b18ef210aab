import { setMaxListeners } from 'node:events';
import { type PlayerOptions, RtmpError, RtmpPlayer } from '@cloudpush/transport';
import { CauseCounter } from '../causes.js';
import { readStamp } from './stamp.js';

/** ms until a stream that could not be played is asked for again. */
const RETRY_DELAY = 500;
/** The message type of video (RTMP 1.0 §7.1.5). */
const VIDEO = 9;

/** Server that a stream is played from, and the options of reaching it. */
export type PlaybackTarget = Omit<PlayerOptions, 'signal'>;

/** Measurements of all players. */
export interface PlaybackFigures {
  /** Channels that were to be played. */
  readonly players: number;
  /** Those of which pictures have come. */
  readonly playing: number;
  /** ms from the time at which a picture was due to its arrival, of every picture. */
  readonly latencies: readonly number[];
  /** ms from the beginning of a player to its first picture. */
  readonly firstPictures: readonly number[];
  /** Reasons why streams could not be played, or ended. */
  readonly failures: CauseCounter;
}

/** Plays back what is published, and measures how long the stamped pictures were under way. */
export class Playback implements PlaybackFigures {
  readonly latencies: number[] = [];
  readonly firstPictures: number[] = [];
  readonly failures = new CauseCounter();
  readonly #now: () => number;
  readonly #closing = new AbortController();
  #players = 0;

  /** @param now the clock of the stamps, in ms */
  constructor(now: () => number) {
    this.#now = now;
    // All players listen to it.
    setMaxListeners(0, this.#closing.signal);
  }

  get players(): number {
    return this.#players;
  }

  get playing(): number {
    return this.firstPictures.length;
  }

  /**
   * Plays a stream for as long as it is published; a server that does not have it yet is asked again.
   * @param isOver the stream is published no more: that it ends is no failure
   */
  add(target: PlaybackTarget, isOver: () => boolean): void {
    this.#players++;
    void this.#play(target, isOver);
  }

  /** Ends all players; what they have measured stays. */
  close(): void {
    this.#closing.abort();
  }

  async #play(target: PlaybackTarget, isOver: () => boolean): Promise<void> {
    const { signal } = this.#closing;
    const begun = this.#now();
    let hasPicture = false;
    const onPicture = (payload: Uint8Array): void => {
      const stamp = readStamp(payload);
      if (stamp === undefined) return;
      const now = this.#now();
      if (!hasPicture) this.firstPictures.push(now - begun);
      hasPicture = true;
      this.latencies.push(now - stamp);
    };
    while (!signal.aborted) {
      const error = await playOnce(target, signal, onPicture);
      if (signal.aborted || isOver()) return;
      this.failures.add(error);
      await delay(RETRY_DELAY, signal);
    }
  }
}

/** Plays until the connection ends. Returns why. */
async function playOnce(
  target: PlaybackTarget,
  signal: AbortSignal,
  onPicture: (payload: Uint8Array) => void,
): Promise<RtmpError | undefined> {
  try {
    return await new Promise<RtmpError | undefined>((resolve, reject) => {
      const onMedia = (type: number, _timestamp: number, payload: Uint8Array): void => {
        if (type === VIDEO) onPicture(payload);
      };
      RtmpPlayer.connect({ ...target, signal }, { onMedia, onClose: resolve }).catch(reject);
    });
  } catch (error) {
    if (error instanceof RtmpError) return error;
    throw error;
  }
}

function delay(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(end, ms);
    signal.addEventListener('abort', end, { once: true });
    function end(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      resolve();
    }
  });
}
