import { MuxerError } from '../errors.js';
import { printFourCc } from '../four-cc.js';

/** Refuses a tag body that is shorter than `size` bytes. */
export function requireBody(payload: Uint8Array, size: number): void {
  const { length } = payload;
  if (length < size) throw invalidTag('tag body', `${length} bytes`, `≥ ${size} bytes`, length);
}

/** @param offset in the tag body */
export function invalidTag(
  field: string,
  actual: number | string,
  permitted: string,
  offset = 0,
): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_FLV_TAG_INVALID', { offset, field, actual, permitted });
}

/** @param offset in the tag body */
export function unknownCodec(
  field: string,
  actual: number | string,
  permitted: string,
  offset = 0,
): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_FLV_CODEC', { offset, field, actual, permitted });
}

/** Refuses a FourCC, with whatever it holds. */
export function unknownFourCc(payload: Uint8Array, offset: number, permitted: string): MuxerError {
  return unknownCodec('FourCC', printFourCc(payload, offset), permitted, offset);
}
