import type { CloudPushError } from '../base/errors.js';
import { invalidParameter } from '../base/validation.js';
import { type SentMetadata, type TriggerType, triggerTypes } from './types.js';

const FIRST_TRIGGER = -1;
const LAST_TRIGGER = 105;
const UINT32_MAX = 2 ** 32 - 1;

/**
 * The metadata with triggers as their numbers, and with nothing in it but its own fields.
 * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`, which names the field, its value and what is
 *   permitted.
 */
export function checkedMetadata(given: SentMetadata): SentMetadata {
  const { type } = given;
  switch (type) {
    case 'streamStart':
      return { type, trigger: trigger('trigger', given.trigger), time: wallTime(given.time) };
    case 'streamEnd':
      return {
        type,
        alarmDuration: integer('alarmDuration', given.alarmDuration, 0, UINT32_MAX),
        time: wallTime(given.time),
      };
    case 'bitrate':
    case 'dropFrames':
      return {
        type,
        audio: integer('audio', given.audio, 0, Number.MAX_SAFE_INTEGER),
        video: integer('video', given.video, 0, Number.MAX_SAFE_INTEGER),
      };
    case 'disconnect':
      return { type, code: integer('code', given.code, -(2 ** 31), 2 ** 31 - 1) };
    case 'triggerChange':
      return { type, from: trigger('from', given.from), to: trigger('to', given.to) };
    default:
      throw unknownType(type);
  }
}

function wallTime(value: number): number {
  return integer('time', value, 0, Number.MAX_SAFE_INTEGER);
}

function trigger(field: string, value: TriggerType | number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= FIRST_TRIGGER && value <= LAST_TRIGGER)
    return value;
  if (typeof value === 'string' && Object.hasOwn(triggerTypes, value)) return triggerTypes[value];
  const names = Object.keys(triggerTypes).join(', ');
  throw invalidParameter(field, value, `${names}, or an integer from ${FIRST_TRIGGER} to ${LAST_TRIGGER}`);
}

function integer(field: string, value: number, least: number, most: number): number {
  if (Number.isSafeInteger(value) && value >= least && value <= most) return value;
  throw invalidParameter(field, value, `an integer from ${least} to ${most}`);
}

function unknownType(type: never): CloudPushError {
  const permitted =
    'streamStart, streamEnd, videoEncrypt, audioEncrypt, bitrate, dropFrames, disconnect, triggerChange';
  return invalidParameter('metadata.type', type, permitted);
}
