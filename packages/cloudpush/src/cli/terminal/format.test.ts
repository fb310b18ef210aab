import { expect, test } from 'vitest';
import { bytes, count, facts, megabitsPerSecond, plural, rounded, table } from './format.js';

test('numbers are written for people', () => {
  expect(count(1_234_567)).toBe('1,234,567');
  expect(plural(1, 'channel')).toBe('1 channel');
  expect(plural(0, 'channel')).toBe('0 channels');
  expect([0, 999, 1000, 1_250_000, 3.2e9, 5e15].map(bytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '1.3 MB',
    '3.2 GB',
    '5000.0 TB',
  ]);
  expect(rounded(1.23456)).toBe(1.235);
  expect(megabitsPerSecond(125_000, 1000)).toBe(1);
  expect(megabitsPerSecond(1, 0)).toBe(0);
});

test('a table has one line a row, with numbers on the right', () => {
  const lines = table(
    ['name', 'frames'],
    [
      ['a', 5],
      ['b', 12_345],
    ],
  ).split('\n');
  expect(lines).toHaveLength(6);
  expect(lines[3]).toBe('│ a    │      5 │');
  expect(lines[4]).toBe('│ b    │ 12,345 │');
});

test('a table that is too wide for the terminal gives up its padding, then the start of its longest texts', () => {
  const head = ['#', 'to', 'frames'];
  const rows = [['1', 'rtmp://host.example/live/camera-1', 12_345]];
  const width = (columns?: number) => table(head, rows, columns).split('\n')[0]!.length;
  expect(width()).toBe(50);
  expect(width(50)).toBe(50);
  expect(width(49)).toBe(44);
  expect(width(30)).toBe(30);
  expect(table(head, rows, 30)).toContain('│1│…mple/live/camera-1│12,345│');
  expect(width(18)).toBe(18);
  expect(width(5)).toBe(5);
});

test('columns are left out where shortening is not enough', () => {
  const rows = [['1', 'rtmp://host.example/live/camera-1', 12_345, 'complete']];
  const text = table(['#', 'to', 'frames', 'result'], rows, 24, ['frames', 'to']);
  expect(text.split('\n')[3]).toBe('│1│…e/camera-1│complete│');
  expect(text).not.toContain('frames');
});

test('a URL that is shortened shows nothing of its secrets', () => {
  const rows = [[`wss://user:SECRET@host.example/live?${'k=SECRET&'.repeat(8)}`]];
  for (const columns of [100, 40, 20, 5]) expect(table(['to'], rows, columns)).not.toContain('SECRET');
});

test('facts stand in two columns', () => {
  expect(
    facts([
      ['a', '1'],
      ['long', '2'],
    ]),
  ).toBe('  a     1\n  long  2');
});

test('a fact that is too long for the terminal goes on in the next line, under its value', () => {
  const text = facts(
    [['sound to pictures', '0 ms later at the start, 26.33 ms at the end (drift 26.33 ms)']],
    40,
  );
  expect(text.split('\n')).toEqual([
    '  sound to pictures  0 ms later at the',
    '                     start, 26.33 ms at',
    '                     the end (drift',
    '                     26.33 ms)',
  ]);
});
