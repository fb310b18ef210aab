import type { SourcePacket } from '../packet.js';
import type { PacketReader } from '../reader.js';

/** Lead, in ms, that one track may have over the other before it is let go without it. */
const WINDOW = 1000;

/**
 * Puts the two tracks of a reader into order of decoding time. Recordings are written nearly in order, and
 * the seams of a loop move audio by a few ms: a short look ahead is enough.
 */
export class InterleaveReader implements PacketReader {
  readonly #inner: PacketReader;
  readonly #video: SourcePacket[] = [];
  readonly #audio: SourcePacket[] = [];
  /** Reason why reading cannot go on: told when what was read before has been taken. */
  #failure: unknown;
  #hasFailed = false;

  constructor(inner: PacketReader) {
    this.#inner = inner;
  }

  get ended(): boolean {
    return !this.#hasFailed && this.#inner.ended && this.#isEmpty();
  }

  async more(): Promise<void> {
    if (this.#hasFailed) throw this.#failure;
    try {
      await this.#inner.more();
    } catch (error) {
      if (this.#isEmpty()) throw error;
      this.#hasFailed = true;
      this.#failure = error;
    }
  }

  close(): Promise<void> {
    return this.#inner.close();
  }

  next(): SourcePacket | undefined {
    while (!this.#hasFailed && !this.#isDecided()) {
      const packet = this.#inner.next();
      if (packet !== undefined) {
        const queue = packet.kind === 'video' ? this.#video : this.#audio;
        queue.push({ ...packet });
      } else if (!this.#inner.ended) {
        return undefined;
      } else {
        break;
      }
    }
    return this.#takeEarlier();
  }

  #isEmpty(): boolean {
    return this.#video.length === 0 && this.#audio.length === 0;
  }

  /** True when nothing that is still to be read can come before what is at hand. */
  #isDecided(): boolean {
    const video = this.#video;
    const audio = this.#audio;
    return (video.length > 0 && audio.length > 0) || span(video) > WINDOW || span(audio) > WINDOW;
  }

  #takeEarlier(): SourcePacket | undefined {
    const video = this.#video[0];
    const audio = this.#audio[0];
    if (video !== undefined && (audio === undefined || video.dts <= audio.dts)) return this.#video.shift();
    return this.#audio.shift();
  }
}

function span(queue: readonly SourcePacket[]): number {
  return queue.length < 2 ? 0 : queue[queue.length - 1]!.dts - queue[0]!.dts;
}
