import { av1ConfigObus } from '../av1/av1-codec-configuration-record.js';
import { parseAvcDecoderConfigurationRecord } from '../h264/avc-decoder-configuration-record.js';
import { parseHevcDecoderConfigurationRecord } from '../h265/hevc-decoder-configuration-record.js';
import type { VideoCodec } from '../media-packet.js';
import { encodeAnnexB, splitLengthPrefixed } from '../nal/length-prefixed.js';
import { type DemuxableTag, type DemuxedVideo, noNalUnits } from './demuxed-unit.js';
import { invalidTag } from './tag-errors.js';
import { readVideoTagHeader, VideoPacketType } from './video-tag-header.js';

/** Turns video tags back into an elementary stream. */
export class VideoDemuxer {
  #lengthSize = 4;

  demux(tag: DemuxableTag): DemuxedVideo | undefined {
    const header = readVideoTagHeader(tag.payload);
    const { content, codec, keyFrame, compositionTimeOffset, position } = header;
    if (content === 'multitrack') {
      throw invalidTag('VideoPacketType', VideoPacketType.multitrack, '0 to 4, or 7');
    }
    if (codec === undefined) return undefined;
    const body = tag.payload.subarray(position);
    if (content === 'sequenceHeader') return this.#config(tag, codec, body);
    return this.#sample(tag, codec, keyFrame, compositionTimeOffset, body);
  }

  #config(tag: DemuxableTag, codec: VideoCodec, record: Uint8Array): DemuxedVideo {
    if (codec === 'av1') return unit('config', tag, codec, true, 0, av1ConfigObus(record), noNalUnits);
    if (codec === 'vp9') return unit('config', tag, codec, true, 0, record, noNalUnits);
    const { lengthSize, nalUnits } =
      codec === 'h264'
        ? parseAvcDecoderConfigurationRecord(record)
        : parseHevcDecoderConfigurationRecord(record);
    this.#lengthSize = lengthSize;
    return unit('config', tag, codec, true, 0, encodeAnnexB(nalUnits), nalUnits);
  }

  #sample(
    tag: DemuxableTag,
    codec: VideoCodec,
    keyFrame: boolean,
    offset: number,
    sample: Uint8Array,
  ): DemuxedVideo {
    if (codec === 'av1' || codec === 'vp9')
      return unit('sample', tag, codec, keyFrame, offset, sample, noNalUnits);
    const nalUnits = splitLengthPrefixed(sample, this.#lengthSize);
    return unit('sample', tag, codec, keyFrame, offset, encodeAnnexB(nalUnits), nalUnits);
  }
}

function unit(
  kind: 'config' | 'sample',
  tag: DemuxableTag,
  codec: VideoCodec,
  keyFrame: boolean,
  offset: number,
  data: Uint8Array,
  nalUnits: readonly Uint8Array[],
): DemuxedVideo {
  const dts = tag.timestamp;
  return { kind, track: 'video', codec, dts, pts: dts + offset, keyFrame, data, nalUnits };
}
