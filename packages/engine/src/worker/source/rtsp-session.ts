import { randomFillSync } from 'node:crypto';
import type { MonotonicClock } from '../../base/clock.js';
import { CloudPushError } from '../../base/errors.js';
import { VERSION } from '../../base/version.js';
import { SourceCounter } from '../../memory/counters.js';
import {
  type AudioTranscoding,
  type SourceConfig,
  type SourceInput,
  transcodingOf,
} from '../../options/source-config.js';
import type { MediaSink } from '../../sources/rtsp/depacketize/media-sink.js';
import { rtspLimits } from '../../sources/rtsp/limits.js';
import type { TrackStatistics } from '../../sources/rtsp/rtp/track-statistics.js';
import { RtspClient } from '../../sources/rtsp/rtsp-client.js';
import type { TrackDescription } from '../../sources/rtsp/sdp/track-description.js';
import { AudioTranscoder, type SourceSound } from './audio-transcoder.js';
import { AudioSink, type ChosenTracks, chooseTracks, VideoSink } from './rtsp-sinks.js';
import { RtspSockets } from './rtsp-sockets.js';
import { sentTracks } from './sent-tracks.js';
import type { SourceOutput } from './source-output.js';
import type { SessionHandler, SourceSession } from './source-session.js';
import type { SpillBudget, TrackWriter } from './track-writer.js';
import { TranscodingSink } from './transcoding-sink.js';

export type RtspInput = Extract<SourceInput, { readonly kind: 'rtsp' }>;

/** The longest that a camera may take for an answer, in ms. */
const REQUEST_TIMEOUT = 10_000;
/** Bytes of the largest audio frame: two seconds of G.711, more than AAC can have. */
const MAX_AUDIO_FRAME = 16 * 1024;

/** The shard of an RTSP session, as far as it needs it. */
export interface RtspServices {
  readonly clock: MonotonicClock;
  readonly budget: SpillBudget;
  /** Hands what was gathered to the kernel. */
  flush(): void;
  /** Has what was handed over outside of a turn flushed before long. */
  flushSoon(): void;
  /** Has the source ticked at a time, ms of the monotonic clock, at the latest. */
  wakeBy(time: number): void;
  /** Adds to a counter of the source. */
  count(counter: SourceCounter, value: number): void;
  setCounter(counter: SourceCounter, value: number): void;
  /** Ends the channel, on a fault: the thread, and the other channels with it, go on. */
  fail(fault: unknown): void;
  /** Something that an operator should know, without secrets. */
  warn(message: string): void;
}

/** Counts of a session that are added up over all sessions of a source. */
const COUNTED = [
  ['packets', SourceCounter.rtpPackets],
  ['lost', SourceCounter.rtpLost],
  ['reordered', SourceCounter.rtpReordered],
  ['duplicates', SourceCounter.rtpDuplicates],
  ['damagedPictures', SourceCounter.damagedPictures],
] as const;
const NOTHING = { packets: 0, lost: 0, reordered: 0, duplicates: 0, damagedPictures: 0 };

/** A camera that is to be played, where its media goes, and who hears of it. */
interface RtspRequest {
  readonly input: RtspInput;
  readonly audio: SourceConfig['audio'];
  readonly output: SourceOutput;
  readonly handler: SessionHandler;
}

/** A camera that is played: sockets, client, and sinks that write into the pool. */
export class RtspSession implements SourceSession {
  readonly isLive = true;
  readonly waitsForRoom = false;
  readonly #input: RtspInput;
  readonly #audio: SourceConfig['audio'];
  readonly #output: SourceOutput;
  readonly #handler: SessionHandler;
  readonly #services: RtspServices;
  readonly #sockets: RtspSockets;
  #client: RtspClient | undefined;
  #chosen: ChosenTracks = { video: undefined, audio: undefined, notes: [] };
  #writers: TrackWriter[] = [];
  #transcoder: AudioTranscoder | undefined;
  /** The counts of each track. */
  readonly #counted = new Map<TrackStatistics, typeof NOTHING>();
  #closed = false;

  constructor({ input, audio, output, handler }: RtspRequest, services: RtspServices) {
    this.#input = input;
    this.#audio = audio;
    this.#output = output;
    this.#handler = handler;
    this.#services = services;
    const { fingerprint, ca } = input;
    this.#sockets = new RtspSockets(
      {
        onConnected: () => this.#act((client, now) => client.connected(now)),
        onData: (bytes) => this.#act((client, now) => client.receive(bytes, now)),
        onDisconnected: (cause) => this.#act((client, now) => client.disconnected(now, cause)),
        onUdpBound: (track, port) => this.#act((client, now) => client.udpBound(track, port, now)),
        onUdpFailed: (track, cause) => this.#act((client, now) => client.udpFailed(track, cause, now)),
        onDatagram: (track, channel, bytes) =>
          this.#act((client, now) => client.receiveDatagram(track, channel, bytes, now)),
        onUntrusted: (error) => this.#end(error),
      },
      { fingerprint, ca },
    );
  }

  start(): void {
    const { url, credentials, transport } = this.#input;
    try {
      const client = new RtspClient(
        {
          url,
          credentials,
          transport,
          requestTimeout: REQUEST_TIMEOUT,
          userAgent: `cloudpush/${VERSION}`,
          limits: rtspLimits,
          random: (target) => void randomFillSync(target),
        },
        this.#sockets,
        {
          onDescribed: (tracks) => this.#onDescribed(tracks),
          onPlaying: () => this.#onPlaying(),
          onWarning: (message) => this.#services.warn(message),
          onEnded: (error) => this.#end(error),
        },
      );
      this.#client = client;
      client.start(this.#services.clock.now());
    } catch (error) {
      process.nextTick(() => this.#end(CloudPushError.wrap(error)));
    }
  }

  get nextTick(): number {
    return this.#client === undefined || this.#closed ? Number.POSITIVE_INFINITY : this.#client.nextTick;
  }

  tick(now: number): void {
    const client = this.#client;
    if (client === undefined || this.#closed) return;
    if (now >= client.nextTick) client.tick(now);
    const { video, audio } = this.#chosen;
    for (const track of [video, audio]) {
      const statistics = track && client.statistics(track.index);
      if (statistics !== undefined && statistics.lastPacketAt > this.#output.received.at)
        this.#output.received.at = statistics.lastPacketAt;
    }
  }

  onRoom(): void {
    for (const writer of this.#writers) writer.onRoom();
    this.#transcoder?.onRoom();
  }

  updateCounters(): void {
    const { video, audio } = this.#chosen;
    for (const track of [video, audio]) {
      const statistics = track && this.#client?.statistics(track.index);
      if (statistics !== undefined) this.#addUp(statistics, track === video);
    }
    const leading = video ?? audio;
    const jitter = leading && this.#client?.statistics(leading.index)?.jitter;
    if (jitter !== undefined) this.#services.setCounter(SourceCounter.jitter, jitter);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#client?.close(this.#services.clock.now());
    this.#sockets.close();
    this.#closeOutputs();
  }

  /** Handles bytes that have arrived: the packets that they make leave together. */
  #act(act: (client: RtspClient, now: number) => void): void {
    if (this.#client === undefined || this.#closed) return;
    try {
      act(this.#client, this.#services.clock.now());
      this.#services.flush();
      this.#services.wakeBy(this.nextTick);
    } catch (fault) {
      this.#services.fail(fault);
    }
  }

  #onDescribed(tracks: readonly TrackDescription[]): (MediaSink | undefined)[] {
    const chosen = chooseTracks(tracks, this.#audio);
    this.#chosen = chosen;
    for (const note of chosen.notes) this.#services.warn(note);
    this.#closeOutputs();
    return tracks.map(({ index }) => {
      if (index === chosen.video?.index) return this.#videoSink();
      if (index !== chosen.audio?.index) return undefined;
      const transcoding = transcodingOf(this.#audio, chosen.audio.codec);
      return transcoding === undefined ? this.#audioSink() : this.#transcodingSink(transcoding, chosen.audio);
    });
  }

  #closeOutputs(): void {
    for (const writer of this.#writers) writer.close();
    this.#writers = [];
    this.#transcoder?.close();
    this.#transcoder = undefined;
  }

  #videoSink(): MediaSink {
    const { maxAccessUnitBytes } = rtspLimits;
    const { budget } = this.#services;
    const writer = this.#output.openWriter('video', budget, maxAccessUnitBytes, () => undefined);
    this.#writers.push(writer);
    return new VideoSink(writer);
  }

  #audioSink(): MediaSink {
    const sink = new AudioSink();
    const { budget } = this.#services;
    const writer = this.#output.openWriter('audio', budget, MAX_AUDIO_FRAME, () => sink.configuration);
    sink.writer = writer;
    this.#writers.push(writer);
    return sink;
  }

  #transcodingSink(transcoding: AudioTranscoding, sound: SourceSound): MediaSink {
    const transcoder = new AudioTranscoder(transcoding, sound, {
      output: this.#output,
      warn: (message) => this.#services.warn(message),
      onRoom: () => {},
      flushSoon: () => this.#services.flushSoon(),
      clock: this.#services.clock,
    });
    this.#transcoder = transcoder;
    return new TranscodingSink(transcoder, MAX_AUDIO_FRAME, () => this.#output.refuseAudio());
  }

  #onPlaying(): void {
    const { video, audio } = this.#chosen;
    const tracks = sentTracks(this.#audio, video?.codec, audio?.codec);
    this.#output.begin(tracks.output.video, tracks.output.audio);
    this.#handler.onConnected(tracks.source);
  }

  #addUp(statistics: TrackStatistics, isVideo: boolean): void {
    const before = this.#counted.get(statistics);
    const now = { ...NOTHING };
    for (const [name, counter] of COUNTED) {
      // Of sound, these are frames.
      if (name === 'damagedPictures' && !isVideo) continue;
      now[name] = statistics[name];
      const more = now[name] - (before?.[name] ?? 0);
      if (more > 0) this.#services.count(counter, more);
    }
    this.#counted.set(statistics, now);
  }

  #end(error: CloudPushError | undefined): void {
    if (this.#closed) return;
    this.#handler.onEnded(error);
  }
}
