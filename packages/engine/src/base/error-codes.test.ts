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

/** An error's section in the document. */
interface Entry {
  readonly number: number;
  readonly code: string;
  readonly meaning: string;
  readonly cause: string;
  readonly whatToDo: string;
}

/** The sections of the document; a part that is not there, or is empty, is an empty text. */
function documentedErrors(): Entry[] {
  const text = readFileSync(join(packages, 'engine/docs/error-codes.md'), 'utf8');
  return text
    .split(/^(?=##)/m)
    .filter((section) => section.startsWith('### '))
    .map((section) => {
      const [, number, code] = /^### (\d+) `(\w+)`$/m.exec(section) ?? [];
      return {
        number: Number(number),
        code: code ?? section,
        meaning: part(section, /^###.*\n\n(?!- )(.*(?:\n(?!- ).+)*)/),
        cause: part(section, /^- \*\*Cause:\*\*(.*(?:\n {2}.+)*)/m),
        whatToDo: part(section, /^- \*\*What to do:\*\*(.*(?:\n {2}.+)*)/m),
      };
    });
}

function part(section: string, form: RegExp): string {
  return form.exec(section)?.[1]?.trim() ?? '';
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
  const documented = documentedErrors().map(({ code, number }) => [code, number]);
  expect(documented).toEqual(Object.entries(ErrorCode));
});

test('the document tells of every code what it means, what has led to it and what to do', () => {
  const sentence = /^\S.*\.$/s;
  for (const { code, meaning, cause, whatToDo } of documentedErrors()) {
    expect(meaning, `${code}: the meaning`).toMatch(sentence);
    expect(cause, `${code}: the cause`).toMatch(sentence);
    expect(whatToDo, `${code}: what to do`).toMatch(sentence);
    expect(new Set([meaning, cause, whatToDo]).size, `${code}: three different texts`).toBe(3);
  }
});
