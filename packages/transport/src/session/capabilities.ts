import { type AmfObject, type AmfValue, numberProperty, propertiesOf, property } from '../amf0/value.js';
import { RtmpError, RtmpErrorCode } from '../errors.js';

/** Bits of `capsEx` (Enhanced RTMP v2, "Enhancing NetConnection connect Command"). */
export const CapsEx = { reconnect: 0x01, multitrack: 0x02, modEx: 0x04, timestampNanoOffset: 0x08 } as const;

/** Bits of a FourCC's entry in the info maps. */
export const FourCcInfo = { canDecode: 0x01, canEncode: 0x02, canForward: 0x04 } as const;

/** What one side of a connection has announced about Enhanced RTMP. */
export interface Capabilities {
  /** The peer announced anything of Enhanced RTMP at all. */
  readonly enhanced: boolean;
  /** FourCCs in any of its lists; `*` stands for all. */
  readonly fourCcs: ReadonlySet<string>;
  /** Bits of {@link CapsEx}. */
  readonly capsEx: number;
}

export const NO_CAPABILITIES: Capabilities = { enhanced: false, fourCcs: new Set(), capsEx: 0 };

/** What there is a muxer for: a server that chooses by the list must not choose what never comes. */
const VIDEO_FOURCCS = ['avc1', 'hvc1', 'av01', 'vp09'];
const AUDIO_FOURCCS = ['mp4a', '.mp3', 'Opus', 'fLaC', 'ac-3', 'ec-3'];

/** The properties that announce what we can send. */
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
  let enhanced = false;
  let capsEx = 0;
  for (const value of values) {
    const list = property(value, 'fourCcList');
    if (Array.isArray(list)) {
      enhanced = true;
      for (const fourCc of list) if (typeof fourCc === 'string') fourCcs.add(fourCc);
    }
    for (const key of ['videoFourCcInfoMap', 'audioFourCcInfoMap']) {
      const map = propertiesOf(property(value, key));
      if (map === undefined) continue;
      enhanced = true;
      // A mask of 0 says that the peer can do nothing with it.
      for (const fourCc of Object.keys(map)) if (map[fourCc] !== 0) fourCcs.add(fourCc);
    }
    const bits = numberProperty(value, 'capsEx');
    if (bits === undefined) continue;
    enhanced = true;
    capsEx |= bits;
  }
  return { enhanced, fourCcs, capsEx };
}

/** Whether the peer takes a codec in its Enhanced RTMP form. */
export function takesFourCc(capabilities: Capabilities, fourCc: string): boolean {
  return capabilities.fourCcs.has(fourCc) || capabilities.fourCcs.has('*');
}

/** How a codec's tag bodies are formed. */
export type CodecForm = 'enhanced' | 'legacy';

/**
 * Chooses the form for a video codec: what the caller insists on, else Enhanced RTMP where the server announced
 * the FourCC, else the older form (AVC id 7, HEVC id 12) where the server is known, by its profile, to take it.
 * @throws RtmpError `ERR_CLOUDPUSH_CODEC_REFUSED` when no form is left
 */
export function chooseVideoForm(
  fourCc: string,
  capabilities: Capabilities,
  legacyHevc: boolean,
  wish: CodecForm | 'auto' = 'auto',
): CodecForm {
  if (wish !== 'auto') return wish;
  if (fourCc === 'avc1') return 'legacy'; // codec id 7 is what every server knows
  if (takesFourCc(capabilities, fourCc)) return 'enhanced';
  if (fourCc === 'hvc1' && legacyHevc) return 'legacy';
  const permitted = [...capabilities.fourCcs].join(', ') || 'none announced';
  throw new RtmpError(
    RtmpErrorCode.codecRefused,
    'publish',
    `The server takes ${fourCc} in no form that is known of it; it announced: ${permitted}`,
    { details: { actual: fourCc, permitted } },
  );
}
