import { requireObject } from '../../base/validation.js';
import type { SourcePacket } from '../packet.js';
import type { PacketReader } from '../reader.js';

/** Times of a packet in ms, and what else is known of it. */
export interface FedPacketTimes {
  pts: number;
  dts: number | undefined;
  keyFrame: boolean | undefined;
  configuration: Uint8Array | undefined;
}

/** Sink of a feed's packets: the part of a channel that a feed needs. */
export interface PacketSink {
  readonly state: 'connecting' | 'publishing' | 'closing' | 'closed';
  /** Returns false when there is no room: nothing was taken. */
  sendVideo(data: Uint8Array, times: FedPacketTimes): boolean;
  /** Takes an audio frame; false: there is no room for it. */
  sendAudio(data: Uint8Array, times: FedPacketTimes): boolean;
  /** Resolves when there is room again; resolves or rejects when the sink has closed. */
  writable(): Promise<void>;
}

/**
 * Reason why a feed has ended: its source was played to the end, its limit was reached, it was told to stop,
 * its sink closed under it, or reading or sending failed.
 */
export type FeedEnd = 'source' | 'limit' | 'stopped' | 'closed' | 'failed';

/** The thing that a feed waits for before it can go on. */
export type FeedNeed = 'turn' | 'room' | 'packets' | 'nothing';

/** Options of {@link Feed}. */
export interface FeedOptions {
  readonly reader: PacketReader;
  readonly sink: PacketSink;
  /** ms of media after which to end. */
  readonly limit?: number | undefined;
  /** Speed: ms of media that go out in a ms. Default 1. */
  readonly speed?: number | undefined;
  /**
   * Sound that is due at most so many ms before the next picture is sent together with it: nobody need wake
   * up for it. Default 0: it is sent when it is due.
   */
  readonly audioDelay?: number | undefined;
}

/** One source on its way into one sink, packet by packet. The pacer says when. */
export class Feed {
  /** Time at which the feed wants its next turn, in ms of the pacer's clock. */
  due = 0;
  /** The pacer's time at which the first packet is due. */
  startAt = 0;
  videoFrames = 0;
  audioFrames = 0;
  bytes = 0;
  /** Number of times that the sink had no room. */
  refusals = 0;
  /** ms of media that the sink has taken. */
  position = 0;
  /** ms that the latest packet so far was late. Set by the pacer. */
  maxLag = 0;
  ending: FeedEnd | undefined;
  error: unknown;
  readonly ended: Promise<FeedEnd>;
  readonly #reader: PacketReader;
  readonly #sink: PacketSink;
  readonly #limit: number;
  readonly #speed: number;
  readonly #audioDelay: number;
  /** Time of the next picture, in ms of the media; before the first one it is not known. */
  #pictureAt = Number.NEGATIVE_INFINITY;
  #lastPicture = Number.NEGATIVE_INFINITY;
  readonly #times: FedPacketTimes = { pts: 0, dts: 0, keyFrame: false, configuration: undefined };
  #pending: SourcePacket | undefined;
  #resolve!: (end: FeedEnd) => void;

  constructor(options: FeedOptions) {
    const { reader, sink, limit, speed = 1, audioDelay = 0 } = requireObject('options', options);
    requireObject('reader', reader);
    requireObject('sink', sink);
    this.#reader = reader;
    this.#sink = sink;
    this.#speed = speed;
    this.#audioDelay = audioDelay;
    this.#limit = limit ?? Number.POSITIVE_INFINITY;
    this.ended = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Time at which the packet that waits should go out in real time, on the pacer's clock. */
  get pendingAt(): number {
    if (this.#pending === undefined) return this.startAt;
    return this.startAt + this.#timeOf(this.#pending) / this.#speed;
  }

  #timeOf({ kind, dts }: SourcePacket): number {
    const wait = this.#pictureAt - dts;
    return kind === 'audio' && wait > 0 && wait <= this.#audioDelay ? this.#pictureAt : dts;
  }

  /** Lateness of the packet that waits, in ms. */
  lag(now: number): number {
    return this.ending === undefined && this.#pending !== undefined ? Math.max(0, now - this.pendingAt) : 0;
  }

  /** Sends the packet that is due and looks at the one behind it. */
  step(): FeedNeed {
    if (this.ending !== undefined) return 'nothing';
    try {
      return this.#sendPending();
    } catch (error) {
      return this.#fail(error);
    }
  }

  /** Waits for room in the sink or for packets from the reader. */
  async wait(need: FeedNeed): Promise<void> {
    try {
      await (need === 'room' ? this.#sink.writable() : this.#reader.more());
    } catch (error) {
      // A sink that is over says why by itself.
      if (need === 'room' && this.#sinkIsOver()) this.#end('closed');
      else this.#fail(error);
    }
  }

  /** Ends the feed between two packets. */
  stop(): void {
    this.#end('stopped');
  }

  #sendPending(): FeedNeed {
    if (this.#pending !== undefined) {
      if (!this.#send(this.#pending)) return this.#refused();
      this.#pending = undefined;
    }
    this.#pending = this.#reader.next();
    if (this.#pending === undefined) return this.#reader.ended ? this.#end('source') : 'packets';
    return this.#pending.dts >= this.#limit ? this.#end('limit') : 'turn';
  }

  #send(packet: SourcePacket): boolean {
    const times = this.#times;
    times.pts = packet.pts;
    times.dts = packet.hasDts === false ? undefined : packet.dts;
    times.keyFrame = packet.hasKeyFrameHint === false ? undefined : packet.keyFrame;
    times.configuration = packet.configuration;
    if (packet.kind === 'video') {
      if (!this.#sink.sendVideo(packet.data, times)) return false;
      this.videoFrames++;
      this.#notePicture(packet);
    } else {
      if (!this.#sink.sendAudio(packet.data, times)) return false;
      if (packet.isHeader !== true) this.audioFrames++;
    }
    this.bytes += packet.data.length;
    this.position = packet.dts + packet.duration;
    return true;
  }

  /** Where a picture does not tell how long it lasts, the one before it does. */
  #notePicture({ dts, duration }: SourcePacket): void {
    const lasts = duration > 0 ? duration : dts - this.#lastPicture;
    this.#lastPicture = dts;
    this.#pictureAt = dts + lasts;
  }

  #refused(): FeedNeed {
    if (this.#sinkIsOver()) return this.#end('closed');
    this.refusals++;
    return 'room';
  }

  #sinkIsOver(): boolean {
    return this.#sink.state === 'closing' || this.#sink.state === 'closed';
  }

  #fail(error: unknown): FeedNeed {
    this.error ??= error;
    return this.#end('failed');
  }

  #end(end: FeedEnd): FeedNeed {
    if (this.ending === undefined) {
      this.ending = end;
      this.#pending = undefined;
      this.#reader.close().then(
        () => this.#resolve(end),
        () => this.#resolve(end),
      );
    }
    return 'nothing';
  }
}
