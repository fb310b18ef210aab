import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { RollingFiles } from './rolling-files.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'cloudpush-log-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

const textOf = (number: number): string => readFileSync(join(folder, `cloudpush.${number}.log`), 'utf8');

test('no file grows past its size, in a burst either, and no line is lost or torn', () => {
  const files = new RollingFiles({ folder, fileSize: 20, fileCount: 100 });
  const lines = Array.from({ length: 20 }, (_, i) => `line ${i}`);
  files.write(lines);
  files.close();
  const texts = readdirSync(folder).map((_, i) => textOf(i + 1));
  expect(texts.join('')).toBe(lines.map((line) => `${line}\n`).join(''));
  for (const text of texts) expect(text.length).toBeLessThanOrEqual(20);
});

test('a line longer than a file has a file of its own', () => {
  const files = new RollingFiles({ folder, fileSize: 10, fileCount: 100 });
  files.write(['a', 'x'.repeat(30), 'b']);
  files.close();
  expect([textOf(1), textOf(2), textOf(3)]).toEqual(['a\n', `${'x'.repeat(30)}\n`, 'b\n']);
});

test('sizes are counted in bytes, not in characters', () => {
  const files = new RollingFiles({ folder, fileSize: 10, fileCount: 100 });
  files.write(['ääää', 'b']);
  files.close();
  expect([textOf(1), textOf(2)]).toEqual(['ääää\n', 'b\n']);
});

test('goes on with the newest file, keeps so many beside it, and leaves other files alone', () => {
  for (const number of [2, 9, 10]) writeFileSync(join(folder, `cloudpush.${number}.log`), `old ${number}\n`);
  writeFileSync(join(folder, 'cloudpush.x.log'), 'of somebody else');
  const files = new RollingFiles({ folder, fileSize: 12, fileCount: 2 });
  files.write(['new']);
  expect(readdirSync(folder).sort()).toEqual(['cloudpush.10.log', 'cloudpush.9.log', 'cloudpush.x.log']);
  files.write(['newer', 'newest']);
  files.close();
  expect(textOf(10)).toBe('old 10\nnew\n');
  expect([textOf(11), textOf(12)]).toEqual(['newer\n', 'newest\n']);
});
