import { type AmfObject, type AmfValue, numberProperty, propertiesOf, property } from '../../amf/value.js';
import { RtmpError, RtmpErrorCode } from '../../errors.js';
import type { ServerProfile } from '../publish/profile.js';

/** Bits of `capsEx` (Enhanced RTMP v2, "Enhancing NetConnection connect Command"). */
export const CapsEx = { reconnect: 0x01, multitrack: 0x02, modEx: 0x04, timestampNanoOffset: 0x08 } as const;

/** Bits of a FourCC's entry in the info maps. */
export const FourCcInfo = { canDecode: 0x01, canEncode: 0x02, canForward: 0x04 } as const;

/** The two kinds of media that a codec is of. */
export type MediaKind = 'audio' | 'video';

/** What one side of a connection has announced about Enhanced RTMP. */
export interface Capabilities {
  /** The peer announced anything of Enhanced RTMP at all. */
  readonly enhanced: boolean;
  /** FourCCs in any of its lists; `*` stands for all. */
  readonly fourCcs: ReadonlySet<string>;
  /** Of which kinds it has named codecs at all; lists of Enhanced RTMP v1 know video only. */
  readonly kinds: ReadonlySet<MediaKind>;
  /** Bits of {@link CapsEx}. */
  readonly capsEx: number;
}

export const NO_CAPABILITIES: Capabilities = {
  enhanced: false,
  fourCcs: new Set(),
  kinds: new Set(),
  capsEx: 0,
};

/** What there is a muxer for: a server that chooses by the list must not choose what never comes. */
const VIDEO_FOURCCS = ['avc1', 'hvc1', 'av01', 'vp09'];
const AUDIO_FOURCCS = ['mp4a', '.mp3', 'Opus', 'fLaC', 'ac-3', 'ec-3'];
/** Codecs with a codec id of FLV 10.1, which every server knows. */
const LEGACY_FOURCCS = ['avc1', 'mp4a', '.mp3'];

/** The properties that announce what we can send, or take: nothing is left out or changed on the way, so all of it. */
export function announceCapabilities(info: number, capsEx: number): AmfObject {
  const map = (fourCcs: readonly string[]): AmfObject => Object.fromEntries(fourCcs.map((f) => [f, info]));
  return {
    capsEx,
    fourCcList: [...VIDEO_FOURCCS, ...AUDIO_FOURCCS],
    videoFourCcInfoMap: map(VIDEO_FOURCCS),
    audioFourCcInfoMap: map(AUDIO_FOURCCS),
  };
}

/** Reads what the peer announced in the objects of a `connect` or of its `_result`, wherever it put them. */
export function readCapabilities(values: readonly AmfValue[]): Capabilities {
  const fourCcs = new Set<string>();
  const kinds = new Set<MediaKind>();
  let enhanced = false;
  let capsEx = 0;
  for (const value of values) {
    const list = property(value, 'fourCcList');
    if (Array.isArray(list)) {
      enhanced = true;
      kinds.add('video');
      for (const fourCc of list) {
        if (typeof fourCc !== 'string') continue;
        fourCcs.add(fourCc);
        if (fourCc === '*' || AUDIO_FOURCCS.includes(fourCc)) kinds.add('audio');
      }
    }
    for (const kind of ['video', 'audio'] as const) {
      const map = propertiesOf(property(value, `${kind}FourCcInfoMap`));
      if (map === undefined) continue;
      enhanced = true;
      kinds.add(kind);
      // A mask of 0 says that the peer can do nothing with it.
      for (const fourCc of Object.keys(map)) if (map[fourCc] !== 0) fourCcs.add(fourCc);
    }
    const bits = numberProperty(value, 'capsEx');
    if (bits === undefined) continue;
    enhanced = true;
    capsEx |= bits;
  }
  return { enhanced, fourCcs, kinds, capsEx };
}

/** Whether the peer has announced a codec in its Enhanced RTMP form. */
export function takesFourCc(capabilities: Capabilities, fourCc: string): boolean {
  return capabilities.fourCcs.has(fourCc) || capabilities.fourCcs.has('*');
}

/** How a codec's tag bodies are formed. */
export type CodecForm = 'enhanced' | 'legacy';

/**
 * Chooses the form for a codec, by its FourCC: what the caller insists on, else the older form where every server knows the
 * codec by it (`avc1`, `mp4a`, `.mp3`), else Enhanced RTMP, unless the server has named other codecs of its kind or its profile
 * knows the older forms only; then the older form of HEVC (codec id 12), where the profile takes that.
 *
 * Hardly any server announces what it takes, and the clients that are in use send Enhanced RTMP without asking: silence
 * is no refusal.
 * @throws RtmpError `ERR_CLOUDPUSH_CODEC_REFUSED` when no form is left
 */
export function chooseForm(
  fourCc: string,
  capabilities: Capabilities,
  profile: ServerProfile,
  wish: CodecForm | 'auto' = 'auto',
): CodecForm {
  if (wish !== 'auto') return wish;
  if (LEGACY_FOURCCS.includes(fourCc)) return 'legacy';
  const announces = capabilities.kinds.has(AUDIO_FOURCCS.includes(fourCc) ? 'audio' : 'video');
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
  const known = announces ? `it announced: ${permitted}` : `its profile (${name}) knows no Enhanced RTMP`;
  return new RtmpError(
    RtmpErrorCode.codecRefused,
    'publish',
    `The server takes ${fourCc} in no form that is known of it; ${known}`,
    { details: { actual: fourCc, permitted } },
  );
}
