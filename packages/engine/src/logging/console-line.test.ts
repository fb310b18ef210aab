import { expect, test } from 'vitest';
import { consoleLine } from './console-line.js';

const time = new Date(2026, 4, 4, 13, 14, 15, 16).getTime();

test('a line shows time, level, message and the other fields', () => {
  const entry = { level: 35, time, pid: 7, channel: 3, msg: 'connected' };
  expect(consoleLine(JSON.stringify(entry), false)).toBe(
    '[2026-05-04 13:14:15.016] MAIN: connected {"channel":3}\n',
  );
});

test('an error follows its line with its stack, indented', () => {
  const entry = { level: 50, time, err: { type: 'Error', message: 'lost', stack: 'Error: lost\n    at x' } };
  expect(consoleLine(JSON.stringify(entry), false)).toBe(
    '[2026-05-04 13:14:15.016] ERROR:\n    Error: lost\n        at x\n',
  );
});

test('colours the level alone, and only where asked to', () => {
  const entry = JSON.stringify({ level: 40, time, msg: 'careful' });
  expect(consoleLine(entry, true)).toBe('[2026-05-04 13:14:15.016] \u001b[33mWARN\u001b[39;49m: careful\n');
});

test('a level that nobody knows, a time that is none and a line that is not JSON are shown as they are', () => {
  expect(consoleLine('{"level":7,"time":"noon","msg":"x"}', false)).toBe('[noon] LEVEL 7: x\n');
  expect(consoleLine('plain words', false)).toBe('plain words\n');
  expect(consoleLine('42', false)).toBe('42\n');
});
