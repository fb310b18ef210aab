import { type FlvTag, TagRole, TagType } from '@cloudpush/muxer';
import { enhancedFourCcOf } from './four-cc.js';

/** Bytes of a tag body's header: codec id 12 (as E.4.3.1 of FLV 10.1 has it for AVC), and Enhanced RTMP's. */
const LEGACY_SIZE = 5;
const ENHANCED_SIZE = 5;
/** With a composition time offset. */
const CODED_FRAMES_SIZE = 8;

const HEVC_CODEC_ID = 12;
const HVC1 = Buffer.from('hvc1', 'latin1');
/** Bits of a body's first byte. */
const EX_VIDEO_HEADER = 0x80;
const FRAME_TYPE_BITS = 0x70;

/** Packet types of Enhanced RTMP, and the older ones that say the same. */
const CODED_FRAMES = 1;
const CODED_FRAMES_X = 3;
const LEGACY_TYPES: Readonly<Record<number, number>> = { 0: 0, 1: 1, 2: 2, [CODED_FRAMES_X]: 1 };

/**
 * H.265 in the older form: the tags that were made in Enhanced RTMP's, when a server turns out not to take
 * that. The payload is not copied. Destinations share tags, so that each is made anew once.
 */
export class HevcFallback {
  readonly #made = new Map<FlvTag, FlvTag>();

  /**
   * The same tag in the older form; undefined when that has none for it (`colorInfo`); `tag` itself when it
   * is of another codec.
   */
  legacyOf(tag: FlvTag): FlvTag | undefined {
    const known = this.#made.get(tag);
    if (known !== undefined) return known;
    const made = legacyHevcOf(tag);
    if (made !== undefined && made !== tag) this.#made.set(tag, made);
    return made;
  }
}

/** See {@link HevcFallback.legacyOf}: for tags that have one reader, such as those on disk. */
export function legacyHevcOf(tag: FlvTag): FlvTag | undefined {
  if (tag.type !== TagType.video || enhancedFourCcOf(tag) !== 'hvc1') return tag;
  return tag.role === TagRole.videoMetadata ? undefined : inLegacyForm(tag);
}

/** Whether a tag is of H.265 in its older form. */
export function isLegacyHevc({ type, parts }: FlvTag): boolean {
  const first = parts[0]?.[0] ?? 0;
  return type === TagType.video && (first & EX_VIDEO_HEADER) === 0 && (first & 15) === HEVC_CODEC_ID;
}

/** The same tag in the enhanced form; `tag` itself when it is of another codec, or has that form. */
export function enhancedHevcOf(tag: FlvTag): FlvTag {
  return isLegacyHevc(tag) ? inEnhancedForm(tag) : tag;
}

/** The body's header, of either form, lies in the first part. */
function inEnhancedForm(tag: FlvTag): FlvTag {
  const [first, ...rest] = tag.parts as [Uint8Array, ...Uint8Array[]];
  const isFrame = first[1] === CODED_FRAMES;
  const hasOffset = isFrame && first.subarray(2, LEGACY_SIZE).some((byte) => byte !== 0);
  const header = new Uint8Array(hasOffset ? CODED_FRAMES_SIZE : ENHANCED_SIZE);
  const packetType = isFrame && !hasOffset ? CODED_FRAMES_X : first[1]!;
  header[0] = EX_VIDEO_HEADER | (first[0]! & FRAME_TYPE_BITS) | packetType;
  header.set(HVC1, 1);
  if (hasOffset) header.set(first.subarray(2, LEGACY_SIZE), ENHANCED_SIZE);
  const parts = [header, first.subarray(LEGACY_SIZE), ...rest].filter(({ length }) => length > 0);
  return tag.withBody({ parts, size: tag.size - LEGACY_SIZE + header.length, headroom: 0 });
}

function inLegacyForm(tag: FlvTag): FlvTag {
  const [first, ...rest] = tag.parts as [Uint8Array, ...Uint8Array[]];
  const frameType = (first[0]! >> 4) & 7;
  const packetType = first[0]! & 15;
  const hasOffset = packetType === CODED_FRAMES;
  const before = hasOffset ? CODED_FRAMES_SIZE : ENHANCED_SIZE;
  const header = new Uint8Array(LEGACY_SIZE);
  header[0] = (frameType << 4) | HEVC_CODEC_ID;
  header[1] = LEGACY_TYPES[packetType]!;
  if (hasOffset) header.set(first.subarray(ENHANCED_SIZE, CODED_FRAMES_SIZE), 2);
  const parts = [header, first.subarray(before), ...rest].filter(({ length }) => length > 0);
  return tag.withBody({ parts, size: tag.size - before + LEGACY_SIZE, headroom: 0 });
}
