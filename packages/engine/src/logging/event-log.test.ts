import { readFileSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { EventLog } from './event-log.js';
import { customLevels } from './log-level.js';
import { type LogLine, logLines, problemLine } from './log-lines.js';

const names = Object.keys(logLines) as LogLine[];

function written(level: string): Set<string> {
  const texts = new Set<string>();
  const logger = pino(
    { level, customLevels },
    { write: (line: string) => texts.add((JSON.parse(line) as { msg: string }).msg) },
  );
  const log = new EventLog(logger);
  for (const name of names) log.write(name, { channel: 1 });
  return texts;
}

test('each level shows what those above it show, and more', () => {
  const sizes = ['error', 'warn', 'main', 'info', 'trace'].map((level) => written(level).size);
  expect(sizes).toEqual(sizes.toSorted((a, b) => a - b));
  expect(new Set(sizes).size).toBe(5);
  expect(sizes.at(-1)).toBe(names.length);
});

test('a logger without milestones gets them as information, one without details gets none', () => {
  const lines: string[] = [];
  const add = (_fields: unknown, text?: string): void => void lines.push(text!);
  const log = new EventLog({ info: add, warn: add, error: add });
  log.write('engineStarted');
  log.write('command');
  expect(lines).toEqual(['engine started']);
});

test('a logger that throws keeps nobody from their work, and is told of once', async () => {
  const fail = (): never => {
    throw new Error('out of the logger');
  };
  const warnings: Error[] = [];
  const onWarning = (warning: Error): void => void warnings.push(warning);
  process.on('warning', onWarning);
  const log = new EventLog({ info: fail, warn: fail, error: fail, main: fail, trace: fail });
  for (const name of names) log.write(name);
  await setImmediate();
  process.off('warning', onWarning);
  expect(warnings.map(({ message }) => message)).toEqual(['the logger has thrown: Error: out of the logger']);
});

test('the README lists each line with its level', () => {
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  for (const [level, text] of Object.values(logLines)) {
    const shown = level === 'trace' ? 'verbose' : level;
    expect(readme).toMatch(new RegExp(`^\\| \`${shown}\` +\\|.*${text.replace(/[()]/g, '\\$&')}.*\\|$`, 'm'));
  }
});

test('a packet is told to be refused, repaired, or to have been said something wrong of', () => {
  expect(problemLine(true, 'ERR_CLOUDPUSH_VIDEO_KEY_FRAME_HINT')).toBe('packetRefused');
  expect(problemLine(false, 'ERR_CLOUDPUSH_TIMESTAMP_STEP_BACK')).toBe('packetRepaired');
  expect(problemLine(false, 'ERR_CLOUDPUSH_VIDEO_KEY_FRAME_HINT')).toBe('hintIgnored');
});
