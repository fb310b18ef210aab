import { types } from 'node:util';

/** An ECMA array (AMF0 §2.10): an object that is marked as an array with string keys, as `onMetaData` is. */
export class EcmaArray {
  readonly properties: AmfObject;
  constructor(properties: AmfObject) {
    this.properties = properties;
  }
}

/** An object with a class name (AMF0 §2.18). */
export class TypedObject {
  readonly className: string;
  readonly properties: AmfObject;
  constructor(className: string, properties: AmfObject) {
    this.className = className;
    this.properties = properties;
  }
}

/** An XML document (AMF0 §2.17). */
export class XmlDocument {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** Property order is kept; a property that is `undefined` is written as the AMF0 undefined type. */
export type AmfObject = { [key: string]: AmfValue };

/** A value that AMF can carry: bytes come from AMF3 only. */
export type AmfValue =
  | number
  | boolean
  | string
  | null
  | undefined
  | Date
  | Uint8Array
  | EcmaArray
  | TypedObject
  | XmlDocument
  | AmfValue[]
  | AmfObject;

/** Type markers (AMF0 §2.1). */
export const Marker = {
  number: 0x00,
  boolean: 0x01,
  string: 0x02,
  object: 0x03,
  movieClip: 0x04,
  null: 0x05,
  undefined: 0x06,
  reference: 0x07,
  ecmaArray: 0x08,
  objectEnd: 0x09,
  strictArray: 0x0a,
  date: 0x0b,
  longString: 0x0c,
  unsupported: 0x0d,
  recordSet: 0x0e,
  xmlDocument: 0x0f,
  typedObject: 0x10,
  avmPlus: 0x11,
} as const;

/** Limits of one message. */
export interface AmfLimits {
  readonly maxAmfDepth: number;
  readonly maxAmfValues: number;
}

/** Sets a property that a peer named, so that a key like `__proto__` is a property like any other. */
export function setProperty(target: AmfObject, key: string, value: AmfValue): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, writable: true, enumerable: true, configurable: true });
  } else {
    target[key] = value;
  }
}

/** The properties of anything object-like, or undefined. */
export function propertiesOf(value: AmfValue): AmfObject | undefined {
  if (value instanceof EcmaArray || value instanceof TypedObject) return value.properties;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  if (types.isDate(value) || types.isUint8Array(value) || value instanceof XmlDocument) return undefined;
  return value;
}

/** A property of anything object-like; undefined when it has none of its own by that name. */
export function property(value: AmfValue, key: string): AmfValue {
  const properties = propertiesOf(value);
  return properties !== undefined && Object.hasOwn(properties, key) ? properties[key] : undefined;
}

/** A string property, or undefined. */
export function stringProperty(value: AmfValue, key: string): string | undefined {
  const found = property(value, key);
  return typeof found === 'string' ? found : undefined;
}

/** A number property, or undefined. */
export function numberProperty(value: AmfValue, key: string): number | undefined {
  const found = property(value, key);
  return typeof found === 'number' ? found : undefined;
}
