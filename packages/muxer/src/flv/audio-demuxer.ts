import { encodeAdtsFrame } from '../aac/encode-adts-frame.js';
import { type AudioSpecificConfig, parseAudioSpecificConfig } from '../aac/parse-audio-specific-config.js';
import { readUint32 } from '../bits/bytes.js';
import type { AudioCodec } from '../media-packet.js';
import { AacPacketType, AudioPacketType, SoundFormat } from './audio-tag-header.js';
import {
  type DemuxableTag,
  type DemuxedAudio,
  invalidTag,
  noNalUnits,
  printFourCc,
  requireBody,
  unknownCodec,
} from './demuxed-unit.js';
import { skipModEx } from './mod-ex.js';
import { fourCc } from './video-tag-header.js';

const codecs = new Map<number, AudioCodec>([
  [fourCc('mp4a'), 'aac'],
  [fourCc('.mp3'), 'mp3'],
  [fourCc('Opus'), 'opus'],
  [fourCc('fLaC'), 'flac'],
  [fourCc('ac-3'), 'ac3'],
  [fourCc('ec-3'), 'eac3'],
]);

/** Turns audio tags back into an elementary stream. */
export class AudioDemuxer {
  #config: AudioSpecificConfig | undefined;

  demux(tag: DemuxableTag): DemuxedAudio | undefined {
    const { payload } = tag;
    const format = payload[0]! >> 4;
    switch (format) {
      case SoundFormat.exHeader:
        return this.#demuxEnhanced(tag);
      case SoundFormat.mp3:
      case SoundFormat.mp3At8kHz:
        return sample(tag, 'mp3', payload.subarray(1));
      case SoundFormat.aac:
        requireBody(payload, 2);
        if (payload[1] === AacPacketType.sequenceHeader) return this.#aacConfig(tag, payload.subarray(2));
        return this.#aacSample(tag, payload.subarray(2));
      default:
        throw unknownCodec('SoundFormat', format, '2, 9, 10 or 14');
    }
  }

  #demuxEnhanced(tag: DemuxableTag): DemuxedAudio | undefined {
    const { payload } = tag;
    const { packetType, position } = skipModEx(payload);
    requireBody(payload, position + 4);
    const codec = codecs.get(readUint32(payload, position));
    if (codec === undefined) {
      throw unknownCodec(
        'FourCC',
        printFourCc(payload, position),
        'mp4a, .mp3, Opus, fLaC, ac-3 or ec-3',
        position,
      );
    }
    const body = payload.subarray(position + 4);
    switch (packetType) {
      case AudioPacketType.sequenceStart:
        return codec === 'aac' ? this.#aacConfig(tag, body) : unit('config', tag, codec, body);
      case AudioPacketType.codedFrames:
        return codec === 'aac' ? this.#aacSample(tag, body) : sample(tag, codec, body);
      case AudioPacketType.sequenceEnd:
      case AudioPacketType.multichannelConfig:
        return undefined;
      default:
        throw invalidTag('AudioPacketType', packetType, '0, 1, 2, 4 or 7');
    }
  }

  #aacConfig(tag: DemuxableTag, body: Uint8Array): DemuxedAudio | undefined {
    // ffmpeg begins a copy of ADTS without knowing the configuration, and sends it later.
    if (body.length === 0) return undefined;
    const config = parseAudioSpecificConfig(body);
    if (config === undefined)
      throw invalidTag('AudioSpecificConfig', `${body.length} bytes`, 'all fields present');
    this.#config = config;
    return unit('config', tag, 'aac', body);
  }

  #aacSample(tag: DemuxableTag, raw: Uint8Array): DemuxedAudio | undefined {
    if (raw.length === 0) return undefined;
    if (this.#config === undefined)
      throw invalidTag('AAC frame', 'without configuration', 'behind a sequence header');
    const frame = encodeAdtsFrame(this.#config, raw);
    if (frame === undefined) {
      throw invalidTag(
        'AAC frame',
        `object type ${this.#config.objectType}, ${raw.length} bytes`,
        'what ADTS can say',
      );
    }
    return unit('sample', tag, 'aac', frame);
  }
}

function sample(tag: DemuxableTag, codec: AudioCodec, data: Uint8Array): DemuxedAudio | undefined {
  return data.length === 0 ? undefined : unit('sample', tag, codec, data);
}

function unit(
  kind: 'config' | 'sample',
  tag: DemuxableTag,
  codec: AudioCodec,
  data: Uint8Array,
): DemuxedAudio {
  const dts = tag.timestamp;
  return { kind, track: 'audio', codec, dts, pts: dts, keyFrame: true, data, nalUnits: noNalUnits };
}
