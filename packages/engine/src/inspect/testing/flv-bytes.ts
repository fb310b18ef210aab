/** A tag to be written: its body in hex, blanks ignored, or as bytes. */
export interface TagBytes {
  readonly type: 'audio' | 'video' | 'data';
  /** ms */
  readonly timestamp: number;
  readonly body: string | Uint8Array;
}

const TAG_TYPES = { audio: 8, video: 9, data: 18 } as const;

/** An FLV file, byte by byte after FLV 10.1 Annex E.2 and E.4.1. */
export function flvBytes(tags: readonly TagBytes[]): Buffer {
  return Buffer.concat([Buffer.from('464c5601050000000900000000', 'hex'), ...tags.map(tagBytes)]);
}

/** A tag with the PreviousTagSize behind it. */
export function tagBytes({ type, timestamp, body }: TagBytes): Buffer {
  const data = typeof body === 'string' ? Buffer.from(body.replaceAll(' ', ''), 'hex') : body;
  const header = Buffer.alloc(11);
  header[0] = TAG_TYPES[type];
  header.writeUIntBE(data.length, 1, 3);
  header.writeUIntBE(timestamp % 2 ** 24, 4, 3);
  header[7] = Math.floor(timestamp / 2 ** 24);
  const size = Buffer.alloc(4);
  size.writeUInt32BE(header.length + data.length);
  return Buffer.concat([header, data, size]);
}

/**
 * The bodies of a short H.264 track of x264 (core 164, bframes=2, 25 frames a second), as far as headers go.
 */
export const AVC = {
  sequenceHeader:
    '17 00 000000 01 64000a ff e1 0018 6764000aacd9457b011000000300100000030320f1225960 01 0006 68ebe3cb22c0',
  key: '17 01 000050 00000008 6588840047dae398',
  inter: '27 01 0000c8 00000008 419a236c457fbc7c',
  disposable: '27 01 000000 00000009 019e626a42dff8583c',
  endOfSequence: '17 02 000000',
} as const;

/** The bodies of an AAC track: LC, 48 kHz, two channels. */
export const AAC = { sequenceHeader: 'af 00 1190', frame: 'af 01 211004608c1c' } as const;
