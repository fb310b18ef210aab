import { crc32 } from 'node:zlib';
import { expect, test } from 'vitest';
import { checked, endLine, groupLine, headLine, parseIndex } from './index-format.js';

const head = { gap: 1, segment: 2, gapStart: 1_795_346_200_000, headerBytes: 500 };
const first = {
  offset: 500,
  bytes: 1000,
  crc: 0x1f,
  firstTimestamp: 0,
  lastTimestamp: 960,
  firstWall: 10,
  lastWall: 970,
  tags: 25,
  isStart: true,
};
const second = { ...first, offset: 1500, isStart: false };

test('an index is text, with a checksum behind every line', () => {
  const fields = 'cloudpush-spool 1 1 2 1795346200000 500';
  expect(headLine(head)).toBe(`${fields} ${crc32(fields).toString(16).padStart(8, '0')}\n`);
  expect(groupLine(first)).toMatch(/^key 500 1000 0 960 10 970 25 0000001f [0-9a-f]{8}\n$/);
  expect(groupLine(second)).toMatch(/^more 1500 /);
  expect(endLine()).toMatch(/^end [0-9a-f]{8}\n$/);
});

test('an index is read as it was written', () => {
  const text = headLine(head) + groupLine(first) + groupLine(second);
  expect(parseIndex(text)).toEqual({ head, groups: [first, second], isFinished: false });
  expect(parseIndex(text + endLine())).toEqual({ head, groups: [first, second], isFinished: true });
});

test('an index that is cut off anywhere gives the lines that are whole', () => {
  const lines = [headLine(head), groupLine(first), groupLine(second), endLine()];
  const text = lines.join('');
  for (let length = 0; length < text.length; length++) {
    const whole = lines.filter((_, i) => lines.slice(0, i + 1).join('').length - 1 <= length).length;
    const parsed = parseIndex(text.slice(0, length));
    expect(parsed?.groups.length, `${length} bytes`).toBe(whole === 0 ? undefined : Math.min(2, whole - 1));
    expect(parsed?.isFinished ?? false, `${length} bytes`).toBe(whole === 4);
  }
});

test('a byte that is another ends what can be trusted', () => {
  const lines = [headLine(head), groupLine(first), groupLine(second), endLine()];
  const text = lines.join('');
  for (let at = 0; at < text.length; at++) {
    const damaged = Buffer.from(text);
    damaged[at]! ^= 1;
    const parsed = parseIndex(damaged.toString('latin1'));
    const line = lines.findIndex((_, i) => at < lines.slice(0, i + 1).join('').length);
    expect(parsed?.groups.length, `byte ${at}`).toBe(line === 0 ? undefined : Math.min(2, line - 1));
  }
});

test('a line of a kind that is not known ends what can be trusted', () => {
  const other = checked('other 1500 1000 0 960 10 970 25 0000001f');
  expect(parseIndex(headLine(head) + groupLine(first) + other + groupLine(second))).toEqual({
    head,
    groups: [first],
    isFinished: false,
  });
});

test('groups that do not follow from one another, and other versions, are not trusted', () => {
  const gap = { ...second, offset: 1501 };
  expect(parseIndex(headLine(head) + groupLine(first) + groupLine(gap))?.groups).toEqual([first]);
  const fields = 'cloudpush-spool 2 1 2 3 500';
  expect(parseIndex(`${fields} ${crc32(fields).toString(16).padStart(8, '0')}\n`)).toBeUndefined();
  expect(parseIndex('')).toBeUndefined();
});
