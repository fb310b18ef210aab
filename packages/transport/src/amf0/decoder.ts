import type { Extent } from '../amf/budget.js';
import { AmfInput } from '../amf/input.js';
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
  readonly #input: AmfInput;
  /**
   * Complex values in the order of their beginning: what a reference counts (§2.9); undefined while
   * unfinished.
   */
  readonly #complex: ({ readonly value: AmfValue; readonly extent: Extent } | undefined)[] = [];

  constructor(bytes: Uint8Array, limits: AmfLimits = PUBLISHER_LIMITS) {
    this.#input = new AmfInput('AMF0', bytes, limits);
  }

  get done(): boolean {
    return this.#input.done;
  }

  /** Bytes consumed so far. */
  get offset(): number {
    return this.#input.offset;
  }

  value(): AmfValue {
    this.#input.beginValue();
    const marker = this.#input.uint8();
    switch (marker) {
      case Marker.number:
        return this.#input.double();
      case Marker.boolean:
        return this.#input.uint8() !== 0;
      case Marker.string:
        return this.#input.utf8(this.#input.uint16());
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
        return this.#input.utf8(this.#input.uint32());
      case Marker.xmlDocument:
        return new XmlDocument(this.#input.utf8(this.#input.uint32()));
      case Marker.avmPlus:
        return this.#amf3();
      default:
        return this.#nested(marker);
    }
  }

  #nested(marker: number): AmfValue {
    const before = this.#input.budget.enter();
    this.#input.checkBudget();
    const slot = this.#complex.push(undefined) - 1;
    const value = this.#complexValue(marker);
    this.#complex[slot] = { value, extent: this.#input.budget.leave(before) };
    return value;
  }

  #complexValue(marker: number): AmfValue {
    switch (marker) {
      case Marker.object:
        return this.#properties();
      case Marker.ecmaArray:
        this.#input.uint32(); // the count is a hint that many encoders get wrong: the end marker decides
        return new EcmaArray(this.#properties());
      case Marker.strictArray:
        return this.#strictArray();
      case Marker.typedObject:
        return new TypedObject(this.#input.utf8(this.#input.uint16()), this.#properties());
      default:
        throw this.#input.error(`unknown type marker ${marker}`, 'markers of AMF0 §2.1');
    }
  }

  #properties(): AmfObject {
    const properties: AmfObject = {};
    for (;;) {
      const key = this.#input.utf8(this.#input.uint16());
      if (key === '' && this.#input.next === Marker.objectEnd) {
        this.#input.skip(1);
        return properties;
      }
      setProperty(properties, key, this.value());
    }
  }

  #strictArray(): AmfValue[] {
    const length = this.#input.uint32();
    // Every value takes a byte at least: a length beyond that is a lie, found before anything is allocated.
    this.#input.need(length);
    const values: AmfValue[] = [];
    for (let i = 0; i < length; i++) values.push(this.value());
    return values;
  }

  /** A reference into an unfinished object would make a cycle, which no RTMP message has a use for. */
  #reference(): AmfValue {
    const index = this.#input.uint16();
    const target = this.#complex[index];
    if (target === undefined) throw this.#input.error(`reference to object ${index}`, 'a finished object');
    this.#input.budget.refer(target.extent);
    this.#input.checkBudget();
    return target.value;
  }

  #date(): Date {
    const date = new Date(this.#input.double());
    this.#input.uint16(); // time zone: reserved (§2.13)
    return date;
  }

  #amf3(): AmfValue {
    const { rest, limits, budget } = this.#input;
    const decoder = new Amf3Decoder(rest, limits, budget);
    const value = decoder.value();
    this.#input.skip(decoder.offset);
    return value;
  }
}
