import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { muxerErrors } from '@cloudpush/muxer';
import { RtmpErrorCode } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { ErrorCode, errorCode, errorNumber } from './error-codes.js';

const packages = join(import.meta.dirname, '../../..');

/** Every code that stands in a source file other than tests and the table itself. */
function codesInSources(): Set<string> {
  const codes = new Set<string>();
  for (const name of ['muxer', 'transport', 'engine', 'cloudpush']) {
    const folder = join(packages, name, 'src');
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!file.endsWith('.ts') || file.endsWith('.test.ts') || file === 'base/error-codes.ts') continue;
      const text = readFileSync(join(folder, file), 'utf8');
      for (const [code] of text.matchAll(/\bERR_CLOUDPUSH_[A-Z0-9_]*[A-Z0-9]\b/g)) codes.add(code);
    }
  }
  return codes;
}

/** The common beginning of several codes, such as `ERR_CLOUDPUSH_SOURCE`, names a family. */
function isFamily(name: string): boolean {
  return Object.keys(ErrorCode).some((code) => code.startsWith(`${name}_`));
}

/** The rows of the tables in the document: number and code. */
function documentedCodes(): [string, number][] {
  const text = readFileSync(join(packages, 'engine/docs/error-codes.md'), 'utf8');
  return Array.from(text.matchAll(/^\| (\d+) +\| `(\w+)` +\| \S.* \|$/gm), ([, number, code]) => [
    code!,
    Number(number),
  ]);
}

test('every code of the three packages has a number', () => {
  const codes = new Set([...codesInSources(), ...Object.keys(muxerErrors), ...Object.values(RtmpErrorCode)]);
  const missing = [...codes].filter((code) => errorNumber(code) === undefined && !isFamily(code));
  expect(missing, 'codes without a number in ErrorCode (error-codes.ts)').toEqual([]);
  const gone = Object.keys(ErrorCode).filter((code) => !codes.has(code));
  expect(gone, 'codes in ErrorCode that nothing raises').toEqual([]);
});

test('every number is a positive integer that belongs to one code', () => {
  const numbers = Object.values(ErrorCode);
  expect(numbers.filter((number) => !Number.isInteger(number) || number <= 0)).toEqual([]);
  expect(new Set<number>(numbers).size).toBe(numbers.length);
});

test('a code leads to its number and back', () => {
  for (const [code, number] of Object.entries(ErrorCode)) {
    expect(errorNumber(code)).toBe(number);
    expect(errorCode(number)).toBe(code);
  }
});

test('what is no code of ours has no number, and a number that is not given has no code', () => {
  expect(errorNumber('ECONNREFUSED')).toBeUndefined();
  expect(errorNumber('toString')).toBeUndefined();
  expect(errorNumber(Object.create(null))).toBeUndefined();
  expect(errorCode(0)).toBeUndefined();
  expect(errorCode(-1)).toBeUndefined();
});

test('the document lists the same codes and numbers, in the same order', () => {
  expect(documentedCodes()).toEqual(Object.entries(ErrorCode));
});
