import { expect, test } from 'vitest';
import { QueueBench } from './testing/queue-bench.js';
import { settle } from './testing/series-bench.js';
import { diskError } from './testing/simulated-disk.js';

/** Lets the disk refuse one kind of calls with EIO from now on. */
function refuse(bench: QueueBench, call: string): void {
  bench.answer((step) => (step.startsWith(call) ? diskError('EIO') : undefined));
}

test('a write that fails loses what waits, takes away its beginning, and closes the file', async () => {
  const bench = new QueueBench('second');
  const segment = bench.segment();
  await bench.write(segment.batch('one '));
  bench.disk.capacity = 6;
  bench.queue.push(segment.batch('two '));
  await bench.write(segment.batch('three'));
  expect(bench.told).toEqual(['written one ', 'fault ENOSPC, lost two  three']);
  expect([bench.text(segment), segment.file.hasFailed, bench.disk.openFiles]).toEqual(['one ', true, 0]);
  expect(bench.queue.awaitsSync).toBe(false);
  bench.clock.pass(5000);
  bench.queue.poll();
  await settle();
  expect([bench.syncs, bench.told.length]).toEqual([0, 2]);
});

test('after a failure the next segment is written as if nothing had been', async () => {
  const bench = new QueueBench('second');
  const [first, second] = [bench.segment(1), bench.segment(2)];
  await bench.write(first.batch('one '));
  bench.clock.pass(1000);
  refuse(bench, 'sync ');
  bench.queue.poll();
  await bench.queue.idle();
  await settle();
  bench.answer(() => undefined);
  await bench.write(second.batch('two '));
  bench.clock.pass(1000);
  bench.queue.poll();
  await settle();
  expect(bench.told).toEqual(['written one ', 'fault EIO, lost nothing', 'written two ']);
  expect([second.file.hasFailed, bench.queue.awaitsSync, bench.index(second)?.groups.length]).toEqual([
    false,
    false,
    1,
  ]);
});

test('what is pushed when a failure is told is written', async () => {
  const bench = new QueueBench('second');
  const [first, second] = [bench.segment(1), bench.segment(2)];
  refuse(bench, 'create');
  bench.onFault = () => {
    bench.answer(() => undefined);
    bench.queue.push(second.batch('two '));
  };
  await bench.write(first.batch('one '));
  await settle();
  expect(bench.told).toEqual(['fault EIO, lost one ', 'written two ']);
  expect(bench.text(second)).toBe('two ');
});

test('a sync that fails is told at once, and the queue is idle when it has been', async () => {
  const bench = new QueueBench('second');
  const segment = bench.segment();
  await bench.write(segment.batch('one '));
  bench.clock.pass(1000);
  refuse(bench, 'sync ');
  const letGo = bench.disk.hold('truncate');
  bench.queue.poll();
  await settle();
  const told = bench.queue.idle().then(() => bench.told.at(-1));
  await settle();
  letGo();
  expect(await told).toBe('fault EIO, lost nothing');
  expect([segment.file.hasFailed, bench.disk.openFiles]).toEqual([true, 0]);
});

test('a sync that fails during a write loses what was to follow, and the disk is asked for no other', async () => {
  const bench = new QueueBench('second');
  const segment = bench.segment();
  await bench.write(segment.batch('one '));
  bench.clock.pass(1000);
  refuse(bench, 'sync ');
  const letGo = bench.disk.hold('write');
  bench.queue.push(segment.batch('two '));
  bench.queue.push(segment.batch('three'));
  bench.queue.poll();
  await settle();
  bench.clock.pass(1000);
  letGo();
  await bench.queue.idle();
  expect(bench.told).toEqual(['written one ', 'written two ', 'fault EIO, lost three']);
  expect([bench.syncs, bench.text(segment)]).toEqual([1, 'one two ']);
});

test('a sync that fails during the last write of all is told before the queue is idle', async () => {
  const bench = new QueueBench('second');
  const segment = bench.segment();
  await bench.write(segment.batch('one '));
  bench.clock.pass(1000);
  refuse(bench, 'sync ');
  const letGo = bench.disk.hold('write');
  bench.queue.push(segment.batch('two '));
  const told = bench.queue.idle().then(() => bench.told.at(-1));
  bench.queue.poll();
  await settle();
  letGo();
  expect(await told).toBe('fault EIO, lost nothing');
});

test('a segment whose sync has failed is not said to be whole', async () => {
  const bench = new QueueBench('second');
  const segment = bench.segment();
  await bench.write(segment.batch('one '));
  bench.clock.pass(1000);
  bench.answer((step) => (step.startsWith('sync ') && bench.syncs === 1 ? diskError('EIO') : undefined));
  const letGo = bench.disk.hold('sync');
  bench.queue.poll();
  bench.queue.push(segment.batch('two ', true));
  await settle();
  letGo();
  await bench.queue.idle();
  expect(bench.told).toEqual(['written one ', 'written two ', 'fault EIO, lost nothing']);
  expect([bench.index(segment), segment.file.hasFailed]).toEqual([undefined, true]);
});

test('a write that fails waits for the sync that is under way, and both are one failure', async () => {
  const bench = new QueueBench('second');
  const segment = bench.segment();
  await bench.write(segment.batch('one '));
  bench.clock.pass(1000);
  const letGo = bench.disk.hold('sync');
  bench.queue.poll();
  refuse(bench, 'write');
  bench.queue.push(segment.batch('two '));
  await settle();
  expect(bench.disk.openFiles).toBe(1);
  letGo();
  await bench.queue.idle();
  await settle();
  expect(bench.told).toEqual(['written one ', 'fault EIO, lost two ']);
  expect(bench.disk.openFiles).toBe(0);
});

test('a file that does not close when it is whole is told, and its media is good', async () => {
  const bench = new QueueBench('second');
  const segment = bench.segment();
  bench.disk.closeError = diskError('EIO');
  await bench.write(segment.batch('one ', true));
  expect(bench.told).toEqual(['written one ', 'fault EIO, lost nothing']);
  expect([segment.file.hasFailed, bench.index(segment)?.isFinished]).toEqual([false, true]);
});
