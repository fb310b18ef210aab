import { RtmpError, RtmpErrorCode } from '../../errors.js';
import { codecOf } from '../../message/codecs.js';
import { type Capabilities, takesFourCc } from '../common/capabilities.js';
import type { ServerProfile } from './profile.js';

/** Form of a codec's tag bodies. */
export type CodecForm = 'enhanced' | 'legacy';

/**
 * Chooses the form for a codec, by its FourCC: what the caller insists on, else the older form where every
 * server knows the codec by it (`avc1`, `mp4a`, `.mp3`), else Enhanced RTMP, unless the server has named
 * other codecs of its kind or its profile knows the older forms only; then the older form of HEVC (codec id
 * 12), where the profile takes that.
 *
 * Hardly any server announces what it takes, and the clients that are in use send Enhanced RTMP without
 * asking: silence is no refusal.
 * @throws RtmpError `ERR_CLOUDPUSH_CODEC_REFUSED` when no form is left
 */
export function chooseForm(
  fourCc: string,
  capabilities: Capabilities,
  profile: ServerProfile,
  wish: CodecForm | 'auto' = 'auto',
): CodecForm {
  if (wish !== 'auto') return wish;
  const codec = codecOf(fourCc);
  if (codec?.legacyEverywhere) return 'legacy';
  const announces = capabilities.kinds.has(codec?.kind ?? 'video');
  if (announces ? takesFourCc(capabilities, fourCc) : profile.enhanced) return 'enhanced';
  if (fourCc === 'hvc1' && profile.legacyHevc) return 'legacy';
  throw refusedCodec(fourCc, capabilities, profile, announces);
}

function refusedCodec(
  fourCc: string,
  { fourCcs }: Capabilities,
  { name }: ServerProfile,
  announces: boolean,
): RtmpError {
  const permitted = [...fourCcs].join(', ') || 'none announced';
  const known = announces ? `it announced: ${permitted}` : `its profile (${name}) has no Enhanced RTMP`;
  return new RtmpError(
    RtmpErrorCode.codecRefused,
    'publish',
    `the server takes ${fourCc} in no form that is known of it; ${known}`,
    { details: { actual: fourCc, permitted } },
  );
}
