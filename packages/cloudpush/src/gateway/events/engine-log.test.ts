import { readFileSync } from 'node:fs';
import type { EngineLogger } from '@cloudpush/engine';
import { expect, test } from 'vitest';
import { engineLogger } from './engine-log.js';

const README = readFileSync(new URL('../../../../engine/README.md', import.meta.url), 'utf8');

/** Lines of a level, as the engine's README lists them. */
function linesOf(level: 'warn' | 'error'): string[] {
  const [, lines] = new RegExp(`^\\| \`${level}\` +\\|[^|]*\\|([^|]*)\\|$`, 'm').exec(README)!;
  return lines!.trim().split('; ');
}

test('lines of which the gateway has its own are details, all others stay what they are', () => {
  const written: [string, string][] = [];
  const write = (level: string) => (_: object, text: string) => written.push([level, text]);
  const levels = ['main', 'trace', 'info', 'warn', 'error'].map((level) => [level, write(level)]);
  const logger = engineLogger(Object.fromEntries(levels) as EngineLogger);
  for (const level of ['warn', 'error'] as const) for (const text of linesOf(level)) logger[level]({}, text);
  const linesAt = (wanted: string) => written.flatMap(([level, text]) => (level === wanted ? [text] : []));
  expect(linesAt('trace').sort()).toEqual([
    'connection lost, connecting again',
    'destination ended',
    'key-frame hint ignored',
    'packet refused',
    'packet repaired',
    'source is silent',
    'source lost',
  ]);
  expect(linesAt('warn')).toContain('token refresh failed');
  expect(linesAt('error')).toContain('a worker thread died');
});

test('a logger without the level main takes milestones for information, and one without trace leaves details out', () => {
  const written: string[] = [];
  const write = (_: object, text: string) => void written.push(text);
  const logger = engineLogger({ info: write, warn: write, error: write } as EngineLogger);
  logger.main?.({}, 'engine started');
  logger.trace?.({}, 'asking for a push target');
  logger.warn({}, 'source lost');
  expect(written).toEqual(['engine started']);
});
