import { type AmfValue, encodeAmf0 } from '@cloudpush/transport';
import { CloudPushError } from '../../base/errors.js';
import { invalidParameter, invalidType } from '../../base/validation.js';

/**
 * The options of a packet: something that holds its times.
 * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`
 */
export function requireTimes<T extends object>(options: T): T {
  if (typeof options === 'object' && options !== null) return options;
  throw invalidType('options', options, "an object with the packet's times, { pts }");
}

/**
 * The body of a data message.
 * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`; `ERR_CLOUDPUSH_AMF` when AMF0 cannot carry a
 *   value
 */
export function encodeMessage(name: string, values: readonly AmfValue[]): Buffer {
  if (typeof name !== 'string') throw invalidType('name', name, 'a text');
  if (!Array.isArray(values)) throw invalidType('values', values, 'a list');
  try {
    return encodeAmf0(name, ...values);
  } catch (error) {
    throw CloudPushError.wrap(error);
  }
}

/**
 * The number by which a descriptor names the codec.
 * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`
 */
export function codecNumber<T extends string>(codecs: readonly T[], codec: T): number {
  const number = codecs.indexOf(codec);
  if (number < 0) throw invalidParameter('codec', codec, codecs.join(', '));
  return number;
}

/** The refusal of a packet of a track that the channel was opened without. */
export function noTrackError(track: 'video' | 'audio'): CloudPushError {
  return invalidParameter(
    track,
    'none',
    `a codec, when the channel is opened, for a stream that has ${track}`,
  );
}

/** The refusal of a packet where the channel reads a source. */
export function hasSourceError(): CloudPushError {
  const message =
    'the channel reads its source itself, and takes no packets: it was opened with the option source';
  return new CloudPushError('ERR_CLOUDPUSH_INVALID_STATE', message, { class: 'fatal' });
}

/** The refusal of a source where the caller sends the packets. */
export function noSourceError(): CloudPushError {
  const message = 'the channel was opened without a source: its packets are sent by the caller';
  return new CloudPushError('ERR_CLOUDPUSH_INVALID_STATE', message, { class: 'fatal' });
}
