import type { HevcForm } from '../flv/video-tag-header.js';
import type { AudioCodec, VideoCodec } from '../media-packet.js';

/** The configuration of a track, which its packets may have told only once. */
export interface TrackState<Codec> {
  readonly codec: Codec;
  /** Of H.264 and H.265 the decoder configuration record, of Opus and FLAC the stream header. */
  readonly configuration: Uint8Array;
}

/**
 * The state of a stream that another muxer needs to go on with it, at its next key frame, on the same clock.
 * Plain data: it can be handed to another thread.
 */
export interface MuxerState {
  /** The time of the stream's first packet, ms on the caller's clock. */
  readonly origin: number;
  readonly hevcForm: HevcForm;
  /** Undefined before the first picture, and for codecs whose key frames tell everything. */
  readonly video: TrackState<VideoCodec> | undefined;
  /** Undefined before the first frame, and for codecs whose frames tell everything. */
  readonly audio: TrackState<AudioCodec> | undefined;
}

/** A stream that is under way, for the muxer that goes on with it. */
export interface MuxerResumption {
  readonly state: MuxerState;
  /** Time of the stream, in ms from its origin. */
  readonly elapsed: number;
}
