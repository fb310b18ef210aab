import type { AudioCodec, VideoCodec } from '@cloudpush/muxer';

/** Which track a packet belongs to. */
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
  /** How long the packet lasts, in ms: the next one of its track is due at `dts + duration`. */
  readonly duration: number;
  /** A stream header in front of the frames, as Opus and FLAC have it: no frame, and sent once. */
  readonly isHeader?: boolean | undefined;
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

  /** Becomes `packet`, moved by `shift` ms. */
  restamp(packet: SourcePacket, shift: number): this {
    this.kind = packet.kind;
    this.codec = packet.codec;
    this.data = packet.data;
    this.pts = packet.pts + shift;
    this.dts = packet.dts + shift;
    this.keyFrame = packet.keyFrame;
    this.duration = packet.duration;
    this.isHeader = packet.isHeader;
    return this;
  }
}

const EMPTY = new Uint8Array(0);
