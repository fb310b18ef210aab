import { TagType } from '@cloudpush/muxer';
import { decodeAmf0, EcmaArray, encodeAmf0 } from '@cloudpush/transport';
import type { SpoolTag } from '../../spool/index.js';
import { legacyHevcOf } from '../channel/hevc-fallback.js';
import { videoCodecId } from '../channel/track-codec-ids.js';
import { StoredTag } from './stored-tag.js';

const METADATA = 'onMetaData';
const CODEC_ID = 'videocodecid';

/** A tag from disk in the older form of H.265, as far as it is of it; undefined: it has no place there. */
export function legacyFormOf(tag: SpoolTag): SpoolTag | undefined {
  return tag.type === TagType.scriptData ? withLegacyId(tag) : legacyHevcOf(new StoredTag(tag));
}

/** `onMetaData` names the codec as well. */
function withLegacyId(tag: SpoolTag): SpoolTag {
  const body = Buffer.concat(tag.parts);
  if (!body.includes(METADATA)) return tag;
  const values = decodeAmf0(body);
  const fields = values.at(-1);
  if (!values.includes(METADATA) || !(fields instanceof EcmaArray)) return tag;
  const { properties } = fields;
  if (properties[CODEC_ID] !== videoCodecId('h265', 'enhanced')) return tag;
  const renamed = new EcmaArray({ ...properties, [CODEC_ID]: videoCodecId('h265', 'legacy') });
  const made = encodeAmf0(...values.slice(0, -1), renamed);
  return { ...tag, parts: [made], size: made.length };
}
