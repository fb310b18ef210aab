import { type AmfObject, type AmfValue, numberProperty, propertiesOf, property } from '../../amf/value.js';
import { CODECS, codecOf, type MediaKind } from '../../message/codecs.js';

/** Bits of `capsEx` (Enhanced RTMP v2, "Enhancing NetConnection connect Command"). */
export const CapsEx = { reconnect: 0x01, multitrack: 0x02, modEx: 0x04, timestampNanoOffset: 0x08 } as const;

/** Bits of a FourCC's entry in the info maps. */
export const FourCcInfo = { canDecode: 0x01, canEncode: 0x02, canForward: 0x04 } as const;

/** The announcement of one side of a connection about Enhanced RTMP. */
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

/** Capabilities while they are being read. */
interface Announcement {
  enhanced: boolean;
  readonly fourCcs: Set<string>;
  readonly kinds: Set<MediaKind>;
  capsEx: number;
}

/** The properties that announce what can be sent, or taken: of every codec the same. */
export function announceCapabilities(info: number, capsEx: number): AmfObject {
  return {
    capsEx,
    fourCcList: CODECS.map(({ fourCc }) => fourCc),
    videoFourCcInfoMap: infoMap('video', info),
    audioFourCcInfoMap: infoMap('audio', info),
  };
}

function infoMap(kind: MediaKind, info: number): AmfObject {
  return Object.fromEntries(
    CODECS.filter((codec) => codec.kind === kind).map(({ fourCc }) => [fourCc, info]),
  );
}

/** Reads what the peer announced in the objects of a `connect` or of its `_result`, wherever it put them. */
export function readCapabilities(values: readonly AmfValue[]): Capabilities {
  const announced: Announcement = { enhanced: false, fourCcs: new Set(), kinds: new Set(), capsEx: 0 };
  for (const value of values) {
    readList(announced, property(value, 'fourCcList'));
    readInfoMap(announced, 'video', property(value, 'videoFourCcInfoMap'));
    readInfoMap(announced, 'audio', property(value, 'audioFourCcInfoMap'));
    const bits = numberProperty(value, 'capsEx');
    if (bits === undefined) continue;
    announced.enhanced = true;
    announced.capsEx |= bits;
  }
  return announced;
}

function readList(announced: Announcement, list: AmfValue): void {
  if (!Array.isArray(list)) return;
  announced.enhanced = true;
  announced.kinds.add('video');
  for (const fourCc of list) {
    if (typeof fourCc !== 'string') continue;
    announced.fourCcs.add(fourCc);
    if (fourCc === '*' || codecOf(fourCc)?.kind === 'audio') announced.kinds.add('audio');
  }
}

function readInfoMap(announced: Announcement, kind: MediaKind, value: AmfValue): void {
  const map = propertiesOf(value);
  if (map === undefined) return;
  announced.enhanced = true;
  announced.kinds.add(kind);
  // A mask of 0 says that the peer can do nothing with it.
  for (const fourCc of Object.keys(map)) if (map[fourCc] !== 0) announced.fourCcs.add(fourCc);
}

/** Tells whether the peer has announced a codec in its Enhanced RTMP form. */
export function takesFourCc(capabilities: Capabilities, fourCc: string): boolean {
  return capabilities.fourCcs.has(fourCc) || capabilities.fourCcs.has('*');
}
