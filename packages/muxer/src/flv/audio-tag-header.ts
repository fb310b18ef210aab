import { readUint32, writeUint32 } from '../bits/bytes.js';
import { byFourCc } from '../four-cc.js';
import type { AudioCodec } from '../media-packet.js';
import { skipModEx } from './mod-ex.js';
import type { TagContent } from './tag-content.js';
import { invalidTag, requireBody, unknownCodec, unknownFourCc } from './tag-errors.js';

/** SoundFormat (FLV E.4.2.1; 9 is Enhanced RTMP's ExHeader). */
export const SoundFormat = { mp3: 2, g711a: 7, g711u: 8, exHeader: 9, aac: 10, mp3At8kHz: 14 } as const;

/** AACPacketType (FLV E.4.2.1). */
export const AacPacketType = { sequenceHeader: 0, raw: 1 } as const;

/** AudioPacketType (Enhanced RTMP). */
export const AudioPacketType = {
  sequenceStart: 0,
  codedFrames: 1,
  sequenceEnd: 2,
  multichannelConfig: 4,
  multitrack: 5,
  modEx: 7,
} as const;

/**
 * The first byte of every AAC tag: FLV fixes rate 44 kHz, size 16 bits and stereo, whatever the stream is.
 */
export const aacTagHeader = (SoundFormat.aac << 4) | (3 << 2) | (1 << 1) | 1;

/** Bytes in front of the raw AAC frame or the AudioSpecificConfig. */
export const AAC_HEADER_SIZE = 2;

/**
 * The one byte in front of an MP3 frame. SoundRate knows 5.5, 11, 22 and 44 kHz: the next higher one is told,
 * since the frames tell their own. 8 kHz has a SoundFormat of its own, 14, which FFmpeg cannot read: it goes
 * as format 2, too.
 */
export function mp3TagHeader(sampleRate: number, channels: number): number {
  const rate = sampleRate > 24_000 ? 3 : sampleRate > 12_000 ? 2 : 1;
  return (SoundFormat.mp3 << 4) | (rate << 2) | (1 << 1) | (channels > 1 ? 1 : 0);
}

/**
 * The one byte in front of G.711 samples: SoundSize is 16 bits for all that is compressed, mono. SoundRate
 * knows no 8 kHz, and readers do not ask: it is 0, as FFmpeg writes it.
 */
export function g711TagHeader(codec: 'g711a' | 'g711u'): number {
  return (SoundFormat[codec] << 4) | (1 << 1);
}

/** Bytes of an ExAudioTagHeader: SoundFormat 9 with the packet type, and the FourCC (Enhanced RTMP). */
export const EX_AUDIO_HEADER_SIZE = 5;

/** Writes an ExAudioTagHeader at the beginning of `target`. */
export function writeExAudioHeader(target: Uint8Array, packetType: number, fourCc: number): void {
  target[0] = (SoundFormat.exHeader << 4) | packetType;
  writeUint32(target, 1, fourCc);
}

/** The header of an audio tag (FLV E.4.2.1, Enhanced RTMP `ExAudioTagHeader`). */
export interface AudioTagHeader {
  readonly content: TagContent;
  /** Enhanced RTMP: the codec is told by its FourCC; else by a SoundFormat. */
  readonly enhanced: boolean;
  /** Undefined where `content` is neither a sequence header nor a frame. */
  readonly codec: AudioCodec | undefined;
  /** Offset of the configuration or the frame in the tag body. */
  readonly position: number;
}

const codecs = byFourCc('aac', 'mp3', 'opus', 'flac', 'ac3', 'eac3');

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
    case SoundFormat.g711a:
      return { content: 'frame', enhanced: false, codec: 'g711a', position: 1 };
    case SoundFormat.g711u:
      return { content: 'frame', enhanced: false, codec: 'g711u', position: 1 };
    case SoundFormat.aac: {
      requireBody(payload, 2);
      const content = payload[1] === AacPacketType.sequenceHeader ? 'sequenceHeader' : 'frame';
      return { content, enhanced: false, codec: 'aac', position: 2 };
    }
    default:
      throw unknownCodec('SoundFormat', format, '2, 7, 8, 9, 10 or 14');
  }
}

function readEnhanced(payload: Uint8Array): AudioTagHeader {
  const { packetType, position } = skipModEx(payload);
  if (packetType === AudioPacketType.multitrack) {
    return { content: 'multitrack', enhanced: true, codec: undefined, position: 0 };
  }
  requireBody(payload, position + 4);
  const codec = codecs.get(readUint32(payload, position));
  if (codec === undefined) throw unknownFourCc(payload, position, 'mp4a, .mp3, Opus, fLaC, ac-3 or ec-3');
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
