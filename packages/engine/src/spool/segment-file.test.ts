import { expect, test } from 'vitest';
import { QueueBench } from './testing/queue-bench.js';

test('a file that is durable is not synced again, and its name is made durable once', async () => {
  const bench = new QueueBench('second');
  const { file, ...segment } = bench.segment();
  const write = async (text: string) => {
    await file.write([Buffer.from(text)], text.length, []);
    await file.sync();
    await file.sync();
  };
  await write('one ');
  await write('two ');
  expect(bench.calls.filter((call) => call.startsWith('sync'))).toEqual([
    'sync 00000001-00001.flv',
    'syncFolder /spool/series',
    'sync 00000001-00001.flv',
  ]);
  expect(bench.disk.durableBytes(segment.media)).toBe(8);
});

test('an index is made when there is something to say', async () => {
  const bench = new QueueBench('none');
  const segment = bench.segment();
  await segment.file.write([Buffer.from('one ')], 4, []);
  await segment.file.writeIndex(false);
  expect(bench.disk.paths).toEqual([segment.media]);
  await segment.file.writeIndex(true);
  expect(bench.index(segment)).toMatchObject({ groups: [], isFinished: true });
});

test('files are closed once, and what has failed may be cut off before or not at all', async () => {
  const bench = new QueueBench('none');
  const { file } = bench.segment();
  await file.cutBack();
  await file.write([Buffer.from('one ')], 4, []);
  await file.writeIndex(true);
  expect(bench.disk.openFiles).toBe(2);
  await file.close();
  await file.close();
  await file.cutBack();
  expect(bench.disk.openFiles).toBe(0);
});
