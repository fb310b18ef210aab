import { Command } from '../../memory/ring.js';
import { AUDIO_CODECS, VIDEO_CODECS } from '../../options/codecs.js';
import type { TrackConfigurations } from '../../options/stream-config.js';

/** The decoder configurations that a channel was opened with, for packets that do not bring theirs along. */
export class GivenConfigurations {
  readonly #video: Uint8Array | undefined;
  readonly #audio: Uint8Array | undefined;
  readonly #videoCodec: number;
  readonly #audioCodec: number;

  constructor({ video, audio }: TrackConfigurations) {
    this.#video = video?.bytes;
    this.#audio = audio?.bytes;
    this.#videoCodec = video === undefined ? -1 : VIDEO_CODECS.indexOf(video.codec);
    this.#audioCodec = audio === undefined ? -1 : AUDIO_CODECS.indexOf(audio.codec);
  }

  /**
   * The configuration of a packet: always the same array, so that the muxer knows it without a look at its
   * bytes. Packets of another codec than the channel's bring theirs along.
   */
  of(command: Command, codec: number): Uint8Array | undefined {
    if (command === Command.video) return codec === this.#videoCodec ? this.#video : undefined;
    return command === Command.audio && codec === this.#audioCodec ? this.#audio : undefined;
  }
}
