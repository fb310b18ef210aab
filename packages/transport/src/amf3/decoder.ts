import type { AmfBudget, Extent } from '../amf/budget.js';
import { AmfInput } from '../amf/input.js';
import {
  type AmfLimits,
  type AmfObject,
  type AmfValue,
  setProperty,
  TypedObject,
  XmlDocument,
} from '../amf/value.js';
import { bitsAbove, joinBits, lowestBits, signExtend } from '../bits/fields.js';

/** Type markers (AMF3 §3.1). */
const Marker = {
  undefined: 0x00,
  null: 0x01,
  false: 0x02,
  true: 0x03,
  integer: 0x04,
  double: 0x05,
  string: 0x06,
  xmlDocument: 0x07,
  date: 0x08,
  array: 0x09,
  object: 0x0a,
  xml: 0x0b,
  byteArray: 0x0c,
} as const;

interface Traits {
  readonly className: string;
  readonly dynamic: boolean;
  readonly keys: readonly string[];
}

/**
 * Reads AMF3 values, which some peers put behind the `avmplus` marker of a type-17 command although AMF0 was
 * agreed. Vectors, dictionaries and externalizable classes, which no RTMP command uses, are refused.
 */
export class Amf3Decoder {
  readonly #input: AmfInput;
  readonly #strings: string[] = [];
  readonly #objects: ({ readonly value: AmfValue; readonly extent: Extent } | undefined)[] = [];
  readonly #traits: Traits[] = [];

  /** @param budget of the message that the values stand in */
  constructor(bytes: Uint8Array, limits: AmfLimits, budget?: AmfBudget) {
    this.#input = new AmfInput('AMF3', bytes, limits, budget);
  }

  /** Bytes consumed so far. */
  get offset(): number {
    return this.#input.offset;
  }

  /** @throws RtmpError `ERR_CLOUDPUSH_AMF` */
  value(): AmfValue {
    this.#input.beginValue();
    const marker = this.#input.uint8();
    switch (marker) {
      case Marker.undefined:
        return undefined;
      case Marker.null:
        return null;
      case Marker.false:
        return false;
      case Marker.true:
        return true;
      case Marker.integer:
        return signExtend(this.#uint29(), 29);
      case Marker.double:
        return this.#input.double();
      case Marker.string:
        return this.#string();
      default:
        return this.#complexValue(marker);
    }
  }

  #complexValue(marker: number): AmfValue {
    const header = this.#uint29();
    if ((header & 1) === 0) return this.#reference(bitsAbove(header, 1));
    const before = this.#input.budget.enter();
    this.#input.checkBudget();
    const slot = this.#objects.push(undefined) - 1;
    const value = this.#newValue(marker, bitsAbove(header, 1));
    this.#objects[slot] = { value, extent: this.#input.budget.leave(before) };
    return value;
  }

  #newValue(marker: number, header: number): AmfValue {
    switch (marker) {
      case Marker.xmlDocument:
      case Marker.xml:
        return new XmlDocument(this.#input.utf8(header));
      case Marker.date:
        return new Date(this.#input.double());
      case Marker.array:
        return this.#array(header);
      case Marker.object:
        return this.#object(header);
      case Marker.byteArray:
        return new Uint8Array(this.#input.take(header));
      default:
        throw this.#input.error(`unknown type marker ${marker}`, '0 to 12');
    }
  }

  /** Dense part as an array; with an associative part, all of it as an object (§3.11). */
  #array(length: number): AmfValue {
    const associative: AmfObject = {};
    for (let key = this.#string(); key !== ''; key = this.#string())
      setProperty(associative, key, this.value());
    this.#input.need(length);
    const dense: AmfValue[] = [];
    for (let i = 0; i < length; i++) dense.push(this.value());
    if (Object.keys(associative).length === 0) return dense;
    for (let i = 0; i < length; i++) associative[i] = dense[i];
    return associative;
  }

  #object(header: number): AmfValue {
    const traits = this.#traitsOf(header);
    const properties: AmfObject = {};
    for (const key of traits.keys) setProperty(properties, key, this.value());
    if (traits.dynamic) {
      for (let key = this.#string(); key !== ''; key = this.#string())
        setProperty(properties, key, this.value());
    }
    return traits.className === '' ? properties : new TypedObject(traits.className, properties);
  }

  #traitsOf(header: number): Traits {
    if ((header & 1) === 0) {
      const index = bitsAbove(header, 1);
      const known = this.#traits[index];
      if (known === undefined) throw this.#input.error(`reference to traits ${index}`, this.#traits.length);
      return known;
    }
    if ((header & 2) !== 0) throw this.#input.error('externalizable object', 'plain objects');
    const className = this.#string();
    const count = bitsAbove(header, 3);
    this.#input.need(count);
    if (count > this.#input.limits.maxAmfValues)
      throw this.#input.error('too many keys', this.#input.limits.maxAmfValues);
    const keys: string[] = [];
    for (let i = 0; i < count; i++) keys.push(this.#string());
    const traits = { className, dynamic: (header & 4) !== 0, keys };
    this.#traits.push(traits);
    return traits;
  }

  #reference(index: number): AmfValue {
    const target = this.#objects[index];
    if (target === undefined) throw this.#input.error(`reference to object ${index}`, 'a finished object');
    this.#input.budget.refer(target.extent);
    this.#input.checkBudget();
    return target.value;
  }

  #string(): string {
    const header = this.#uint29();
    if ((header & 1) === 0) {
      const index = bitsAbove(header, 1);
      const known = this.#strings[index];
      if (known === undefined) throw this.#input.error(`reference to string ${index}`, this.#strings.length);
      return known;
    }
    const text = this.#input.utf8(bitsAbove(header, 1));
    if (text !== '') this.#strings.push(text); // the empty string is never sent by reference (§1.3.2)
    return text;
  }

  /** A variable-length unsigned integer of up to 29 bits (§1.3.1). */
  #uint29(): number {
    let value = 0;
    for (let i = 0; i < 3; i++) {
      const byte = this.#input.uint8();
      value = joinBits(value, lowestBits(byte, 7), 7);
      if (byte < 0x80) return value;
    }
    return joinBits(value, this.#input.uint8(), 8);
  }
}
