import { describe, expect, test } from 'vitest';
import { type AmfValue, TypedObject, XmlDocument } from '../amf/value.js';
import { RtmpError } from '../errors.js';
import { PUBLISHER_LIMITS } from '../limits.js';
import { hex } from '../testing/bytes.js';
import { Amf3Decoder } from './decoder.js';

function decode(bytes: string, limits = PUBLISHER_LIMITS): AmfValue {
  return new Amf3Decoder(hex(bytes), limits).value();
}

describe('AMF3', () => {
  test.each<[string, string, AmfValue]>([
    ['§3.2 undefined', '00', undefined],
    ['§3.3 null', '01', null],
    ['§3.4 false', '02', false],
    ['§3.5 true', '03', true],
    ['§1.3.1 one byte', '04 7f', 127],
    ['§1.3.1 two bytes', '04 81 00', 128],
    ['§1.3.1 three bytes', '04 ff ff 7f', 2097151],
    ['§1.3.1 four bytes', '04 bf ff ff ff', 268435455],
    ['§3.6 negative integer', '04 ff ff ff ff', -1],
    ['§3.6 least integer', '04 c0 80 80 00', -268435456],
    ['§3.7 double', '05 400c000000000000', 3.5],
    ['§3.8 string', '06 07 616263', 'abc'],
    ['§3.8 empty string', '06 01', ''],
    ['§3.9 XML document', '07 09 3c612f3e', new XmlDocument('<a/>')],
    ['§3.10 date', '08 01 408f400000000000', new Date(1000)],
    ['§3.11 dense array', '09 05 01 03 02', [true, false]],
    ['§3.11 array with names', '09 03 0361 03 01 02', { 0: false, a: true }],
    ['§3.12 dynamic object', '0a 0b 01 0361 04 05 01', { a: 5 }],
    ['§3.12 sealed class', '0a 13 03 43 03 61 04 05', new TypedObject('C', { a: 5 })],
    ['§3.14 byte array', '0c 07 010203', new Uint8Array([1, 2, 3])],
  ])('%s', (_, bytes, value) => {
    expect(decode(bytes)).toEqual(value);
  });

  test('resolves references to strings, traits and objects', () => {
    const [first, second, third] = decode(
      '09 07 01  0a 13 03 43 03 61 06 07 616263  0a 01 06 04  0a 02',
    ) as AmfValue[];
    expect(first).toEqual(new TypedObject('C', { a: 'abc' }));
    expect(second).toEqual(new TypedObject('C', { a: 'abc' }));
    expect(third).toBe(first);
  });

  test.each([
    ['a cut-off integer', '04 80'],
    ['a cut-off string', '06 07 61'],
    ['an array longer than its message', '09 ff ff ff ff 01'],
    ['traits with more keys than bytes', '0a ff ff ff fb 01'],
    ['a reference to no string', '06 00'],
    ['a reference to no object', '0a 00'],
    ['a reference to no traits', '0a 01'],
    ['a cycle', '0a 0b 01 0361 0a 00 01'],
    ['an externalizable object', '0a 07 03 43'],
    ['a vector', '0d 01'],
  ])('refuses %s', (_, bytes) => {
    expect(() => decode(bytes)).toThrow(RtmpError);
  });

  test('refuses nesting and counts above the limits', () => {
    const limits = { ...PUBLISHER_LIMITS, maxAmfDepth: 2, maxAmfValues: 4 };
    expect(decode('09 03 01 09 01 01', limits)).toEqual([[]]);
    expect(() => decode('09 03 01 09 03 01 09 01 01', limits)).toThrow('nested too deeply');
    expect(() => decode('09 09 01 01 01 01 01', limits)).toThrow('too many values');
  });
});
