import type { SourcePacket, TrackKind } from '@cloudpush/engine/sources';
import type { AudioCodec, VideoCodec } from '@cloudpush/muxer';
import { EncodedPacketSink, type InputTrack } from 'mediabunny';
import { DecodeTimes, REORDER_WINDOW } from './decode-times.js';

/** A track that can be pushed. */
export interface PushableTrack {
  readonly kind: TrackKind;
  readonly codec: VideoCodec | AudioCodec;
  readonly track: InputTrack;
  /** The decoder configuration; undefined: it is in the stream. */
  readonly configuration: Uint8Array | undefined;
  /** The file ends before the track does, and it has been told. */
  readonly isCut: boolean;
}

/** Times of two packets that are no further apart are the same, in ms. */
const SAME_TIME = 1;

type Packet = { -readonly [Key in keyof SourcePacket]: SourcePacket[Key] };

/** Reads the packets of one track of a container, in order of decoding. */
export class TrackReader {
  /** Packets that are complete. */
  readonly ready: Packet[] = [];
  readonly #track: PushableTrack;
  readonly #sink: EncodedPacketSink;
  readonly #packets: ReturnType<EncodedPacketSink['packets']>;
  /** Pictures whose decoding times are not known yet. */
  readonly #undated: Packet[] = [];
  readonly #times: DecodeTimes | undefined;
  #isRead = false;
  /** The latest presentation time, in ms. */
  #latest = Number.NEGATIVE_INFINITY;
  #fault: Error | undefined;

  constructor(track: PushableTrack) {
    this.#track = track;
    this.#times = track.kind === 'video' ? new DecodeTimes() : undefined;
    this.#sink = new EncodedPacketSink(track.track);
    this.#packets = this.#sink.packets();
  }

  /** True when all packets of the track have been read and taken. */
  get ended(): boolean {
    return this.#isRead && this.ready.length === 0;
  }

  /** The fault of the track, known once it has been read: the file has less of it than it says. */
  get fault(): Error | undefined {
    return this.#fault;
  }

  /** Reads until `count` packets are ready, or the track ends. */
  async fill(count: number): Promise<void> {
    while (!this.#isRead && this.ready.length < count) {
      const { value, done } = await this.#packets.next();
      if (done === true) await this.#finish();
      else this.#add(value);
    }
  }

  async close(): Promise<void> {
    this.#isRead = true;
    this.ready.length = 0;
    await this.#packets.return(undefined);
  }

  #add({
    data,
    timestamp,
    duration,
    type,
  }: {
    readonly data: Uint8Array;
    readonly timestamp: number;
    readonly duration: number;
    readonly type: 'key' | 'delta';
  }): void {
    const { kind, codec, configuration } = this.#track;
    const pts = timestamp * 1000;
    this.#latest = Math.max(this.#latest, pts);
    const packet: Packet = {
      kind,
      codec,
      data,
      pts,
      dts: pts,
      keyFrame: type === 'key',
      duration: duration * 1000,
      configuration,
    };
    if (this.#times === undefined) {
      this.ready.push(packet);
      return;
    }
    this.#times.add(pts);
    this.#undated.push(packet);
    if (this.#times.waiting >= REORDER_WINDOW) this.#date();
  }

  #date(): void {
    const packet = this.#undated.shift()!;
    packet.dts = this.#times!.take();
    this.ready.push(packet);
  }

  async #finish(): Promise<void> {
    this.#isRead = true;
    while (this.#undated.length > 0) this.#date();
    this.#fault = await this.#missing();
  }

  /**
   * Returns the error of a track whose last packets could not be read; a reader ends at a hole in the file as
   * at its end.
   */
  async #missing(): Promise<Error | undefined> {
    if (this.#track.isCut) return undefined;
    const last = await this.#sink.getPacket(Number.POSITIVE_INFINITY, { metadataOnly: true });
    const end = (last?.timestamp ?? Number.NEGATIVE_INFINITY) * 1000;
    if (end <= this.#latest + SAME_TIME) return undefined;
    const { kind } = this.#track;
    const from = this.#latest === Number.NEGATIVE_INFINITY ? 'the start' : seconds(this.#latest);
    return new Error(`its ${kind} is missing from ${from} on, up to ${seconds(end)}`);
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
