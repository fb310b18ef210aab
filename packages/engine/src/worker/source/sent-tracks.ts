import type { AudioCodec, VideoCodec } from '@cloudpush/muxer';
import { type SourceConfig, sendsOwnAudio, transcodingOf } from '../../options/source-config.js';
import type { SourceTracks } from '../../protocol/source-messages.js';
import type { OutputTracks } from './reader-output.js';

/** Decides which tracks go out of a source that has these, and what is told of them. */
export function sentTracks(
  audio: SourceConfig['audio'],
  video: VideoCodec | undefined,
  sound: AudioCodec | undefined,
): { readonly output: OutputTracks; readonly source: SourceTracks } {
  const told = video === undefined ? undefined : { codec: video };
  if (audio === 'silence' && video !== undefined)
    return { output: { video, audio: 'silence' }, source: { video: told, audio: { codec: 'aac' } } };
  if (sound === undefined || !sendsOwnAudio(audio))
    return { output: { video, audio: undefined }, source: { video: told, audio: undefined } };
  if (transcodingOf(audio, sound) === undefined)
    return { output: { video, audio: sound }, source: { video: told, audio: { codec: sound } } };
  return {
    output: { video, audio: 'aac' },
    source: { video: told, audio: { codec: 'aac', transcodedFrom: sound } },
  };
}
