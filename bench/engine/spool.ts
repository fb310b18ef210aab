import { type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { TagRole, TagType } from '@cloudpush/muxer';
import type { SpoolFile, SpoolIo, SpoolSync, SpoolTag } from '../../packages/engine/src/spool/index.js';
import { engineModule } from '../support/internals.js';
import { type LoadResult, PICTURE_BYTES, type Picture, runPictures } from './picture-load.js';

/**
 * Spools many series in real time: CPU a packet, bytes on disk for each byte of media, the longest calls of
 * the disk, and how long the thread was held up. Beside it: the load alone, and one `write` a packet.
 */

const { values } = parseArgs({
  options: {
    series: { type: 'string', default: '200' },
    seconds: { type: 'string', default: '20' },
    sync: { type: 'string', default: 'second' },
    folder: { type: 'string', default: tmpdir() },
  },
});
const count = Number(values.series);
const seconds = Number(values.seconds);
const sync = values.sync as SpoolSync;
const { diskIo, SpoolSeries } = (await import(
  engineModule('spool/index.js')
)) as typeof import('../../packages/engine/src/spool/index.js');

const header = tagOf(
  Buffer.from('17000000000142001fffe1000467420000', 'hex'),
  TagRole.videoSequenceHeader,
  0,
);

function tagOf(body: Uint8Array, role: TagRole, timestamp: number): SpoolTag {
  return { type: TagType.video, role, timestamp, parts: [body], size: body.length };
}

/** The longest calls, in ms. */
const longest = { write: 0, sync: 0 };

async function timed<T>(kind: keyof typeof longest, call: () => Promise<T>): Promise<T> {
  const start = performance.now();
  try {
    return await call();
  } finally {
    longest[kind] = Math.max(longest[kind], performance.now() - start);
  }
}

function timedFile(file: SpoolFile): SpoolFile {
  return {
    write: (parts, position) => timed('write', () => file.write(parts, position)),
    sync: () => timed('sync', () => file.sync()),
    read: (target, position) => file.read(target, position),
    size: () => file.size(),
    truncate: (size) => file.truncate(size),
    close: () => file.close(),
  };
}

async function spooled(folder: string): Promise<object> {
  const io: SpoolIo = { ...diskIo, create: async (path) => timedFile(await diskIo.create(path)) };
  const clock = {
    now: () => performance.now(),
    after(ms: number, callback: () => void) {
      const timer = setTimeout(callback, ms);
      return () => clearTimeout(timer);
    },
  };
  const folders = Array.from({ length: count }, (_, i) => join(folder, `series-${i}`));
  const all = await Promise.all(
    folders.map((path) => SpoolSeries.open({ folder: path, io, clock, policy: { sync } })),
  );
  for (const series of all) series.begin([header]);
  const sinks = all.map((series) => ({ body, isKey, timestamp }: Picture, wall: number): void => {
    series.append(tagOf(body, isKey ? TagRole.keyFrame : TagRole.interFrame, timestamp), wall);
  });
  const result = await runPictures(sinks, seconds, () => Promise.all(all.map((series) => series.end())));
  const bytes = all.reduce((sum, series) => sum + series.bytes, 0);
  const lost = all.reduce((sum, { counters }) => sum + counters.lostTags, 0);
  await Promise.all(all.map((series) => series.close()));
  const { write, sync: slowestSync } = longest;
  return {
    ...result,
    bytesPerByte: bytes / (result.packets * PICTURE_BYTES),
    lost,
    write,
    sync: slowestSync,
  };
}

async function written(folder: string): Promise<LoadResult> {
  const files: FileHandle[] = [];
  for (let i = 0; i < count; i++) files.push(await open(join(folder, `plain-${i}`), 'wx'));
  let running = Promise.resolve();
  const sinks = files.map((file) => {
    let position = 0;
    return ({ body }: Picture): void => {
      const write = file.write(body, 0, body.length, position);
      position += body.length;
      running = Promise.all([running, write]).then(() => undefined);
    };
  });
  const result = await runPictures(sinks, seconds, () => running);
  for (const file of files) await file.close();
  return result;
}

/** Runs in a folder of its own, which is gone afterwards. */
async function inFolder<T>(run: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(values.folder, 'cloudpush-spool-'));
  try {
    return await run(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function report(what: string, result: object): void {
  const shown = (_key: string, value: unknown): unknown =>
    typeof value === 'number' ? Number(value.toFixed(3)) : value;
  process.stdout.write(`${JSON.stringify({ what, ...result }, shown)}\n`);
}

const nothing = Array.from({ length: count }, () => (): void => {});
report('load alone', await runPictures(nothing, seconds, () => Promise.resolve()));
report('a write a packet', await inFolder(written));
report(`spool, sync ${sync}`, await inFolder(spooled));
