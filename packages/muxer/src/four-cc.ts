/** The four-character codes by which Enhanced RTMP names codecs ("Enhanced Video", "Enhanced Audio"). */
export const fourCcs = {
  h264: 'avc1',
  h265: 'hvc1',
  av1: 'av01',
  vp9: 'vp09',
  aac: 'mp4a',
  mp3: '.mp3',
  opus: 'Opus',
  flac: 'fLaC',
  ac3: 'ac-3',
  eac3: 'ec-3',
} as const;

/** A codec that has a form in Enhanced RTMP. */
export type FourCcCodec = keyof typeof fourCcs;

/** The FourCC of a codec as the 32-bit number that tag headers and `onMetaData` hold. */
export function fourCcOf(codec: FourCcCodec): number {
  return Buffer.from(fourCcs[codec], 'latin1').readUInt32BE(0);
}

/** The codecs that a reader knows, by their FourCCs as numbers. */
export function byFourCc<Codec extends FourCcCodec>(...codecs: Codec[]): ReadonlyMap<number, Codec> {
  return new Map(codecs.map((codec) => [fourCcOf(codec), codec]));
}

/** A FourCC for an error text, with whatever it holds. */
export function printFourCc(bytes: Uint8Array, offset: number): string {
  return JSON.stringify(Buffer.from(bytes.subarray(offset, offset + 4)).toString('latin1'));
}
