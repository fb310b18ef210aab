import { MuxerError } from '../errors.js';

/** Says that a packet's `keyFrame` contradicts what is in it. */
export function keyFrameHint(keyFrame: boolean): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_VIDEO_KEY_FRAME_HINT', {
    field: 'keyFrame',
    actual: String(keyFrame),
    permitted: `${!keyFrame}, or left out`,
  });
}
