import type { ConnectionOptions } from '@cloudpush/engine';
import type { ChannelRun } from '../../push/channel-run.js';
import { Playback, type PlaybackFigures } from './playback.js';

/** Plays the stream of each channel once its media goes out. */
export class ChannelPlayback {
  readonly #playback: Playback;
  readonly #urls: readonly string[];
  readonly #connection: ConnectionOptions;

  /**
   * @param urls where each channel's stream is played from, in the order of their numbers
   * @param connection how servers are reached
   * @param now the clock of the stamps, in ms
   */
  constructor(urls: readonly string[], connection: ConnectionOptions, now: () => number) {
    this.#urls = urls;
    this.#connection = connection;
    this.#playback = new Playback(now);
  }

  get figures(): PlaybackFigures {
    return this.#playback;
  }

  add(channel: ChannelRun): void {
    const { tls, proxy, localAddress, handshake, token, tokenPlacement } = this.#connection;
    const url = this.#urls[channel.number - 1]!;
    const target = { url, tls, proxy, localAddress, handshake, token, tokenPlacement };
    this.#playback.add(target, () => channel.feed?.ending !== undefined || channel.outcome !== undefined);
  }

  close(): void {
    this.#playback.close();
  }
}
