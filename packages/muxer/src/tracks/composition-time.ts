import { MuxerError } from '../errors.js';

const MINIMUM = -(2 ** 23);
const MAXIMUM = 2 ** 23 - 1;

/** Tells whether SI24 can hold a distance of presentation and decoding time, in ms. */
export function fitsCompositionTime(distance: number): boolean {
  return distance >= MINIMUM && distance <= MAXIMUM;
}

export function compositionTimeError(distance: number): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_COMPOSITION_OFFSET_RANGE', {
    field: 'compositionTimeOffset',
    actual: distance,
    permitted: `${MINIMUM} to ${MAXIMUM} ms`,
  });
}

/**
 * CompositionTime (FLV E.4.3.1): whole ms from the tag's stamp to the presentation time, both counted from
 * the origin of the stream and rounded on their own, so that rounding errors do not add up.
 */
export function compositionTimeOffset(presentation: number, dtsStamp: number, same: boolean): number {
  if (same) return 0;
  return Math.min(MAXIMUM, Math.max(MINIMUM, Math.round(Math.max(0, presentation)) - dtsStamp));
}
