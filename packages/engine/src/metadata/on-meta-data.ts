import type { AudioParameters, VideoParameters } from '@cloudpush/muxer';
import { type AmfObject, EcmaArray, encodeAmf0 } from '@cloudpush/transport';

/** Of each track, in bit/s; undefined while it is not known. */
export interface Bitrates {
  readonly audio: number | undefined;
  readonly video: number | undefined;
}

/**
 * `videocodecid` and `audiocodecid` of a track that has been named and has not come yet; undefined: it has,
 * or may never come.
 */
export interface AnnouncedTracks {
  readonly video: number | undefined;
  readonly audio: number | undefined;
}

/** Our name in the field `encoder`. */
const ENCODER = 'cloudpush';

/**
 * The body of the data message `@setDataFrame`, `onMetaData` (FLV specification E.5): what players and
 * servers expect to know before the first picture. Of a track that has not come yet the codec alone can be
 * told.
 * @param bitrates of the tracks, in bit/s, as far as they are known: 0 is what live encoders announce before
 */
export function encodeStreamMetadata(
  video: VideoParameters | undefined,
  audio: AudioParameters | undefined,
  bitrates: Bitrates,
  announced: AnnouncedTracks,
): Uint8Array {
  const properties: AmfObject = { duration: 0 };
  if (video !== undefined) {
    properties['width'] = video.width;
    properties['height'] = video.height;
    if (video.frameRate !== undefined) properties['framerate'] = video.frameRate;
    properties['videodatarate'] = kilobits(bitrates.video);
    properties['videocodecid'] = video.videoCodecId;
  } else if (announced.video !== undefined) properties['videocodecid'] = announced.video;
  if (audio !== undefined) {
    properties['audiodatarate'] = kilobits(bitrates.audio);
    properties['audiosamplerate'] = audio.sampleRate;
    properties['audiosamplesize'] = audio.sampleSize;
    properties['audiochannels'] = audio.channels;
    properties['stereo'] = audio.channels > 1;
    properties['audiocodecid'] = audio.audioCodecId;
  } else if (announced.audio !== undefined) properties['audiocodecid'] = announced.audio;
  properties['encoder'] = ENCODER;
  return encodeAmf0('@setDataFrame', 'onMetaData', new EcmaArray(properties));
}

/** Data rates are in kbit/s (E.5). */
function kilobits(bitrate: number | undefined): number {
  return Math.round((bitrate ?? 0) / 1000);
}
