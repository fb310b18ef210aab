import { createDepacketizer } from '../depacketize/create-depacketizer.js';
import type { Depacketizer } from '../depacketize/depacketizer.js';
import type { MediaSink } from '../depacketize/media-sink.js';
import type { RtspLimits } from '../limits.js';
import type { TrackDescription } from '../sdp/track-description.js';
import { Jitter } from './jitter.js';
import { type OrderedPacketHandler, ReorderBuffer } from './reorder-buffer.js';
import { type ReceiverReport, type RtcpHandler, readRtcp, type SenderReport } from './rtcp.js';
import { RtpPacket } from './rtp-packet.js';
import { type TimelineOrigin, TrackClock } from './track-clock.js';
import { TrackStatistics } from './track-statistics.js';

export interface TrackReceiverHandler {
  onSenderReport(report: SenderReport): void;
  onWarning(message: string): void;
}

/** A track of a camera, and where its media goes. */
export interface TrackReceiverInput {
  readonly track: TrackDescription;
  readonly sink: MediaSink;
  /** Shared by the tracks of a session. */
  readonly origin: TimelineOrigin;
  readonly limits: RtspLimits;
  readonly handler: TrackReceiverHandler;
}

/** Everything between the packets of one track and its sink: order, loss, time, depacketizer, and reports. */
export class TrackReceiver implements OrderedPacketHandler, RtcpHandler {
  readonly track: TrackDescription;
  readonly clock: TrackClock;
  readonly statistics = new TrackStatistics();
  readonly #handler: TrackReceiverHandler;
  readonly #packet = new RtpPacket();
  readonly #reorder: ReorderBuffer;
  readonly #depacketizer: Depacketizer;
  readonly #jitter: Jitter;
  #ssrc = -1;
  #now = 0;
  #ended = false;
  #lastReport: SenderReport | undefined;
  #lastReportAt = 0;
  #reportedLost = 0;
  #reportedPackets = 0;

  constructor({ track, sink, origin, limits, handler }: TrackReceiverInput) {
    this.track = track;
    this.#handler = handler;
    this.clock = new TrackClock(track.clockRate, track.kind === 'audio', origin);
    this.#jitter = new Jitter(track.clockRate);
    this.#reorder = new ReorderBuffer(this, limits, this.statistics);
    const warn = (message: string): void => handler.onWarning(`track ${track.index}: ${message}`);
    const context = { clock: this.clock, report: this.statistics, limits, warn };
    const depacketizer = createDepacketizer(track, sink, context);
    if (depacketizer === undefined) throw new TypeError(`track ${track.index} has an unsupported format`);
    this.#depacketizer = depacketizer;
  }

  /** The camera has said that the track is over, and no packet has come since. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Time at which `expire()` has something to do. */
  get deadline(): number {
    return this.#reorder.deadline;
  }

  /** Takes the RTP packet `bytes` from `start` to `end`. */
  receiveRtp(bytes: Uint8Array, start: number, end: number, now: number): void {
    const { statistics } = this;
    const packet = this.#packet;
    this.#now = now;
    if (!packet.parse(bytes, start, end) || packet.payloadType !== this.track.payloadType) {
      statistics.malformed++;
      return;
    }
    statistics.packets++;
    statistics.bytes += end - start;
    statistics.lastPacketAt = now;
    this.#ended = false;
    if (packet.ssrc !== this.#ssrc) this.#changeSource(packet.ssrc);
    this.#jitter.packet(packet.timestamp, now);
    statistics.jitter = this.#jitter.ms;
    const { sequence, payloadStart, payloadEnd, timestamp, marker } = packet;
    this.#reorder.push(sequence, bytes, payloadStart, payloadEnd, timestamp, marker, now);
  }

  receiveRtcp(bytes: Uint8Array, start: number, end: number, now: number): void {
    this.#now = now;
    readRtcp(bytes, start, end, this);
  }

  /** Gives up packets that others have waited for too long. */
  expire(now: number): void {
    this.#now = now;
    this.#reorder.expire(now);
  }

  /** Hands on what is complete: nothing more will come. */
  flush(now: number): void {
    this.#now = now;
    this.#reorder.flush();
    this.#depacketizer.flush();
  }

  /** The report on this track since the last one; undefined before its first packet. */
  report(ssrc: number, now: number): ReceiverReport | undefined {
    if (this.#ssrc < 0) return undefined;
    const { lost, packets } = this.statistics;
    const newlyLost = lost - this.#reportedLost;
    const expected = newlyLost + packets - this.#reportedPackets;
    this.#reportedLost = lost;
    this.#reportedPackets = packets;
    return {
      ssrc,
      sourceSsrc: this.#ssrc,
      fractionLost: expected > 0 ? newlyLost / expected : 0,
      cumulativeLost: lost,
      highestSequence: this.#reorder.highest - 0x1_0000,
      jitter: this.#jitter.ticks,
      lastReport: this.#lastReport?.compactNtp ?? 0,
      delay: this.#lastReport === undefined ? 0 : now - this.#lastReportAt,
    };
  }

  onPacket(bytes: Uint8Array, start: number, end: number, timestamp: number, marker: boolean): void {
    const before = this.statistics.accessUnits;
    this.#depacketizer.push(bytes, start, end, this.clock.advance(timestamp, this.#now), marker);
    if (this.statistics.accessUnits !== before) this.statistics.lastAccessUnitAt = this.#now;
  }

  onLoss(): void {
    this.#depacketizer.lost();
  }

  onRestart(): void {
    this.#depacketizer.lost();
    this.clock.restart();
    this.#jitter.restart();
  }

  onSenderReport(report: SenderReport): void {
    if (report.ssrc !== this.#ssrc) return;
    this.#lastReport = report;
    this.#lastReportAt = this.#now;
    this.#handler.onSenderReport(report);
  }

  onBye(ssrc: number): void {
    if (ssrc === this.#ssrc) this.#ended = true;
  }

  #changeSource(ssrc: number): void {
    if (this.#ssrc >= 0) this.#reorder.restart();
    this.#ssrc = ssrc;
    this.#lastReport = undefined;
  }
}
