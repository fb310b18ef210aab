import { type DemuxedUnit, FlvDemuxer, type FlvFileTag, FlvReader, MuxerError } from '@cloudpush/muxer';
import type { SourcePacket, TrackKind } from '../packet.js';
import { InvalidMedia, type PacketParser } from './packet-parser.js';

/** Assumed length of a packet until its track tells, in ms. */
const FIRST_DURATION = { video: 40, audio: 20 } as const;

/** FLV files: one packet a sample, with the times of the file since its first sample. */
export class FlvParser implements PacketParser {
  readonly notices: string[] = [];
  readonly #reader = new FlvReader();
  readonly #demuxer = new FlvDemuxer();
  readonly #tracks = { video: new TrackTimes('video'), audio: new TrackTimes('audio') };
  #origin = Number.NaN;
  /** Parameter sets that the next picture is to bring along. */
  #parameterSets: Uint8Array | undefined;

  push(piece: Uint8Array): SourcePacket[] {
    return this.#packets(this.#reader.push(piece));
  }

  end(): SourcePacket[] {
    const { truncatedBytes } = this.#reader.end();
    if (truncatedBytes > 0) {
      this.notices.push(`the last tag is cut off: its ${truncatedBytes} bytes are left out`);
    }
    return [];
  }

  #packets(tags: readonly FlvFileTag[]): SourcePacket[] {
    const packets: SourcePacket[] = [];
    for (const tag of tags) {
      const unit = this.#demux(tag);
      if (unit?.kind === 'sample') {
        packets.push(this.#packet(unit));
      } else if (unit?.track === 'video') {
        this.#parameterSets = unit.data;
      }
    }
    return packets;
  }

  #demux(tag: FlvFileTag): DemuxedUnit | undefined {
    try {
      return this.#demuxer.demux(tag);
    } catch (error) {
      if (error instanceof MuxerError) throw new InvalidMedia(error.message, tag.offset);
      throw error;
    }
  }

  #packet(unit: DemuxedUnit): SourcePacket {
    if (Number.isNaN(this.#origin)) this.#origin = unit.dts;
    const { track, codec, keyFrame } = unit;
    const pts = unit.pts - this.#origin;
    const dts = unit.dts - this.#origin;
    const data = track === 'video' ? this.#withParameterSets(unit.data) : unit.data;
    return { kind: track, codec, data, pts, dts, keyFrame, duration: this.#tracks[track].next(dts) };
  }

  #withParameterSets(data: Uint8Array): Uint8Array {
    const sets = this.#parameterSets;
    this.#parameterSets = undefined;
    return sets === undefined ? data : Buffer.concat([sets, data]);
  }
}

/** Average length of the packets of a track: FLV does not tell, and its whole milliseconds are uneven. */
class TrackTimes {
  readonly #kind: TrackKind;
  #first = Number.NaN;
  #count = 0;

  constructor(kind: TrackKind) {
    this.#kind = kind;
  }

  next(dts: number): number {
    if (this.#count === 0) this.#first = dts;
    const duration = this.#count === 0 ? FIRST_DURATION[this.#kind] : (dts - this.#first) / this.#count;
    this.#count++;
    return duration;
  }
}
