import { AmfBudget, type Extent } from '../amf/budget.js';
import {
  type AmfLimits,
  type AmfObject,
  type AmfValue,
  setProperty,
  TypedObject,
  XmlDocument,
} from '../amf/value.js';
import { bitsAbove, joinBits, lowestBits, signExtend } from '../bits/fields.js';
import { RtmpError, RtmpErrorCode } from '../errors.js';

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
  readonly #bytes: Buffer;
  readonly #limits: AmfLimits;
  readonly #strings: string[] = [];
  readonly #objects: ({ readonly value: AmfValue; readonly extent: Extent } | undefined)[] = [];
  readonly #traits: Traits[] = [];
  readonly #budget: AmfBudget;
  #offset = 0;

  /** @param budget of the message that the values stand in */
  constructor(bytes: Uint8Array, limits: AmfLimits, budget: AmfBudget = new AmfBudget(limits)) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#limits = limits;
    this.#budget = budget;
  }

  /** Bytes consumed so far. */
  get offset(): number {
    return this.#offset;
  }

  /** @throws RtmpError `ERR_CLOUDPUSH_AMF` */
  value(): AmfValue {
    this.#budget.count();
    this.#checkBudget();
    const marker = this.#uint8();
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
        return this.#double();
      case Marker.string:
        return this.#string();
      default:
        return this.#complexValue(marker);
    }
  }

  #complexValue(marker: number): AmfValue {
    const header = this.#uint29();
    if ((header & 1) === 0) return this.#reference(bitsAbove(header, 1));
    const before = this.#budget.enter();
    this.#checkBudget();
    const slot = this.#objects.push(undefined) - 1;
    const value = this.#newValue(marker, bitsAbove(header, 1));
    this.#objects[slot] = { value, extent: this.#budget.leave(before) };
    return value;
  }

  #newValue(marker: number, header: number): AmfValue {
    switch (marker) {
      case Marker.xmlDocument:
      case Marker.xml:
        return new XmlDocument(this.#utf8(header));
      case Marker.date:
        return new Date(this.#double());
      case Marker.array:
        return this.#array(header);
      case Marker.object:
        return this.#object(header);
      case Marker.byteArray:
        return new Uint8Array(this.#take(header));
      default:
        throw this.#bad(`unknown type marker ${marker}`, '0 to 12');
    }
  }

  /** Dense part as an array; with an associative part, all of it as an object (§3.11). */
  #array(length: number): AmfValue {
    const associative: AmfObject = {};
    for (let key = this.#string(); key !== ''; key = this.#string())
      setProperty(associative, key, this.value());
    this.#need(length);
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
      if (known === undefined) throw this.#bad(`reference to traits ${index}`, this.#traits.length);
      return known;
    }
    if ((header & 2) !== 0) throw this.#bad('externalizable object', 'plain objects');
    const className = this.#string();
    const count = bitsAbove(header, 3);
    this.#need(count);
    if (count > this.#limits.maxAmfValues) throw this.#bad('too many keys', this.#limits.maxAmfValues);
    const keys: string[] = [];
    for (let i = 0; i < count; i++) keys.push(this.#string());
    const traits = { className, dynamic: (header & 4) !== 0, keys };
    this.#traits.push(traits);
    return traits;
  }

  #reference(index: number): AmfValue {
    const target = this.#objects[index];
    if (target === undefined) throw this.#bad(`reference to object ${index}`, 'a finished object');
    this.#budget.refer(target.extent);
    this.#checkBudget();
    return target.value;
  }

  #string(): string {
    const header = this.#uint29();
    if ((header & 1) === 0) {
      const index = bitsAbove(header, 1);
      const known = this.#strings[index];
      if (known === undefined) throw this.#bad(`reference to string ${index}`, this.#strings.length);
      return known;
    }
    const text = this.#utf8(bitsAbove(header, 1));
    if (text !== '') this.#strings.push(text); // the empty string is never sent by reference (§1.3.2)
    return text;
  }

  /** A variable-length unsigned integer of up to 29 bits (§1.3.1). */
  #uint29(): number {
    let value = 0;
    for (let i = 0; i < 3; i++) {
      const byte = this.#uint8();
      value = joinBits(value, lowestBits(byte, 7), 7);
      if (byte < 0x80) return value;
    }
    return joinBits(value, this.#uint8(), 8);
  }

  #double(): number {
    return this.#take(8).readDoubleBE(0);
  }

  #utf8(length: number): string {
    return this.#take(length).toString('utf8');
  }

  #uint8(): number {
    this.#need(1);
    return this.#bytes[this.#offset++]!;
  }

  #take(length: number): Buffer {
    this.#need(length);
    this.#offset += length;
    return this.#bytes.subarray(this.#offset - length, this.#offset);
  }

  #checkBudget(): void {
    const limit = this.#budget.exceeded;
    if (limit === undefined) return;
    const what = limit === 'maxAmfDepth' ? 'nested too deeply' : 'too many values';
    throw this.#bad(what, this.#limits[limit]);
  }

  #need(length: number): void {
    const left = this.#bytes.length - this.#offset;
    if (length > left) throw this.#bad(`needs ${length} bytes`, `${left} are left`);
  }

  #bad(what: string, permitted: unknown): RtmpError {
    const text = `AMF3 at byte ${this.#offset}: ${what}, permitted: ${String(permitted)}`;
    return new RtmpError(RtmpErrorCode.amf, 'message', text, { details: { permitted } });
  }
}
