import { Ac3Format } from '../ac3/ac3-format.js';
import { Av1Codec } from '../av1/av1-codec.js';
import { unknownCodec } from '../errors.js';
import { FlacFormat } from '../flac/flac-format.js';
import {
  av1TagFormat,
  avcTagFormat,
  type HevcForm,
  hevcTagFormatOf,
  vp9TagFormat,
} from '../flv/video-tag-header.js';
import { AvcCodec } from '../h264/avc-codec.js';
import { HevcCodec } from '../h265/hevc-codec.js';
import type { AudioCodec, VideoCodec } from '../media-packet.js';
import { OpusFormat } from '../opus/opus-format.js';
import type { Timeline, TrackClock } from '../timeline/timeline.js';
import { AacTrack } from '../tracks/aac-track.js';
import type { AudioTrack } from '../tracks/audio-track.js';
import { EnhancedAudioTrack } from '../tracks/enhanced-audio-track.js';
import { FrameTrack } from '../tracks/frame-track.js';
import { G711Track } from '../tracks/g711-track.js';
import { Mp3Track } from '../tracks/mp3-track.js';
import { NalTrack } from '../tracks/nal-track.js';
import type { SliceHandling } from '../tracks/picture-assembler.js';
import type { VideoTrack } from '../tracks/video-track.js';
import { Vp9Codec } from '../vp9/vp9-codec.js';

/** The settings of a video track that are the stream's. */
export interface VideoTrackSettings {
  readonly timeline: Timeline;
  readonly clock: TrackClock;
  readonly hevcForm: HevcForm;
  readonly slices: SliceHandling;
}

/** A video track of this codec. Throws MuxerError for one that is not known. */
export function createVideoTrack(
  codec: VideoCodec,
  { timeline, clock, hevcForm, slices }: VideoTrackSettings,
): VideoTrack {
  switch (codec) {
    case 'h264':
      return new NalTrack(new AvcCodec(), avcTagFormat, { timeline, clock, slices });
    case 'h265':
      return new NalTrack(new HevcCodec(), hevcTagFormatOf(hevcForm), { timeline, clock, slices });
    case 'av1':
      return new FrameTrack(new Av1Codec(), av1TagFormat, timeline, clock);
    case 'vp9':
      return new FrameTrack(new Vp9Codec(), vp9TagFormat, timeline, clock);
    default:
      throw unknownCodec(codec, 'h264, h265, av1, vp9');
  }
}

/** An audio track of this codec. Throws MuxerError for one that is not known. */
export function createAudioTrack(codec: AudioCodec, timeline: Timeline, clock: TrackClock): AudioTrack {
  switch (codec) {
    case 'aac':
      return new AacTrack(timeline, clock);
    case 'g711a':
    case 'g711u':
      return new G711Track(codec, timeline, clock);
    case 'mp3':
      return new Mp3Track(timeline, clock);
    case 'opus':
      return new EnhancedAudioTrack(new OpusFormat(), timeline, clock);
    case 'flac':
      return new EnhancedAudioTrack(new FlacFormat(), timeline, clock);
    case 'ac3':
    case 'eac3':
      return new EnhancedAudioTrack(new Ac3Format(codec), timeline, clock);
    default:
      throw unknownCodec(codec, 'aac, mp3, opus, flac, ac3, eac3, g711a, g711u');
  }
}
