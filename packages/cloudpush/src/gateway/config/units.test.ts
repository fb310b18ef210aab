import { expect, test } from 'vitest';
import { parseDuration, parseSize } from './units.js';

test.each([
  ['0s', 0],
  ['500ms', 500],
  ['1.5s', 1500],
  ['1m30s', 90_000],
  ['24h', 86_400_000],
  ['1d', 86_400_000],
  ['10', undefined],
  ['s', undefined],
  ['-1s', undefined],
  ['1s ', undefined],
])('the duration %j is %j ms', (text, expected) => expect(parseDuration(text)).toBe(expected));

test.each([
  ['64B', 64],
  ['8MiB', 8_388_608],
  ['8 MiB', 8_388_608],
  ['1GB', 1_000_000_000],
  ['1.5KiB', 1536],
  ['8', undefined],
  ['8mib', undefined],
])('the size %j is %j bytes', (text, expected) => expect(parseSize(text)).toBe(expected));
