import type { AudioCodec, VideoCodec } from '@cloudpush/muxer';
import type { MonotonicClock } from '../../base/clock.js';
import { CloudPushError } from '../../base/errors.js';
import { type SourceConfig, sendsOwnAudio, transcodingOf } from '../../options/source-config.js';
import { Feed, type PacketSink } from '../../sources/pacing/feed.js';
import type { Pacer } from '../../sources/pacing/pacer.js';
import type { PacketReader } from '../../sources/reader.js';
import { AudioTranscoder } from './audio-transcoder.js';
import type { OutputTimes, ReaderOutput } from './reader-output.js';
import { sentTracks } from './sent-tracks.js';
import type { SessionHandler, SourceSession } from './source-session.js';

/** Media that is read packet by packet, once it is open. */
export interface OpenedReader {
  readonly reader: PacketReader;
  readonly video: VideoCodec | undefined;
  readonly audio: AudioCodec | undefined;
  /** ms between two pictures: sources that are alike start spread over it. */
  readonly frameInterval: number;
  /** ms of media that go out in a ms, at most. Default 1. */
  readonly speed?: number;
  /** Notes to an operator about the media read so far, one sentence each: they become more. */
  readonly notices?: readonly string[] | undefined;
}

/** Opener of a reader. */
export interface ReaderOpener {
  readonly isLive: boolean;
  /** @param signal the session is closed */
  open(signal: AbortSignal): Promise<OpenedReader>;
  /** Lets go of what the reader stands on. */
  close?(): void;
  /** Error with which the reader's program has ended; undefined: none. */
  verdict?(): Promise<CloudPushError | undefined>;
  /** An error of the reader. */
  errorOf?(error: unknown): CloudPushError;
}

/** Receivers of a session's packets and of its events. */
export interface ReaderRequest {
  readonly audio: SourceConfig['audio'];
  readonly output: ReaderOutput;
  readonly handler: SessionHandler;
  /** Something that an operator should know, without secrets. */
  readonly warn: (message: string) => void;
}

/** The shard of a reader, as far as it needs it. */
export interface ReaderServices {
  readonly clock: MonotonicClock;
  readonly pacer: Pacer;
  /** The longest that sound waits for a picture to leave with, in ms. */
  readonly audioDelay: number;
  /** Has what was handed over outside of a turn flushed before long. */
  flushSoon(): void;
}

/** A session whose packets are read when they are due: of a file, a command, a module. */
export class ReaderSession implements SourceSession, PacketSink {
  readonly #opener: ReaderOpener;
  readonly #clock: MonotonicClock;
  readonly #pacer: Pacer;
  readonly #output: ReaderOutput;
  readonly #handler: SessionHandler;
  readonly #audio: SourceConfig['audio'];
  readonly #warn: (message: string) => void;
  readonly #audioDelay: number;
  readonly #flushSoon: () => void;
  readonly #closing = new AbortController();
  #feed: Feed | undefined;
  /** Notices of what is being read, which become more. */
  #notices: readonly string[] = [];
  /** So many of them have been told. */
  #told = 0;
  #transcoder: AudioTranscoder | undefined;
  #wake: (() => void) | undefined;

  constructor(
    opener: ReaderOpener,
    services: ReaderServices,
    { output, handler, audio, warn }: ReaderRequest,
  ) {
    this.#opener = opener;
    this.#clock = services.clock;
    this.#pacer = services.pacer;
    this.#audioDelay = services.audioDelay;
    this.#flushSoon = services.flushSoon;
    this.#output = output;
    this.#handler = handler;
    this.#audio = audio;
    this.#warn = warn;
  }

  get state(): 'publishing' | 'closed' {
    return this.#closing.signal.aborted ? 'closed' : 'publishing';
  }

  get isLive(): boolean {
    return this.#opener.isLive;
  }

  /** A packet that is refused is sent later: who waits for room is not silent. */
  get waitsForRoom(): boolean {
    return this.#wake !== undefined;
  }

  start(): void {
    void this.#run();
  }

  readonly nextTick = Number.POSITIVE_INFINITY;

  tick(): void {}

  updateCounters(): void {}

  sendVideo(data: Uint8Array, times: OutputTimes): boolean {
    if (this.#notices.length > this.#told) this.#tellNotices();
    return this.#output.sendVideo(data, times);
  }

  sendAudio(data: Uint8Array, times: OutputTimes): boolean {
    if (this.#notices.length > this.#told) this.#tellNotices();
    if (this.#transcoder !== undefined) return this.#transcoder.write(data, times.pts);
    return sendsOwnAudio(this.#audio) ? this.#output.sendAudio(data, times) : true;
  }

  writable(): Promise<void> {
    const isFull = this.#output.isFull || this.#transcoder?.isFull === true;
    if (!isFull || this.state === 'closed') return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  onRoom(): void {
    this.#transcoder?.onRoom();
    this.#goOn();
  }

  #goOn(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  close(): void {
    if (this.state === 'closed') return;
    this.#closing.abort();
    this.#feed?.stop();
    this.#opener.close?.();
    this.#transcoder?.close();
    this.#goOn();
  }

  async #run(): Promise<void> {
    try {
      const opened = await this.#opener.open(this.#closing.signal);
      if (this.state === 'closed') await opened.reader.close();
      else await this.#play(opened);
    } catch (error) {
      await this.#end(error);
    }
  }

  /** @param error what has gone wrong; undefined: nothing that is known yet */
  async #end(error: unknown): Promise<void> {
    if (this.#closing.signal.aborted) return;
    // Of a command that fails, the reader sees only that nothing more comes.
    const verdict = await this.#opener.verdict?.();
    if (this.#closing.signal.aborted) return;
    const told =
      error === undefined ? undefined : (this.#opener.errorOf?.(error) ?? CloudPushError.wrap(error));
    this.#handler.onEnded(verdict ?? told);
  }

  async #play({ reader, video, audio, frameInterval, speed, notices = [] }: OpenedReader): Promise<void> {
    this.#notices = notices;
    const tracks = sentTracks(this.#audio, video, audio);
    this.#output.begin(tracks.output.video, tracks.output.audio);
    this.#transcoder = this.#newTranscoder(audio);
    const feed = new Feed({ reader, sink: this, speed, audioDelay: this.#audioDelay });
    this.#feed = feed;
    this.#handler.onConnected(tracks.source);
    this.#tellNotices();
    this.#pacer.start(feed, frameInterval);
    const end = await feed.ended;
    await this.#transcoder?.end();
    if (this.state !== 'closed') this.#tellNotices();
    await this.#end(end === 'failed' ? feed.error : undefined);
  }

  #tellNotices(): void {
    for (; this.#told < this.#notices.length; this.#told++) this.#warn(this.#notices[this.#told]!);
  }

  #newTranscoder(codec: AudioCodec | undefined): AudioTranscoder | undefined {
    const transcoding = transcodingOf(this.#audio, codec);
    if (transcoding === undefined || codec === undefined) return undefined;
    return new AudioTranscoder(
      transcoding,
      { codec },
      {
        output: this.#output,
        warn: this.#warn,
        onRoom: () => this.#goOn(),
        flushSoon: this.#flushSoon,
        clock: this.#clock,
      },
    );
  }
}
