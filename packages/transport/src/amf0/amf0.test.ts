import { describe, expect, test } from 'vitest';
import {
  type AmfObject,
  type AmfValue,
  EcmaArray,
  propertiesOf,
  property,
  TypedObject,
  XmlDocument,
} from '../amf/value.js';
import { RtmpError } from '../errors.js';
import { hex } from '../testing/bytes.js';
import { decodeAmf0 } from './decoder.js';
import { encodeAmf0 } from './encoder.js';

function errorOf(action: () => unknown): RtmpError {
  try {
    action();
  } catch (error) {
    if (error instanceof RtmpError) return error;
  }
  throw new Error('no RtmpError was thrown');
}

/** Written by hand after the AMF0 specification, section by section. */
const golden: [string, AmfValue, string][] = [
  ['§2.2 number', 3.5, '00 400c000000000000'],
  ['§2.2 number, negative zero', -0, '00 8000000000000000'],
  ['§2.3 boolean true', true, '01 01'],
  ['§2.3 boolean false', false, '01 00'],
  ['§2.4 string', 'caf\u00e9', '02 0005 636166c3a9'],
  ['§2.4 empty string', '', '02 0000'],
  ['§2.5 object', { a: 1, b: null }, '03 0001 61 00 3ff0000000000000 0001 62 05 0000 09'],
  ['§2.5 empty object', {}, '03 0000 09'],
  ['§2.7 null', null, '05'],
  ['§2.8 undefined', undefined, '06'],
  ['§2.10 ECMA array', new EcmaArray({ x: true }), '08 00000001 0001 78 01 01 0000 09'],
  ['§2.12 strict array', [true, 'a'], '0a 00000002 01 01 02 0001 61'],
  ['§2.13 date', new Date(1000), '0b 408f400000000000 0000'],
  ['§2.17 XML document', new XmlDocument('<a/>'), '0f 00000004 3c612f3e'],
  ['§2.18 typed object', new TypedObject('C', { n: null }), '10 0001 43 0001 6e 05 0000 09'],
];

describe('AMF0', () => {
  test.each(golden)('%s', (_, value, bytes) => {
    expect(encodeAmf0(value).toString('hex')).toBe(hex(bytes).toString('hex'));
    expect(decodeAmf0(hex(bytes))).toEqual([value]);
  });

  test('§2.14 writes strings above 65,535 bytes as long strings, by bytes and not by characters', () => {
    const short = 'a'.repeat(65_535);
    const long = 'é'.repeat(32_768);
    expect(encodeAmf0(short).subarray(0, 3)).toEqual(hex('02 ffff'));
    expect(encodeAmf0(long).subarray(0, 5)).toEqual(hex('0c 00010000'));
    expect(decodeAmf0(encodeAmf0(short, long))).toEqual([short, long]);
  });

  test('§2.9 resolves references to finished objects, in the order in which objects began', () => {
    const bytes = hex('0a 00000003  03 0001 61 05 0000 09  07 0001  08 00000000 0000 09');
    const [array] = decodeAmf0(bytes) as [AmfObject[]];
    expect(array[1]).toEqual({ a: null });
    expect(array[1]).toBe(array[0]);
  });

  test('§2.15 reads the unsupported type as undefined', () => {
    expect(decodeAmf0(hex('0d'))).toEqual([undefined]);
  });

  test('keeps the order of properties and takes any key for a property', () => {
    const bytes = encodeAmf0(JSON.parse('{"b":1,"__proto__":{"polluted":true},"a":2}') as AmfObject);
    const [value] = decodeAmf0(bytes) as [AmfObject];
    expect(Object.keys(value)).toEqual(['b', '__proto__', 'a']);
    expect((value as { polluted?: boolean }).polluted).toBeUndefined();
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
  });

  test('does not believe the count of an ECMA array', () => {
    expect(decodeAmf0(hex('08 ffffffff 0001 78 05 0000 09'))).toEqual([new EcmaArray({ x: null })]);
  });

  test('reads AMF3 behind the avmplus marker', () => {
    expect(decodeAmf0(hex('02 0001 61  11 06 07 616263  05'))).toEqual(['a', 'abc', null]);
  });

  test('refuses input that is cut off at any byte', () => {
    for (const [, , text] of golden) {
      const bytes = hex(text);
      for (let length = 1; length < bytes.length; length++) {
        expect(errorOf(() => decodeAmf0(bytes.subarray(0, length))).code).toBe('ERR_CLOUDPUSH_AMF');
      }
    }
  });

  test.each([
    ['a movie clip', '04'],
    ['a record set', '0e'],
    ['an unknown marker', '12'],
    ['an end marker without an object', '09'],
    ['a reference to nothing', '07 0000'],
    ['a reference into an unfinished object, which would be a cycle', '03 0001 61 07 0000 0000 09'],
    ['a strict array longer than its message', '0a ffffffff 05'],
    ['a long string longer than its message', '0c ffffffff 61'],
  ])('refuses %s', (_, bytes) => {
    expect(errorOf(() => decodeAmf0(hex(bytes))).code).toBe('ERR_CLOUDPUSH_AMF');
  });

  test('refuses nesting and counts above the limits, and takes what is just within', () => {
    const limits = { maxAmfDepth: 3, maxAmfValues: 10 };
    const nested = (depth: number): AmfValue => (depth === 0 ? null : [nested(depth - 1)]);
    expect(decodeAmf0(encodeAmf0(nested(3)), limits)).toEqual([nested(3)]);
    expect(errorOf(() => decodeAmf0(encodeAmf0(nested(4)), limits)).details.permitted).toBe(3);
    expect(decodeAmf0(Buffer.alloc(10, 5), limits)).toHaveLength(10);
    expect(errorOf(() => decodeAmf0(Buffer.alloc(11, 5), limits)).details.permitted).toBe(10);
  });

  test('counts a reference as what it refers to: neither depth nor size hides behind one', () => {
    const limits = { maxAmfDepth: 3, maxAmfValues: 1000 };
    // Each array holds the one before it, by reference.
    const chain = (arrays: number): Buffer =>
      Buffer.concat([
        hex('0a 00000000'),
        ...Array.from({ length: arrays - 1 }, (_, i) =>
          hex(`0a 00000001 07 ${i.toString(16).padStart(4, '0')}`),
        ),
      ]);
    expect(decodeAmf0(chain(3), limits).at(-1)).toEqual([[[]]]);
    expect(errorOf(() => decodeAmf0(chain(4), limits)).message).toContain('nested too deeply, permitted: 3');
    // … twice each: 2^n values in 11 n bytes.
    const double = (arrays: number): Buffer =>
      Buffer.concat([
        hex('0a 00000000'),
        ...Array.from({ length: arrays - 1 }, (_, i) => {
          const index = i.toString(16).padStart(4, '0');
          return hex(`0a 00000002 07 ${index} 07 ${index}`);
        }),
      ]);
    const wide = { maxAmfDepth: 20, maxAmfValues: 1000 };
    expect(decodeAmf0(double(8), wide)).toHaveLength(8);
    expect(errorOf(() => decodeAmf0(double(12), wide)).message).toContain('too many values, permitted: 1000');
  });

  test('counts AMF3 values behind the marker with the AMF0 values around them', () => {
    // An AMF0 array around an AMF3 one, whose second item refers to what stands in its first.
    const bytes = hex('0a 00000001 11 09 05 01 09 03 01 09 01 01 09 04');
    expect(decodeAmf0(bytes, { maxAmfDepth: 4, maxAmfValues: 100 })).toEqual([[[[[]], []]]]);
    expect(errorOf(() => decodeAmf0(bytes, { maxAmfDepth: 3, maxAmfValues: 100 })).details.permitted).toBe(3);
    expect(errorOf(() => decodeAmf0(bytes, { maxAmfDepth: 4, maxAmfValues: 5 })).details.permitted).toBe(5);
  });

  test('refuses to write cycles, bytes, functions and overlong keys', () => {
    const cycle: AmfObject = {};
    cycle['self'] = cycle;
    const unwritable: unknown[] = [cycle, new Uint8Array(1), () => 1, { ['k'.repeat(65_536)]: 1 }];
    for (const value of unwritable) {
      expect(errorOf(() => encodeAmf0(value as AmfValue)).code).toBe('ERR_CLOUDPUSH_AMF');
    }
  });
});

describe('property access', () => {
  test('reaches into whatever has properties, and only its own', () => {
    for (const value of [{ a: 1 }, new EcmaArray({ a: 1 }), new TypedObject('C', { a: 1 })]) {
      expect(property(value, 'a')).toBe(1);
      expect(property(value, 'toString')).toBeUndefined();
    }
    for (const value of [1, 'a', null, undefined, [1], new Date(0), new Uint8Array(1), new XmlDocument('')]) {
      expect(propertiesOf(value)).toBeUndefined();
    }
  });
});
