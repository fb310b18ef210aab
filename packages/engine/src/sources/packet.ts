import type { AudioCodec, VideoCodec } from '@cloudpush/muxer';

/** Track that a packet belongs to. */
export type TrackKind = 'video' | 'audio';

/** One access unit (Annex-B) or one audio frame (AAC with its ADTS header, MP3), with its times in ms. */
export interface SourcePacket {
  readonly kind: TrackKind;
  readonly codec: VideoCodec | AudioCodec;
  readonly data: Uint8Array;
  /** Presentation time in ms, fractional. */
  readonly pts: number;
  /** Decoding time in ms, fractional: never falls within a track. */
  readonly dts: number;
  readonly keyFrame: boolean;
  /** Length of the packet, in ms: the next one of its track is due at `dts + duration`. */
  readonly duration: number;
  /** A stream header in front of the frames, as Opus and FLAC have it: no frame, and sent once. */
  readonly isHeader?: boolean | undefined;
  /** `false`: whether it is a key frame is not known. */
  readonly hasKeyFrameHint?: boolean | undefined;
  /** `false`: the decoding time is a guess, by which the packet is due, and is to be derived. */
  readonly hasDts?: boolean | undefined;
  /**
   * The decoder configuration that stands beside the packet: see `MediaPacket.configuration` of the muxer.
   */
  readonly configuration?: Uint8Array | undefined;
}

/** A packet whose times can be set anew: how a reader restamps what it hands on without making garbage. */
export class MutablePacket implements SourcePacket {
  kind: TrackKind = 'video';
  codec: VideoCodec | AudioCodec = 'h264';
  data: Uint8Array = EMPTY;
  pts = 0;
  dts = 0;
  keyFrame = false;
  duration = 0;
  isHeader: boolean | undefined = undefined;
  hasKeyFrameHint: boolean | undefined = undefined;
  hasDts: boolean | undefined = undefined;
  configuration: Uint8Array | undefined = undefined;

  /** Becomes `packet`, moved by `shift` ms. */
  restamp(packet: SourcePacket, shift: number): this {
    this.kind = packet.kind;
    this.codec = packet.codec;
    this.data = packet.data;
    this.pts = packet.pts + shift;
    this.dts = packet.dts + shift;
    this.keyFrame = packet.keyFrame;
    this.hasKeyFrameHint = packet.hasKeyFrameHint;
    this.hasDts = packet.hasDts;
    this.configuration = packet.configuration;
    this.duration = packet.duration;
    this.isHeader = packet.isHeader;
    return this;
  }
}

const EMPTY = new Uint8Array(0);
