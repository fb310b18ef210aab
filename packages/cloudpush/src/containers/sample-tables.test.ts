import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { checkSampleTables } from './sample-tables.js';

const ALL = 0xffff_ffff;

function box(type: string, ...content: (Buffer | readonly number[])[]): Buffer {
  const body = content.map((piece) => {
    if (Buffer.isBuffer(piece)) return piece;
    const bytes = Buffer.alloc(4 * piece.length);
    for (const [index, value] of piece.entries()) bytes.writeUInt32BE(value, 4 * index);
    return bytes;
  });
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + Buffer.concat(body).length);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, ...body]);
}

/** A movie of one track with ten samples in two chunks; `tables` stand in place of those of their types. */
function movie(...tables: Buffer[]): Buffer {
  const right = [
    box('stsz', [0, 0, 10], Array<number>(10).fill(100)),
    box('stts', [0, 1, 10, 40]),
    box('ctts', [0, 2, 4, 0, 6, 40]),
    box('stsc', [0, 2, 1, 6, 1, 2, 4, 1]),
    box('stco', [0, 2, 48, 648]),
  ];
  const type = (table: Buffer) => table.toString('latin1', 4, 8);
  const all = right.map((table) => tables.find((other) => type(other) === type(table)) ?? table);
  return box('moov', box('trak', box('mdia', box('minf', box('stbl', ...all)))));
}

async function check(...bytes: Buffer[]): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'cloudpush-tables-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const path = join(folder, 'film.mp4');
  await writeFile(path, Buffer.concat([box('ftyp', [0, 0]), ...bytes]));
  await checkSampleTables(path);
}

test('a file whose tables agree', async () => {
  await check(box('mdat', Buffer.alloc(40_000)), movie());
});

test.each<[what: string, table: Buffer, message: string]>([
  [
    'decoding times',
    box('stts', [0, 2, 9, 40, ALL, 40]),
    'a track of 10 samples has 4294967304 decoding times',
  ],
  ['offsets', box('ctts', [0, 1, ALL, 0]), 'a track of 10 samples has 4294967295 presentation times'],
  ['places', box('stsc', [0, 1, 1, ALL, 1]), 'a track of 10 samples has 8589934590 places'],
  ['chunks before the last run', box('stsc', [0, 2, 1, 6, 1, ALL, 4, 1]), '25769803764 places'],
  ['runs of chunks', box('stsc', [0, 2, 2, 6, 1, 1, 4, 1]), 'runs of chunks are out of order'],
  ['samples of one size', box('stsz', [0, 1, ALL]), '4294967295 samples of 1 bytes are more than the file'],
])('damage in %s is found before it costs memory', async (_what, table, message) => {
  await expect(check(movie(table))).rejects.toThrow(message);
});

test('a fragment that speaks of more samples than fragments have', async () => {
  const fragment = (samples: number, flags: number) =>
    box('moof', box('traf', box('trun', [flags, samples])));
  await check(movie(), fragment(1000, 0));
  await check(movie(), fragment(ALL, 0x200));
  await expect(check(movie(), fragment(ALL, 0))).rejects.toThrow('a fragment has 4294967295 samples');
});

test('files of other kinds, cut ones and empty ones pass', async () => {
  await check(movie().subarray(0, 120));
  await check(Buffer.alloc(100_000, 0x47));
  await check();
});
