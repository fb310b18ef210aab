import { MutablePacket, type SourcePacket } from '../packet.js';
import type { PacketReader } from '../reader.js';

/**
 * A video and an audio reader as one, in order of decoding time.
 *
 * Both start to be *presented* at the same time: with reordered pictures the first one is presented later
 * than it is decoded, and the audio waits for that long.
 */
export class MergeReader implements PacketReader {
  readonly #video: PacketReader;
  readonly #audio: PacketReader;
  readonly #audioOut = new MutablePacket();
  #videoHead: SourcePacket | undefined;
  #audioHead: SourcePacket | undefined;
  #audioDelay = Number.NaN;

  constructor(video: PacketReader, audio: PacketReader) {
    this.#video = video;
    this.#audio = audio;
  }

  get ended(): boolean {
    return (
      this.#videoHead === undefined && this.#audioHead === undefined && this.#video.ended && this.#audio.ended
    );
  }

  next(): SourcePacket | undefined {
    this.#videoHead ??= this.#video.next();
    if (this.#videoHead === undefined && !this.#video.ended) return undefined;
    if (Number.isNaN(this.#audioDelay)) {
      this.#audioDelay = this.#videoHead === undefined ? 0 : this.#videoHead.pts - this.#videoHead.dts;
    }
    this.#audioHead ??= this.#audio.next();
    if (this.#audioHead === undefined && !this.#audio.ended) return undefined;
    return this.#takeEarlier();
  }

  async more(): Promise<void> {
    if (this.#videoHead === undefined && !this.#video.ended) {
      await this.#video.more();
    } else if (this.#audioHead === undefined && !this.#audio.ended) {
      await this.#audio.more();
    }
  }

  async close(): Promise<void> {
    await Promise.all([this.#video.close(), this.#audio.close()]);
  }

  #takeEarlier(): SourcePacket | undefined {
    const video = this.#videoHead;
    const audio = this.#audioHead;
    if (video !== undefined && (audio === undefined || video.dts <= audio.dts + this.#audioDelay)) {
      this.#videoHead = undefined;
      return video;
    }
    this.#audioHead = undefined;
    return audio === undefined ? undefined : this.#audioOut.restamp(audio, this.#audioDelay);
  }
}
