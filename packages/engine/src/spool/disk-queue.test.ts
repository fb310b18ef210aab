import { expect, test } from 'vitest';
import { QueueBench } from './testing/queue-bench.js';
import { settle } from './testing/series-bench.js';

test('batches are written in the order in which they came, and each is told when it is', async () => {
  const bench = new QueueBench('second');
  const segment = bench.segment();
  bench.queue.push(segment.batch('one '));
  await bench.write(segment.batch('two '));
  expect(bench.text(segment)).toBe('one two ');
  await bench.write(segment.batch('three'));
  expect(bench.text(segment)).toBe('one two three');
  expect(bench.told).toEqual(['written one ', 'written two ', 'written three']);
});

test('a queue that nothing was pushed to is idle', async () => {
  const bench = new QueueBench('second');
  bench.queue.poll();
  await bench.queue.idle();
  expect(bench.queue.awaitsSync).toBe(false);
});

test('who waits for a batch does not wait for all that come after it', async () => {
  const bench = new QueueBench('second');
  const segment = bench.segment();
  bench.queue.push(segment.batch('one '));
  let isFirstIdle = false;
  void bench.queue.idle().then(() => {
    isFirstIdle = true;
  });
  const letGo = bench.disk.hold('write');
  bench.queue.push(segment.batch('two '));
  bench.queue.push(segment.batch('three', true));
  const last = bench.queue.idle();
  await settle();
  expect(isFirstIdle).toBe(false);
  letGo();
  const end = bench.disk.hold('sync');
  await settle();
  expect(isFirstIdle).toBe(true);
  expect(bench.text(segment)).toBe('one two three');
  end();
  await last;
  expect(bench.index(segment)?.isFinished).toBe(true);
});

test('a segment that ends is made durable, then its index, and its files are closed', async () => {
  const bench = new QueueBench('segment');
  const segment = bench.segment();
  await bench.write(segment.batch('one '));
  bench.clock.pass(5000);
  bench.queue.poll();
  bench.queue.push(segment.batch('two ', true));
  expect(segment.part.file).toBe(segment.file);
  await bench.queue.idle();
  expect(bench.calls).toEqual([
    'create 00000001-00001.flv',
    'write 00000001-00001.flv',
    'write 00000001-00001.flv',
    'sync 00000001-00001.flv',
    'syncFolder /spool/series',
    'create 00000001-00001.idx',
    'write 00000001-00001.idx',
    'write 00000001-00001.idx',
  ]);
  expect(bench.index(segment)).toMatchObject({ groups: [{ offset: 0 }, { offset: 4 }], isFinished: true });
  expect(bench.disk.openFiles).toBe(0);
  expect(segment.part.file).toBeUndefined();
});

test('without syncs, a group is in the index as soon as it is written', async () => {
  const bench = new QueueBench('none');
  const segment = bench.segment();
  bench.clock.pass(5000);
  await bench.write(segment.batch('one '));
  bench.queue.poll();
  expect(bench.queue.awaitsSync).toBe(false);
  expect(bench.index(segment)).toMatchObject({ groups: [{ offset: 0 }], isFinished: false });
  await bench.write(segment.batch('two ', true));
  expect(bench.index(segment)).toMatchObject({ groups: [{ offset: 0 }, { offset: 4 }], isFinished: true });
  expect(bench.syncs).toBe(0);
});

test('what is written is durable a second after the last sync, and not before', async () => {
  const bench = new QueueBench('second', 500);
  const segment = bench.segment();
  bench.clock.pass(999);
  await bench.write(segment.batch('one '));
  bench.queue.poll();
  await settle();
  expect([bench.syncs, bench.index(segment)]).toEqual([0, undefined]);
  bench.clock.pass(1);
  bench.queue.poll();
  await settle();
  expect([bench.syncs, bench.index(segment)?.groups.length]).toEqual([1, 1]);
  bench.clock.pass(600);
  await bench.write(segment.batch('two '));
  bench.queue.poll();
  expect(bench.syncs).toBe(1);
  bench.clock.pass(400);
  await bench.write(segment.batch('three'));
  await settle();
  expect([bench.syncs, bench.index(segment)?.groups.length]).toEqual([2, 3]);
});

test('a look at a file that is durable does not put off its next sync', async () => {
  const bench = new QueueBench('second');
  const segment = bench.segment();
  await bench.write(segment.batch('one '));
  bench.clock.pass(1000);
  bench.queue.poll();
  await settle();
  bench.clock.pass(1900);
  bench.queue.poll();
  await bench.write(segment.batch('two '));
  await settle();
  expect(bench.syncs).toBe(2);
});

test('a sync is awaited while something is written, not durable, or becomes so', async () => {
  const bench = new QueueBench('second');
  const segment = bench.segment();
  bench.queue.push(segment.batch('one '));
  expect([segment.file.isDirty, bench.queue.awaitsSync]).toEqual([false, true]);
  await bench.queue.idle();
  expect([segment.file.isDirty, bench.queue.awaitsSync]).toEqual([true, true]);
  bench.clock.pass(1000);
  const letGo = bench.disk.hold('sync');
  bench.queue.poll();
  await settle();
  expect([segment.file.isDirty, bench.queue.awaitsSync]).toEqual([false, true]);
  letGo();
  await settle();
  expect(bench.queue.awaitsSync).toBe(false);
});

test('one sync is under way at a time, and writes do not wait for it', async () => {
  const bench = new QueueBench('second');
  const segment = bench.segment();
  await bench.write(segment.batch('one '));
  bench.clock.pass(1000);
  const letGo = bench.disk.hold('sync');
  bench.queue.poll();
  await bench.write(segment.batch('two '));
  bench.clock.pass(1000);
  bench.queue.poll();
  letGo();
  await settle();
  expect([bench.text(segment), bench.syncs]).toEqual(['one two ', 1]);
  bench.queue.poll();
  await settle();
  expect([bench.syncs, bench.index(segment)?.groups.length]).toEqual([2, 2]);
});

test('a segment ends when the sync that is under way is over', async () => {
  const bench = new QueueBench('second');
  const segment = bench.segment();
  await bench.write(segment.batch('one '));
  bench.clock.pass(1000);
  const letGo = bench.disk.hold('sync');
  bench.queue.poll();
  bench.queue.push(segment.batch('two ', true));
  await settle();
  expect([bench.text(segment), bench.index(segment)]).toEqual(['one two ', undefined]);
  letGo();
  await bench.queue.idle();
  expect(bench.index(segment)).toMatchObject({ groups: [{ offset: 0 }, { offset: 4 }], isFinished: true });
  expect(bench.told).toEqual(['written one ', 'written two ']);
});
