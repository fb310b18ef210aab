import { readAudioTagHeader, readVideoTagHeader } from '@cloudpush/muxer';
import { MessageType } from '@cloudpush/transport';

/** CodecIDs whose tags tell headers from pictures in their second byte (FLV E.4.3.1; 12: H.265). */
const NAL_CODEC_IDS: readonly number[] = [7, 12];
const VIDEO_COMMAND = 5;
const AAC = 10;
const EX_AUDIO = 9;

/**
 * True for a message with a picture or a sound: configurations, ends of sequence and commands bring none.
 */
export function bringsMedia(type: number, payload: Uint8Array): boolean {
  if (payload.length === 0) return false;
  return type === MessageType.video ? bringsPicture(payload) : bringsSound(payload);
}

function bringsPicture(payload: Uint8Array): boolean {
  const first = payload[0]!;
  if (first >= 0x80) return isFrame(readVideoTagHeader, payload);
  if (first >> 4 === VIDEO_COMMAND) return false;
  return NAL_CODEC_IDS.includes(first & 15) ? payload[1] === 1 : true;
}

function bringsSound(payload: Uint8Array): boolean {
  const format = payload[0]! >> 4;
  if (format === EX_AUDIO) return isFrame(readAudioTagHeader, payload);
  return format === AAC ? payload[1] === 1 : true;
}

function isFrame(read: (payload: Uint8Array) => { readonly content: string }, payload: Uint8Array): boolean {
  try {
    const { content } = read(payload);
    return content === 'frame' || content === 'multitrack';
  } catch {
    // A codec that is not known here is recorded all the same, and counted.
    return true;
  }
}
