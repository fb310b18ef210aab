import type { AudioFacts, VideoFacts } from '@cloudpush/muxer';
import { type AmfObject, EcmaArray, encodeAmf0 } from '@cloudpush/transport';

/** What we call ourselves in `encoder`. */
const ENCODER = 'cloudpush';

/**
 * The body of the data message `@setDataFrame`, `onMetaData` (FLV specification E.5): what players and servers expect
 * to know before the first picture. Properties of a track that has not come yet are left out.
 */
export function encodeStreamMetadata(
  video: VideoFacts | undefined,
  audio: AudioFacts | undefined,
): Uint8Array {
  const properties: AmfObject = { duration: 0 };
  if (video !== undefined) {
    properties['width'] = video.width;
    properties['height'] = video.height;
    if (video.frameRate !== undefined) properties['framerate'] = video.frameRate;
    // Rates are not known before the first second has passed; 0 is what live encoders announce then.
    properties['videodatarate'] = 0;
    properties['videocodecid'] = video.videoCodecId;
  }
  if (audio !== undefined) {
    properties['audiodatarate'] = 0;
    properties['audiosamplerate'] = audio.sampleRate;
    properties['audiosamplesize'] = audio.sampleSize;
    properties['audiochannels'] = audio.channels;
    properties['stereo'] = audio.channels > 1;
    properties['audiocodecid'] = audio.audioCodecId;
  }
  properties['encoder'] = ENCODER;
  return encodeAmf0('@setDataFrame', 'onMetaData', new EcmaArray(properties));
}
