import { AmfBudget, type Extent } from '../amf/budget.js';
import {
  type AmfLimits,
  type AmfObject,
  type AmfValue,
  EcmaArray,
  Marker,
  setProperty,
  TypedObject,
  XmlDocument,
} from '../amf/value.js';
import { Amf3Decoder } from '../amf3/decoder.js';
import { RtmpError, RtmpErrorCode } from '../errors.js';
import { PUBLISHER_LIMITS } from '../limits.js';

/**
 * Decodes all values of a message (AMF0 §2), AMF3 values behind the `avmplus` marker included.
 * @throws RtmpError `ERR_CLOUDPUSH_AMF` on malformed input and past the limits.
 */
export function decodeAmf0(bytes: Uint8Array, limits: AmfLimits = PUBLISHER_LIMITS): AmfValue[] {
  const decoder = new Amf0Decoder(bytes, limits);
  const values: AmfValue[] = [];
  while (!decoder.done) values.push(decoder.value());
  return values;
}

/** Reads values from one message, one after the other. */
export class Amf0Decoder {
  readonly #bytes: Buffer;
  readonly #limits: AmfLimits;
  readonly #budget: AmfBudget;
  /**
   * Complex values in the order of their beginning: what a reference counts (§2.9); undefined while unfinished.
   */
  readonly #complex: ({ readonly value: AmfValue; readonly extent: Extent } | undefined)[] = [];
  #offset = 0;

  constructor(bytes: Uint8Array, limits: AmfLimits = PUBLISHER_LIMITS) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#limits = limits;
    this.#budget = new AmfBudget(limits);
  }

  get done(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  /** Bytes consumed so far. */
  get offset(): number {
    return this.#offset;
  }

  value(): AmfValue {
    this.#budget.count();
    this.#checkBudget();
    const marker = this.#uint8();
    switch (marker) {
      case Marker.number:
        return this.#double();
      case Marker.boolean:
        return this.#uint8() !== 0;
      case Marker.string:
        return this.#utf8(this.#uint16());
      case Marker.null:
        return null;
      case Marker.undefined:
      case Marker.unsupported:
        return undefined;
      case Marker.reference:
        return this.#reference();
      case Marker.date:
        return this.#date();
      case Marker.longString:
        return this.#utf8(this.#uint32());
      case Marker.xmlDocument:
        return new XmlDocument(this.#utf8(this.#uint32()));
      case Marker.avmPlus:
        return this.#amf3();
      default:
        return this.#nested(marker);
    }
  }

  #nested(marker: number): AmfValue {
    const before = this.#budget.enter();
    this.#checkBudget();
    const slot = this.#complex.push(undefined) - 1;
    const value = this.#complexValue(marker);
    this.#complex[slot] = { value, extent: this.#budget.leave(before) };
    return value;
  }

  #complexValue(marker: number): AmfValue {
    switch (marker) {
      case Marker.object:
        return this.#properties();
      case Marker.ecmaArray:
        this.#uint32(); // the count is a hint that many encoders get wrong: the end marker decides
        return new EcmaArray(this.#properties());
      case Marker.strictArray:
        return this.#strictArray();
      case Marker.typedObject:
        return new TypedObject(this.#utf8(this.#uint16()), this.#properties());
      default:
        throw this.#bad(`unknown type marker ${marker}`, 'markers of AMF0 §2.1');
    }
  }

  #properties(): AmfObject {
    const properties: AmfObject = {};
    for (;;) {
      const key = this.#utf8(this.#uint16());
      if (key === '' && this.#bytes[this.#offset] === Marker.objectEnd) {
        this.#offset++;
        return properties;
      }
      setProperty(properties, key, this.value());
    }
  }

  #strictArray(): AmfValue[] {
    const length = this.#uint32();
    // Every value takes a byte at least: a length beyond that is a lie, found before anything is allocated.
    this.#need(length);
    const values: AmfValue[] = [];
    for (let i = 0; i < length; i++) values.push(this.value());
    return values;
  }

  /** A reference into an unfinished object would make a cycle, which no RTMP message has a use for. */
  #reference(): AmfValue {
    const index = this.#uint16();
    const target = this.#complex[index];
    if (target === undefined) throw this.#bad(`reference to object ${index}`, 'a finished object');
    this.#budget.refer(target.extent);
    this.#checkBudget();
    return target.value;
  }

  #date(): Date {
    const date = new Date(this.#double());
    this.#uint16(); // time zone: reserved (§2.13)
    return date;
  }

  #amf3(): AmfValue {
    const rest = this.#bytes.subarray(this.#offset);
    const decoder = new Amf3Decoder(rest, this.#limits, this.#budget);
    const value = decoder.value();
    this.#offset += decoder.offset;
    return value;
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

  #uint8(): number {
    this.#need(1);
    return this.#bytes[this.#offset++]!;
  }

  #uint16(): number {
    this.#need(2);
    this.#offset += 2;
    return this.#bytes.readUInt16BE(this.#offset - 2);
  }

  #uint32(): number {
    this.#need(4);
    this.#offset += 4;
    return this.#bytes.readUInt32BE(this.#offset - 4);
  }

  #double(): number {
    this.#need(8);
    this.#offset += 8;
    return this.#bytes.readDoubleBE(this.#offset - 8);
  }

  #utf8(length: number): string {
    this.#need(length);
    this.#offset += length;
    return this.#bytes.toString('utf8', this.#offset - length, this.#offset);
  }

  #bad(what: string, permitted: unknown): RtmpError {
    const text = `AMF0 at byte ${this.#offset}: ${what}, permitted: ${String(permitted)}`;
    return new RtmpError(RtmpErrorCode.amf, 'message', text, { details: { permitted } });
  }
}
