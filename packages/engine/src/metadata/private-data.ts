import { types } from 'node:util';
import { encodeAmf0 } from '@cloudpush/transport';
import { invalidParameter } from '../base/validation.js';

/**
 * The body of the data message `onPrivateData`: one string, the bytes in base64 (RFC 4648 §4, with padding).
 * AMF0 has no bytes, and its strings are UTF-8, in which bytes that stand for characters of their own would
 * take more room: half as much again of evenly spread bytes, against a third in base64.
 * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER` unless there is a byte at least
 */
export function encodePrivateData(data: Uint8Array): Buffer {
  if (!types.isUint8Array(data)) throw invalidParameter('data', typeof data, 'a Uint8Array');
  if (data.length === 0) throw invalidParameter('data.length', 0, 'at least 1 byte');
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
  return encodeAmf0('onPrivateData', bytes.toString('base64'));
}
