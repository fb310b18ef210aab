import type { CloudPushError } from '../../base/errors.js';
import type { MediaSink } from './depacketize/media-sink.js';
import { rtspErrorCodes } from './errors.js';
import { LipSync } from './rtp/lip-sync.js';
import { writeReceiverReport } from './rtp/rtcp.js';
import { TimelineOrigin } from './rtp/track-clock.js';
import { TrackReceiver } from './rtp/track-receiver.js';
import type { TrackStatistics } from './rtp/track-statistics.js';
import type { TrackDescription } from './sdp/track-description.js';
import { RtspSession } from './session/rtsp-session.js';
import type {
  MediaChannel,
  RtspIo,
  RtspSessionHandler,
  RtspSessionOptions,
  TrackStart,
} from './session/session-types.js';

/** Milliseconds between two receiver reports: the minimum of RFC 3550 §6.2 for a session of two. */
const REPORT_INTERVAL = 5000;

export interface RtspClientHandler {
  /**
   * The tracks that the camera offers; a sink at a track's index has that track set up. Called once more when
   * the camera then sends the client elsewhere.
   */
  onDescribed(tracks: readonly TrackDescription[]): readonly (MediaSink | undefined)[];
  /** The camera sends media. */
  onPlaying(transport: 'tcp' | 'udp'): void;
  /** Something that an operator should know, without secrets. */
  onWarning(message: string): void;
  /** The client has ended, undefined: by `close()`. Nothing comes after it. */
  onEnded(error: CloudPushError | undefined): void;
}

/**
 * An RTSP client without sockets and clock: see docs/rtsp.md. What happens on the sockets goes in, with the
 * time in ms of any origin that never goes back; requests come out through `RtspIo`, media through one
 * `MediaSink` a track.
 */
export class RtspClient {
  readonly #options: RtspSessionOptions;
  readonly #handler: RtspClientHandler;
  readonly #session: RtspSession;
  readonly #receivers = new Map<number, TrackReceiver>();
  readonly #canonicalName: string;
  readonly #ssrc: number;
  #nextReport = Number.POSITIVE_INFINITY;
  #isOver = false;
  #now = 0;

  /** @throws {CloudPushError} `ERR_CLOUDPUSH_RTSP_URL` when the URL is not valid */
  constructor(options: RtspSessionOptions, io: RtspIo, handler: RtspClientHandler) {
    this.#options = options;
    this.#handler = handler;
    const random = new Uint8Array(16);
    options.random(random);
    this.#ssrc = Buffer.from(random).readUInt32BE(0);
    this.#canonicalName = Buffer.from(random).toString('hex', 4);
    const sessionHandler: RtspSessionHandler = {
      onDescribed: (tracks) => this.#described(tracks),
      onPlaying: (starts, transport) => this.#playing(starts, transport),
      onMedia: (track, channel, bytes, start, end) => this.#media(track, channel, bytes, start, end),
      onWarning: (message) => handler.onWarning(message),
      onEnded: (error) => this.#ended(error),
    };
    this.#session = new RtspSession(options, io, sessionHandler);
  }

  /** The URL without credentials and query, for logs. */
  get shownUrl(): string {
    return this.#session.shownUrl;
  }

  /** Time at which `tick()` is to be called next; `Infinity`: not before something else has happened. */
  get nextTick(): number {
    if (this.#isOver) return Number.POSITIVE_INFINITY;
    let next = Math.min(this.#session.nextTick, this.#nextReport);
    for (const { deadline } of this.#receivers.values()) next = Math.min(next, deadline);
    return next;
  }

  /** The counts of a track that was set up. */
  statistics(track: number): TrackStatistics | undefined {
    return this.#receivers.get(track)?.statistics;
  }

  /** Asks for the control connection. */
  start(now: number): void {
    this.#now = now;
    this.#session.start(now);
  }

  /** The control connection is open, with TLS where that was asked for. */
  connected(now: number): void {
    this.#now = now;
    this.#session.connected(now);
  }

  /** Takes bytes of the control connection; they need to stay unchanged only until the call returns. */
  receive(bytes: Uint8Array, now: number): void {
    this.#now = now;
    this.#session.receive(bytes, now);
  }

  /** Takes a datagram from a track's peer; the same holds for its bytes. */
  receiveDatagram(track: number, channel: MediaChannel, bytes: Uint8Array, now: number): void {
    this.#now = now;
    this.#session.receiveDatagram(track, channel, bytes, now);
  }

  /** The control connection was closed, or could not be opened. `cause` says why, without secrets. */
  disconnected(now: number, cause?: Error): void {
    this.#now = now;
    this.#session.disconnected(now, cause);
  }

  /** UDP ports are open for a track: `rtpPort`, and the next one for RTCP. */
  udpBound(track: number, rtpPort: number, now: number): void {
    this.#now = now;
    this.#session.udpBound(track, rtpPort, now);
  }

  udpFailed(track: number, cause: Error, now: number): void {
    this.#now = now;
    this.#session.udpFailed(track, cause, now);
  }

  /** Does what is due; see `nextTick`. */
  tick(now: number): void {
    if (this.#isOver) return;
    this.#now = now;
    for (const receiver of this.#receivers.values()) if (now >= receiver.deadline) receiver.expire(now);
    if (now >= this.#nextReport) this.#sendReports();
    this.#session.tick(now);
  }

  /**
   * Ends the session, with TEARDOWN when there is one. `onEnded` comes at once or, through `tick()`, within 1
   * s.
   */
  close(now: number): void {
    this.#now = now;
    this.#session.close(now);
  }

  #described(tracks: readonly TrackDescription[]): number[] {
    const sinks = this.#handler.onDescribed(tracks);
    const origin = new TimelineOrigin();
    const lipSync = new LipSync();
    const wanted = tracks.filter(
      ({ index, format }) => sinks[index] !== undefined && format.codec !== 'unsupported',
    );
    this.#receivers.clear();
    // Pictures lead: sound is moved to them, and not the other way round.
    for (const track of wanted.toSorted((a, b) => rank(a) - rank(b))) {
      const receiver: TrackReceiver = new TrackReceiver({
        track,
        sink: sinks[track.index]!,
        origin,
        limits: this.#options.limits,
        handler: {
          onSenderReport: (report) => lipSync.report(position, report),
          onWarning: (message) => this.#handler.onWarning(message),
        },
      });
      const position = lipSync.add(receiver.clock);
      this.#receivers.set(track.index, receiver);
    }
    return wanted.map(({ index }) => index);
  }

  #playing(starts: readonly TrackStart[], transport: 'tcp' | 'udp'): void {
    const setUp = new Set(starts.map(({ track }) => track));
    for (const index of [...this.#receivers.keys()]) if (!setUp.has(index)) this.#receivers.delete(index);
    for (const { track, timestamp } of starts) this.#receivers.get(track)?.clock.announce(timestamp);
    this.#nextReport = this.#now + REPORT_INTERVAL;
    this.#handler.onPlaying(transport);
  }

  #media(track: number, channel: MediaChannel, bytes: Uint8Array, start: number, end: number): void {
    const receiver = this.#receivers.get(track);
    if (receiver === undefined) return;
    if (channel === 'rtp') {
      receiver.receiveRtp(bytes, start, end, this.#now);
      return;
    }
    receiver.receiveRtcp(bytes, start, end, this.#now);
    if (receiver.ended && [...this.#receivers.values()].every(({ ended }) => ended)) this.#streamEnded();
  }

  /** Every track has had its BYE (RFC 3550 §6.6). */
  #streamEnded(): void {
    for (const receiver of this.#receivers.values()) receiver.flush(this.#now);
    this.#session.fail(rtspErrorCodes.closed, 'the camera ended the stream (RTCP BYE)');
  }

  #sendReports(): void {
    this.#nextReport = this.#now + REPORT_INTERVAL;
    for (const [track, receiver] of this.#receivers) {
      const report = receiver.report(this.#ssrc, this.#now);
      if (report === undefined) continue;
      this.#session.sendRtcp(track, writeReceiverReport(report, this.#canonicalName));
    }
  }

  #ended(error: CloudPushError | undefined): void {
    this.#isOver = true;
    this.#handler.onEnded(error);
  }
}

function rank({ kind }: TrackDescription): number {
  return kind === 'video' ? 0 : 1;
}
