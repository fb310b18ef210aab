import { readUint32 } from '../bits/bytes.js';
import type { AudioCodec } from '../media-packet.js';
import { AacPacketType, AudioPacketType, SoundFormat } from './audio-tag-header.js';
import { invalidTag, printFourCc, requireBody, unknownCodec } from './demuxed-unit.js';
import { skipModEx } from './mod-ex.js';
import type { TagContent } from './read-video-tag-header.js';
import { fourCc } from './video-tag-header.js';

/** What the header of an audio tag tells (FLV E.4.2.1, Enhanced RTMP `ExAudioTagHeader`). */
export interface AudioTagHeader {
  readonly content: TagContent;
  /** Enhanced RTMP: the codec is told by its FourCC; else by a SoundFormat. */
  readonly enhanced: boolean;
  /** Undefined where `content` is neither a sequence header nor a frame. */
  readonly codec: AudioCodec | undefined;
  /** Where the configuration or the frame begins in the tag body. */
  readonly position: number;
}

const codecs = new Map<number, AudioCodec>([
  [fourCc('mp4a'), 'aac'],
  [fourCc('.mp3'), 'mp3'],
  [fourCc('Opus'), 'opus'],
  [fourCc('fLaC'), 'flac'],
  [fourCc('ac-3'), 'ac3'],
  [fourCc('ec-3'), 'eac3'],
]);

/**
 * Reads the header of an audio tag.
 * @param payload the tag body, one byte at least
 * @throws MuxerError `ERR_CLOUDPUSH_FLV_TAG_INVALID`, `ERR_CLOUDPUSH_FLV_CODEC`
 */
export function readAudioTagHeader(payload: Uint8Array): AudioTagHeader {
  const format = payload[0]! >> 4;
  switch (format) {
    case SoundFormat.exHeader:
      return readEnhanced(payload);
    case SoundFormat.mp3:
    case SoundFormat.mp3At8kHz:
      return { content: 'frame', enhanced: false, codec: 'mp3', position: 1 };
    case SoundFormat.aac: {
      requireBody(payload, 2);
      const content = payload[1] === AacPacketType.sequenceHeader ? 'sequenceHeader' : 'frame';
      return { content, enhanced: false, codec: 'aac', position: 2 };
    }
    default:
      throw unknownCodec('SoundFormat', format, '2, 9, 10 or 14');
  }
}

function readEnhanced(payload: Uint8Array): AudioTagHeader {
  const { packetType, position } = skipModEx(payload);
  if (packetType === AudioPacketType.multitrack) {
    return { content: 'multitrack', enhanced: true, codec: undefined, position: 0 };
  }
  requireBody(payload, position + 4);
  const codec = codecs.get(readUint32(payload, position));
  if (codec === undefined) {
    const permitted = 'mp4a, .mp3, Opus, fLaC, ac-3 or ec-3';
    throw unknownCodec('FourCC', printFourCc(payload, position), permitted, position);
  }
  return { content: contentOf(packetType), enhanced: true, codec, position: position + 4 };
}

function contentOf(packetType: number): TagContent {
  switch (packetType) {
    case AudioPacketType.sequenceStart:
      return 'sequenceHeader';
    case AudioPacketType.codedFrames:
      return 'frame';
    case AudioPacketType.sequenceEnd:
      return 'endOfSequence';
    case AudioPacketType.multichannelConfig:
      return 'metadata';
    default:
      throw invalidTag('AudioPacketType', packetType, '0, 1, 2, 4, 5 or 7');
  }
}
