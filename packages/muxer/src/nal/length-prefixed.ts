import { MuxerError } from '../errors.js';

const startCode = [0, 0, 0, 1];

/** The NAL units of a sample with lengths of `lengthSize` bytes in front (ISO/IEC 14496-15 §5.3.4.2). */
export function splitLengthPrefixed(sample: Uint8Array, lengthSize: number): Uint8Array[] {
  const nalUnits: Uint8Array[] = [];
  let position = 0;
  while (position < sample.length) {
    let length = 0;
    const start = position + lengthSize;
    for (let i = position; i < Math.min(start, sample.length); i++) length = length * 256 + sample[i]!;
    if (start + length > sample.length) {
      throw new MuxerError('ERR_CLOUDPUSH_FLV_TAG_INVALID', {
        offset: position,
        field: 'NALUnitLength',
        actual: length,
        permitted: `≤ ${Math.max(0, sample.length - start)}`,
      });
    }
    if (length > 0) nalUnits.push(sample.subarray(start, start + length));
    position = start + length;
  }
  return nalUnits;
}

/** A byte stream with a 4-byte start code in front of each NAL unit (ISO/IEC 14496-10 Annex B). */
export function encodeAnnexB(nalUnits: readonly Uint8Array[]): Uint8Array {
  let size = 0;
  for (const nal of nalUnits) size += 4 + nal.length;
  const bytes = new Uint8Array(size);
  let position = 0;
  for (const nal of nalUnits) {
    bytes.set(startCode, position);
    bytes.set(nal, position + 4);
    position += 4 + nal.length;
  }
  return bytes;
}
