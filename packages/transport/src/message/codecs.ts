/** The two kinds of media that a codec is of. */
export type MediaKind = 'audio' | 'video';

/**
 * A codec by its FourCC (Enhanced RTMP v2), and by the numbers that it has in the older form of a tag header.
 */
export interface Codec {
  readonly fourCc: string;
  readonly kind: MediaKind;
  /** CodecID or SoundFormat (FLV 10.1, annex E.4.2.1 and E.4.3.1); the first one stands for the codec. */
  readonly legacyIds: readonly number[];
  /** Every server knows the number: it is in FLV 10.1. HEVC's 12 is an agreement among servers. */
  readonly legacyEverywhere: boolean;
}

/**
 * The codecs that are announced: a server that chooses by the list must not choose one that is never sent.
 */
export const CODECS: readonly Codec[] = [
  { fourCc: 'avc1', kind: 'video', legacyIds: [7], legacyEverywhere: true },
  { fourCc: 'hvc1', kind: 'video', legacyIds: [12], legacyEverywhere: false },
  { fourCc: 'av01', kind: 'video', legacyIds: [], legacyEverywhere: false },
  { fourCc: 'vp09', kind: 'video', legacyIds: [], legacyEverywhere: false },
  { fourCc: 'mp4a', kind: 'audio', legacyIds: [10], legacyEverywhere: true },
  // 14 is MP3 at 8 kHz, which the sample rate field has no value for.
  { fourCc: '.mp3', kind: 'audio', legacyIds: [2, 14], legacyEverywhere: true },
  { fourCc: 'Opus', kind: 'audio', legacyIds: [], legacyEverywhere: false },
  { fourCc: 'fLaC', kind: 'audio', legacyIds: [], legacyEverywhere: false },
  { fourCc: 'ac-3', kind: 'audio', legacyIds: [], legacyEverywhere: false },
  { fourCc: 'ec-3', kind: 'audio', legacyIds: [], legacyEverywhere: false },
];

/** The codec of a FourCC; undefined for one that is not in the table. */
export function codecOf(fourCc: string): Codec | undefined {
  return CODECS.find((codec) => codec.fourCc === fourCc);
}

/** The codec of a CodecID or SoundFormat; undefined for one that has no FourCC here. */
export function legacyCodec(kind: MediaKind, id: number): Codec | undefined {
  return CODECS.find((codec) => codec.kind === kind && codec.legacyIds.includes(id));
}
