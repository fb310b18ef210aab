import { encodeAdtsFrame } from '../aac/adts-header.js';
import { type AudioSpecificConfig, parseAudioSpecificConfig } from '../aac/audio-specific-config.js';
import { flacStreamHeader } from '../flac/flac-format.js';
import type { AudioCodec } from '../media-packet.js';
import { AudioPacketType, readAudioTagHeader } from './audio-tag-header.js';
import { type DemuxableTag, type DemuxedAudio, noNalUnits } from './demuxed-unit.js';
import { invalidTag } from './tag-errors.js';

/** Turns audio tags back into an elementary stream. */
export class AudioDemuxer {
  #config: AudioSpecificConfig | undefined;

  demux(tag: DemuxableTag): DemuxedAudio | undefined {
    const { content, codec, position } = readAudioTagHeader(tag.payload);
    if (content === 'multitrack') {
      throw invalidTag('AudioPacketType', AudioPacketType.multitrack, '0, 1, 2, 4 or 7');
    }
    if (codec === undefined || (content !== 'sequenceHeader' && content !== 'frame')) return undefined;
    const body = tag.payload.subarray(position);
    if (content === 'sequenceHeader') {
      if (codec === 'aac') return this.#aacConfig(tag, body);
      return unit('config', tag, codec, codec === 'flac' ? flacStreamHeader(body) : body);
    }
    if (body.length === 0) return undefined;
    return unit('sample', tag, codec, codec === 'aac' ? this.#adtsFrame(body) : body);
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

  #adtsFrame(raw: Uint8Array): Uint8Array {
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
    return frame;
  }
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
