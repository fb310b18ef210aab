// `cloudpush spool` as a user runs it, on a spool that the engine has written.

import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { FlvReader, TagRole, TagType } from '@cloudpush/muxer';
import { describe, expect, test } from 'vitest';
import { engineClock } from '../../packages/engine/src/base/clock.js';
import { readGapFacts, readWallClock } from '../../packages/engine/src/spool/gap-stream.js';
import {
  diskIo,
  SpoolLock,
  SpoolSeries,
  type SpoolTag,
  seriesName,
} from '../../packages/engine/src/spool/index.js';
import { roleOf } from '../../packages/engine/src/spool/spool-tag.js';
import { cloudpush } from '../support/cloudpush.js';
import { frameHashes } from '../support/ffmpeg.js';
import { fixture } from '../support/media.js';
import { requirePeers } from '../support/peers.js';
import { TempFolder } from '../support/temp.js';

const TIMEOUT_MS = 60_000;
const START = Date.UTC(2026, 10, 22, 11, 30);
const names = { channel: 'yard', destination: 'cloud' };
const SERIES = seriesName(names);

/** The tags of a file, as a destination has them. */
async function tagsOf(path: string): Promise<SpoolTag[]> {
  return new FlvReader().push(await readFile(path)).map(({ type, timestamp, payload }) => {
    const role = roleOf(type, payload);
    return { type, role, timestamp, parts: [payload], size: payload.length };
  });
}

function isHeader({ type, role }: SpoolTag): boolean {
  return type === TagType.scriptData || role < TagRole.keyFrame;
}

/** A spool of two gaps, of whole clips. */
async function spool(folder: string, clip = 'bframes.flv'): Promise<SpoolTag[]> {
  const tags = await tagsOf(fixture(clip));
  const series = await SpoolSeries.open({
    folder: join(folder, SERIES),
    io: diskIo,
    clock: engineClock,
    names,
    policy: { segmentMs: 1000 },
  });
  for (const gap of [0, 1]) {
    series.begin(tags.filter(isHeader));
    for (const tag of tags.filter((each) => !isHeader(each)))
      expect(series.append(tag, START + gap * 3_600_000 + tag.timestamp)).toBe(true);
    await series.end();
  }
  await series.close();
  return tags;
}

function bodies(tags: readonly SpoolTag[]): string[] {
  return tags.map(({ parts }) => Buffer.concat(parts).toString('hex'));
}

describe.concurrent('a spool', { timeout: TIMEOUT_MS }, () => {
  test('is listed for people and for programs', async () => {
    await using folder = await TempFolder.create();
    await spool(folder.path);
    const people = await cloudpush(['spool', 'list', folder.path]);
    expect(people).toMatchObject({ code: 0, stderr: '' });
    expect(people.stdout).toMatch(/│ yard_cloud_[0-9a-f]{12} │\s+1 │ 2026-11-22T11:30:00/);
    expect(people.stdout).toMatch(/^2 gaps, \d+ s of media, [\d.]+ kB$/m);
    const { stdout } = await cloudpush(['spool', 'list', folder.path, '--gap', '2', '--json']);
    const { gaps } = JSON.parse(stdout) as { gaps: object[] };
    expect(gaps).toHaveLength(1);
    expect(gaps[0]).toMatchObject({ series: SERIES, channel: 'yard', destination: 'cloud', gap: 2 });
  });

  test('is verified, and tells of one byte that is another, and of media that is gone', async () => {
    await using folder = await TempFolder.create();
    await spool(folder.path);
    expect(await cloudpush(['spool', 'verify', folder.path])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('2 gaps: everything is as it was written'),
    });
    const path = join(folder.path, SERIES, '00000002-00001.flv');
    const bytes = await readFile(path);
    bytes[bytes.length - 500]! ^= 1;
    await writeFile(path, bytes);
    const { code, stdout } = await cloudpush(['spool', 'verify', folder.path, '--json']);
    expect(code).toBe(1);
    const { gaps } = JSON.parse(stdout) as { gaps: object[] };
    expect(gaps).toMatchObject([
      { gap: 1, intact: true, damagedGroups: 0 },
      { gap: 2, intact: false, damagedGroups: 1 },
    ]);
    await rm(path);
    await truncate(join(folder.path, SERIES, '00000001-00001.flv'), 600);
    const missing = await cloudpush(['spool', 'verify', folder.path, '--json']);
    expect(missing.code).toBe(1);
    expect(JSON.parse(missing.stdout)).toMatchObject({
      intact: false,
      gaps: [
        { gap: 1, intact: false, missingGroups: expect.any(Number) },
        { gap: 2, intact: false, missingGroups: expect.any(Number) },
      ],
    });
    const { stdout: text } = await cloudpush(['spool', 'verify', folder.path]);
    expect(text).toMatch(/missing groups/);
    expect(text).toMatch(/\ndamaged\s*$/);
  });

  test('is exported, bit by bit as it came, with the time of every group', async (context) => {
    requirePeers(context, 'ffmpeg');
    await using folder = await TempFolder.create();
    const tags = await spool(folder.file('spool'));
    const target = folder.file('out');
    const { code, stdout } = await cloudpush(['spool', 'export', folder.file('spool'), target, '--json']);
    expect(code).toBe(0);
    const { files } = JSON.parse(stdout) as { files: { file: string; damagedGroups: number }[] };
    expect(files.map(({ damagedGroups }) => damagedGroups)).toEqual([0, 0]);
    const first = await tagsOf(files[0]!.file);
    const media = (all: readonly SpoolTag[]) => all.filter(({ type }) => type !== TagType.scriptData);
    expect(bodies(media(first))).toEqual(bodies(media(tags)));
    expect(readGapFacts(first[0]!.parts[0]!)).toMatchObject({ gapOf: 'yard', gapStart: START, gapPart: 1 });
    const clocks = first.map(({ parts }) => readWallClock(parts[0]!)).filter((wall) => wall !== undefined);
    expect(clocks[0]).toBe(START);
    expect(clocks.length).toBeGreaterThan(1);
    expect(await frameHashes(files[0]!.file, 'video')).toEqual(
      await frameHashes(fixture('bframes.flv'), 'video'),
    );
  });

  test('is exported to one file for each series, with the pause between its gaps', async () => {
    await using folder = await TempFolder.create();
    await spool(folder.file('spool'));
    const target = folder.file('out');
    const args = ['spool', 'export', folder.file('spool'), target, '--joined'];
    expect(await cloudpush(args)).toMatchObject({ code: 0 });
    const [file] = await readdir(target);
    const last = (await tagsOf(join(target, file!))).at(-1)!;
    expect(last.timestamp).toBeGreaterThan(3_600_000);
    expect(await cloudpush(args)).toMatchObject({ code: 2, stderr: expect.stringContaining('--force') });
    expect(await cloudpush([...args, '--force'])).toMatchObject({ code: 0 });
  });

  test('is played from its segments as they lie on disk', async (context) => {
    requirePeers(context, 'ffmpeg');
    await using folder = await TempFolder.create();
    await spool(folder.path);
    const series = join(folder.path, SERIES);
    const parts = (await readdir(series)).filter((name) => /^00000001-.*flv$/.test(name)).sort();
    const hashes: unknown[] = [];
    for (const part of parts) hashes.push(...(await frameHashes(join(series, part), 'video')));
    expect(parts.length).toBeGreaterThan(1);
    expect(hashes).toEqual(await frameHashes(fixture('bframes.flv'), 'video'));
  });

  test('is dropped only when that is meant, and nobody spools to it', async () => {
    await using folder = await TempFolder.create();
    await spool(folder.path);
    const args = ['spool', 'drop', folder.path, '--gap', '1'];
    expect(await cloudpush(args)).toMatchObject({ code: 2, stderr: expect.stringContaining('--yes') });
    const lock = await SpoolLock.acquire(folder.path);
    expect(await cloudpush([...args, '--yes'])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining(`in use by process ${process.pid}`),
    });
    await lock.release();
    expect(await cloudpush([...args, '--yes'])).toMatchObject({ code: 0 });
    const names = await readdir(join(folder.path, SERIES));
    expect(names.filter((name) => name.startsWith('00000001'))).toEqual([]);
    expect(names.filter((name) => name.startsWith('00000002'))).not.toEqual([]);
  });

  test.for([
    { args: ['list', '/nowhere'], says: 'no such folder' },
    { args: ['list', '.', '--series', 'none'], says: 'no such series; there are: none' },
    { args: ['list', '.', '--gap', '1'], says: 'no such gap' },
  ])('$args is refused', async ({ args, says }) => {
    await using folder = await TempFolder.create();
    const where = args.map((arg) => (arg === '.' ? folder.path : arg));
    const { code, stderr } = await cloudpush(['spool', ...where]);
    expect(code).toBe(2);
    expect(stderr).toContain(says);
  });

  test('a folder of other things is no spool without a gap', async () => {
    await using folder = await TempFolder.create();
    await writeFile(folder.file('holiday.jpg'), '');
    for (const command of ['list', 'verify']) {
      const { code, stderr } = await cloudpush(['spool', command, folder.path]);
      expect({ code, stderr }).toEqual({
        code: 2,
        stderr: expect.stringMatching(/this is no spool.*holiday\.jpg/),
      });
    }
  });
});
