import type { AudioCodec, VideoCodec } from '@cloudpush/muxer';
import { CloudPushError } from '../../base/errors.js';
import type { SourceAudio } from '../../options/source-config.js';
import { Feed, type PacketSink } from '../../sources/pacing/feed.js';
import type { Pacer } from '../../sources/pacing/pacer.js';
import type { PacketReader } from '../../sources/reader.js';
import type { SourceOutput } from './source-output.js';
import type { SessionHandler, SourceSession } from './source-session.js';

/** Media that is read packet by packet, once it is open. */
export interface OpenedReader {
  readonly reader: PacketReader;
  readonly video: VideoCodec | undefined;
  readonly audio: AudioCodec | undefined;
  /** ms between two pictures: sources that are alike start spread over it. */
  readonly frameInterval: number;
}

/** How a reader comes about. */
export interface ReaderOpener {
  readonly isLive: boolean;
  /** @param signal the session is closed */
  open(signal: AbortSignal): Promise<OpenedReader>;
  /** Lets go of what the reader stands on. */
  close?(): void;
}

/** A session whose packets are read when they are due: of a file, a command, a module. */
export class ReaderSession implements SourceSession, PacketSink {
  readonly isLive: boolean;
  readonly #opener: ReaderOpener;
  readonly #pacer: Pacer;
  readonly #output: SourceOutput;
  readonly #handler: SessionHandler;
  readonly #audio: SourceAudio;
  readonly #closing = new AbortController();
  #feed: Feed | undefined;
  #wake: (() => void) | undefined;

  constructor(
    opener: ReaderOpener,
    pacer: Pacer,
    output: SourceOutput,
    handler: SessionHandler,
    audio: SourceAudio,
  ) {
    this.isLive = opener.isLive;
    this.#opener = opener;
    this.#pacer = pacer;
    this.#output = output;
    this.#handler = handler;
    this.#audio = audio;
  }

  get state(): 'publishing' | 'closed' {
    return this.#closing.signal.aborted ? 'closed' : 'publishing';
  }

  start(): void {
    void this.#run();
  }

  tick(): void {}

  updateCounters(): void {}

  sendVideo(data: Uint8Array, times: { pts: number; dts?: number; keyFrame?: boolean }): boolean {
    return this.#output.sendVideo(data, times);
  }

  sendAudio(data: Uint8Array, times: { pts: number }): boolean {
    return this.#sendsAudio ? this.#output.sendAudio(data, times) : true;
  }

  writable(): Promise<void> {
    if (!this.#output.isFull || this.state === 'closed') return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  onRoom(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  close(): void {
    if (this.state === 'closed') return;
    this.#closing.abort();
    this.#feed?.stop();
    this.#opener.close?.();
    this.onRoom();
  }

  get #sendsAudio(): boolean {
    return this.#audio === 'auto' || this.#audio === 'copy';
  }

  async #run(): Promise<void> {
    try {
      const opened = await this.#opener.open(this.#closing.signal);
      if (this.state === 'closed') await opened.reader.close();
      else await this.#play(opened);
    } catch (error) {
      if (this.state !== 'closed') this.#handler.onEnded(CloudPushError.wrap(error));
    }
  }

  async #play({ reader, video, audio, frameInterval }: OpenedReader): Promise<void> {
    const sound = this.#sendsAudio ? audio : undefined;
    this.#output.begin(video, sound);
    const feed = new Feed({ reader, sink: this });
    this.#feed = feed;
    this.#handler.onConnected({
      video: video === undefined ? undefined : { codec: video },
      audio: sound === undefined ? undefined : { codec: sound },
    });
    this.#pacer.start(feed, frameInterval, Math.random() * frameInterval);
    const end = await feed.ended;
    if (this.state === 'closed') return;
    this.#handler.onEnded(end === 'failed' ? CloudPushError.wrap(feed.error) : undefined);
  }
}
