import { type HevcForm, TagType } from '@cloudpush/muxer';
import { decodeAmf0, EcmaArray, encodeAmf0 } from '@cloudpush/transport';
import type { SpoolGroup, SpoolTag } from '../../spool/index.js';
import { enhancedFourCcOf } from '../channel/four-cc.js';
import { enhancedHevcOf, isLegacyHevc, legacyHevcOf } from '../channel/hevc-fallback.js';
import { videoCodecId } from '../channel/track-codec-ids.js';
import { StoredTag } from './stored-tag.js';

const METADATA = 'onMetaData';
const CODEC_ID = 'videocodecid';

/** A group from disk with its H.265, if it has any, in a form, whatever form it was written in. */
export function groupInForm(group: SpoolGroup, form: HevcForm): SpoolGroup {
  const made = (tags: readonly SpoolTag[]): SpoolTag[] =>
    tags.map((tag) => tagInForm(tag, form)).filter((tag) => tag !== undefined);
  return { ...group, headers: made(group.headers), tags: made(group.tags) };
}

/** A tag from disk in a form of H.265, as far as it is of it; undefined: it has no place there. */
export function tagInForm(tag: SpoolTag, form: HevcForm): SpoolTag | undefined {
  if (tag.type === TagType.scriptData) return withCodecId(tag, form);
  const stored = new StoredTag(tag);
  return form === 'legacy' ? legacyHevcOf(stored) : enhancedHevcOf(stored);
}

/** The FourCC of a header from disk, where it has one in either form. */
export function fourCcOfHeader(header: SpoolTag): string | undefined {
  const stored = new StoredTag(header);
  return isLegacyHevc(stored) ? 'hvc1' : enhancedFourCcOf(stored);
}

/** `onMetaData` names the codec as well. */
function withCodecId(tag: SpoolTag, form: HevcForm): SpoolTag {
  const body = Buffer.concat(tag.parts);
  if (!body.includes(METADATA)) return tag;
  const values = decodeAmf0(body);
  const fields = values.at(-1);
  if (!values.includes(METADATA) || !(fields instanceof EcmaArray)) return tag;
  const { properties } = fields;
  const other = form === 'legacy' ? 'enhanced' : 'legacy';
  if (properties[CODEC_ID] !== videoCodecId('h265', other)) return tag;
  const renamed = new EcmaArray({ ...properties, [CODEC_ID]: videoCodecId('h265', form) });
  const made = encodeAmf0(...values.slice(0, -1), renamed);
  return { ...tag, parts: [made], size: made.length };
}
