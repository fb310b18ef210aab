import { types } from 'node:util';
import { type AmfObject, type AmfValue, EcmaArray, Marker, TypedObject, XmlDocument } from '../amf/value.js';
import { RtmpError, RtmpErrorCode } from '../errors.js';

const MAX_SHORT_STRING = 0xffff;
/** Deeper than any message that we send; also what ends the walk of a cycle. */
const MAX_DEPTH = 64;

/**
 * Encodes values one after the other (AMF0 §2). Strings above 65,535 bytes become long strings.
 * @throws RtmpError `ERR_CLOUDPUSH_AMF` on a cycle, on nesting deeper than 64, on a key above 65,535 bytes
 *   and on bytes, which AMF0 lacks.
 */
export function encodeAmf0(...values: AmfValue[]): Buffer {
  let size = 0;
  for (const value of values) size += measure(value, 0);
  const target = Buffer.allocUnsafe(size);
  let offset = 0;
  for (const value of values) offset = write(target, offset, value);
  return target;
}

function measure(value: AmfValue, depth: number): number {
  if (depth > MAX_DEPTH) throw unwritable('is nested in itself or too deeply', depth, MAX_DEPTH);
  switch (typeof value) {
    case 'number':
      return 9;
    case 'boolean':
      return 2;
    case 'undefined':
      return 1;
    case 'string':
      return measureString(value);
    case 'object':
      return value === null ? 1 : measureObject(value, depth);
    default:
      throw unwritable('has a type that AMF0 lacks', typeof value, 'an AmfValue');
  }
}

function measureString(value: string): number {
  const length = Buffer.byteLength(value);
  return length > MAX_SHORT_STRING ? 5 + length : 3 + length;
}

function measureObject(value: object, depth: number): number {
  if (types.isDate(value)) return 11;
  if (value instanceof XmlDocument) return 5 + Buffer.byteLength(value.text);
  if (value instanceof EcmaArray) return 5 + measureProperties(value.properties, depth);
  if (value instanceof TypedObject) {
    return 1 + measureKey(value.className) + measureProperties(value.properties, depth);
  }
  if (types.isUint8Array(value)) throw unwritable('is bytes, which AMF0 lacks', 'Uint8Array', 'an AMF0 type');
  if (Array.isArray(value)) {
    let size = 5;
    for (const item of value) size += measure(item, depth + 1);
    return size;
  }
  return 1 + measureProperties(value as AmfObject, depth);
}

function measureProperties(properties: AmfObject, depth: number): number {
  let size = 3;
  for (const key of Object.keys(properties)) size += measureKey(key) + measure(properties[key], depth + 1);
  return size;
}

function measureKey(key: string): number {
  const length = Buffer.byteLength(key);
  if (length > MAX_SHORT_STRING) throw unwritable('has a key that is too long', length, MAX_SHORT_STRING);
  return 2 + length;
}

function write(target: Buffer, offset: number, value: AmfValue): number {
  switch (typeof value) {
    case 'number':
      target[offset] = Marker.number;
      return target.writeDoubleBE(value, offset + 1);
    case 'boolean':
      target[offset] = Marker.boolean;
      target[offset + 1] = value ? 1 : 0;
      return offset + 2;
    case 'undefined':
      target[offset] = Marker.undefined;
      return offset + 1;
    case 'string':
      return writeString(target, offset, value);
    default:
      if (value !== null) return writeObject(target, offset, value);
      target[offset] = Marker.null;
      return offset + 1;
  }
}

function writeString(target: Buffer, offset: number, value: string): number {
  const length = Buffer.byteLength(value);
  if (length > MAX_SHORT_STRING) return writeLongUtf8(target, offset, Marker.longString, value);
  target[offset] = Marker.string;
  return writeKey(target, offset + 1, value);
}

function writeLongUtf8(target: Buffer, offset: number, marker: number, value: string): number {
  target[offset] = marker;
  const length = target.write(value, offset + 5);
  target.writeUInt32BE(length, offset + 1);
  return offset + 5 + length;
}

function writeObject(target: Buffer, offset: number, value: object): number {
  if (types.isDate(value)) {
    target[offset] = Marker.date;
    target.writeDoubleBE(value.getTime(), offset + 1);
    return target.writeInt16BE(0, offset + 9); // time zone: reserved, 0 (§2.13)
  }
  if (value instanceof XmlDocument) return writeLongUtf8(target, offset, Marker.xmlDocument, value.text);
  if (value instanceof EcmaArray) {
    target[offset] = Marker.ecmaArray;
    const next = target.writeUInt32BE(Object.keys(value.properties).length, offset + 1);
    return writeProperties(target, next, value.properties);
  }
  if (value instanceof TypedObject) {
    target[offset] = Marker.typedObject;
    return writeProperties(target, writeKey(target, offset + 1, value.className), value.properties);
  }
  if (Array.isArray(value)) {
    target[offset] = Marker.strictArray;
    let next = target.writeUInt32BE(value.length, offset + 1);
    for (const item of value) next = write(target, next, item);
    return next;
  }
  target[offset] = Marker.object;
  return writeProperties(target, offset + 1, value as AmfObject);
}

function writeProperties(target: Buffer, offset: number, properties: AmfObject): number {
  let next = offset;
  for (const key of Object.keys(properties)) {
    next = writeKey(target, next, key);
    next = write(target, next, properties[key]);
  }
  target[next] = 0;
  target[next + 1] = 0;
  target[next + 2] = Marker.objectEnd;
  return next + 3;
}

function writeKey(target: Buffer, offset: number, key: string): number {
  const length = target.write(key, offset + 2);
  target.writeUInt16BE(length, offset);
  return offset + 2 + length;
}

function unwritable(what: string, actual: unknown, permitted: unknown): RtmpError {
  const text = `a value for AMF0 ${what}: ${String(actual)}, permitted ${String(permitted)}`;
  return new RtmpError(RtmpErrorCode.amf, 'message', text, { details: { actual, permitted } });
}
