import { type AmfValue, propertiesOf, XmlDocument } from '@cloudpush/transport';

/** A value that JSON can express. */
export type PlainValue = string | number | boolean | null | readonly PlainValue[] | PlainObject;

/** An object of plain values. */
export interface PlainObject {
  readonly [name: string]: PlainValue;
}

/**
 * Values of one message, and characters of one text, that a report takes up; the rest is cut off, with an
 * ellipsis.
 */
const MAX_VALUES = 1000;
const MAX_TEXT = 1000;
const ELLIPSIS = '…';

/**
 * The values of a data message for a report: dates in ISO 8601, bytes in hex, what AMF calls undefined as
 * null, numbers that JSON cannot say as text. Values beyond the thousandth are left out, and long texts cut,
 * so that no file can make a report large.
 */
export function plainValues(values: readonly AmfValue[]): PlainValue[] {
  return new Plainer().list(values);
}

/** A property of an object; undefined when the value is none, or has none of that name. */
export function plainProperty(value: PlainValue | undefined, name: string): PlainValue | undefined {
  const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isObject && Object.hasOwn(value, name) ? (value as PlainObject)[name] : undefined;
}

class Plainer {
  #left = MAX_VALUES;

  list(values: readonly AmfValue[]): PlainValue[] {
    const plain: PlainValue[] = [];
    for (const value of values) {
      if (this.#left === 0) {
        plain.push(ELLIPSIS);
        break;
      }
      plain.push(this.#value(value));
    }
    return plain;
  }

  #value(value: AmfValue): PlainValue {
    this.#left--;
    if (Array.isArray(value)) return this.list(value);
    const properties = propertiesOf(value);
    return properties === undefined ? simple(value) : this.#properties(properties);
  }

  #properties(properties: { readonly [name: string]: AmfValue }): PlainValue {
    const entries: [string, PlainValue][] = [];
    for (const [name, value] of Object.entries(properties)) {
      if (this.#left === 0) {
        entries.push([ELLIPSIS, ELLIPSIS]);
        break;
      }
      entries.push([cut(name), this.#value(value)]);
    }
    // Unlike assignment, this makes a property of any name, `__proto__` too.
    return Object.fromEntries(entries);
  }
}

function simple(value: AmfValue): PlainValue {
  if (typeof value === 'string') return cut(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? String(value) : value.toISOString();
  if (value instanceof Uint8Array) return cut(Buffer.from(value.subarray(0, MAX_TEXT)).toString('hex'));
  if (value instanceof XmlDocument) return cut(value.text);
  return typeof value === 'boolean' ? value : null;
}

/** A slice of a text would keep all of it in memory: what stays is copied. */
function cut(text: string): string {
  if (text.length <= MAX_TEXT) return text;
  const start = Buffer.from(text.slice(0, MAX_TEXT), 'utf16le').toString('utf16le');
  return `${start}${ELLIPSIS}`;
}
