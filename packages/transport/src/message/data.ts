import { type AmfObject, type AmfValue, EcmaArray } from '../amf/value.js';
import { encodeAmf0 } from '../amf0/encoder.js';

/** The payload of a data message (RTMP 1.0 §7.1.2): a name and its values. */
export function encodeData(name: string, ...values: AmfValue[]): Buffer {
  return encodeAmf0(name, ...values);
}

/**
 * The payload of `onMetaData` as a publisher sends it: `@setDataFrame` makes the server keep it for late
 * players.
 */
export function encodeMetadata(properties: AmfObject): Buffer {
  return encodeAmf0('@setDataFrame', 'onMetaData', new EcmaArray(properties));
}
