import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type AmfValue, EcmaArray, TypedObject, XmlDocument } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { plainProperty, plainValues } from './plain-value.js';

test('every value of AMF has a form that JSON can say', () => {
  const values: AmfValue[] = [
    1.5,
    Number.NaN,
    Number.NEGATIVE_INFINITY,
    true,
    'text',
    null,
    undefined,
    new Date(0),
    new Date(Number.NaN),
    Uint8Array.of(1, 255),
    new XmlDocument('<a/>'),
    [1, [2]],
    { a: { b: undefined } },
    new EcmaArray({ width: 320 }),
    new TypedObject('Class', { c: 3 }),
  ];
  const plain = plainValues(values);
  expect(plain).toEqual([
    ...[1.5, 'NaN', '-Infinity', true, 'text', null, null],
    ...['1970-01-01T00:00:00.000Z', 'Invalid Date', '01ff', '<a/>'],
    ...[[1, [2]], { a: { b: null } }, { width: 320 }, { c: 3 }],
  ]);
  expect(JSON.parse(JSON.stringify(plain))).toEqual(plain);
});

test('what is long is cut', () => {
  expect(plainValues(['x'.repeat(5000)])).toEqual([`${'x'.repeat(1000)}…`]);
  const long = plainValues([Array.from({ length: 5000 }, (_, i) => i)])[0] as number[];
  expect(long).toHaveLength(1000);
  expect(long.at(-1)).toBe('…');
  const wide = plainValues([Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`p${i}`, i]))]);
  expect(Object.keys(wide[0] as object)).toHaveLength(1000);
});

test('a long text is not kept in memory for its beginning', () => {
  setFlagsFromString('--expose-gc');
  const collectGarbage = runInNewContext('gc') as () => void;
  const size = 8_000_000;
  collectGarbage();
  const before = process.memoryUsage().heapUsed;
  const kept = Array.from({ length: 20 }, (_, i) => plainValues([Buffer.alloc(size, 97 + i).toString()]));
  collectGarbage();
  expect(process.memoryUsage().heapUsed - before).toBeLessThan(2 * size);
  expect(kept).toHaveLength(20);
});

test('a property may have any name', () => {
  const [value] = plainValues([JSON.parse('{"__proto__":1}') as AmfValue]);
  expect(JSON.stringify(value)).toBe('{"__proto__":1}');
  expect(plainProperty(value, '__proto__')).toBe(1);
  expect(plainProperty(value, 'toString')).toBeUndefined();
  expect(plainProperty([1], '0')).toBeUndefined();
  expect(plainProperty(undefined, 'a')).toBeUndefined();
});
