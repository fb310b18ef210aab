import { expect, test } from 'vitest';
import { RETRY_MS } from './spool-policy.js';
import { group } from './testing/series-bench.js';
import { diskError } from './testing/simulated-disk.js';
import { HEADERS, keyFrame, picture, sound } from './testing/tags.js';
import { WriterBench } from './testing/writer-bench.js';

/** Lets the disk refuse one kind of calls from now on. */
function refuse({ disk }: WriterBench, refused: string): void {
  disk.onStep = ({ call }) => (call === refused ? diskError('EIO') : undefined);
}

const groupBytes = group(0).reduce((sum, { size }) => sum + size, 0);

test('a failure loses what waits for the disk and what is being gathered, and lets go of its memory', async () => {
  const bench = new WriterBench({ segmentMs: 1000 });
  bench.writer.begin(undefined, HEADERS);
  refuse(bench, 'write');
  const letGo = bench.disk.hold('write');
  bench.append(...group(0));
  await bench.pass(200);
  bench.append(...group(1000));
  await bench.pass(200);
  bench.append(...group(1500));
  const files = bench.gaps[0]!.parts.map(({ file }) => file);
  expect(files).toHaveLength(2);
  letGo();
  await bench.pass(0);
  expect(bench.faults).toEqual([{ tags: 9, bytes: 3 * groupBytes, ms: 1540 }]);
  expect(bench.released).toEqual(Array(9).fill(false));
  expect([bench.writer.waitingBytes, bench.backlog.bytes]).toEqual([0, 0]);
  expect(files.map((file) => file?.hasFailed)).toEqual([true, true]);
  expect([bench.writer.gap, bench.gaps[0]!.isOpen]).toEqual([undefined, false]);
  await bench.writer.flush();
  await bench.writer.end();
  expect([bench.faults.length, bench.written.tags, bench.released.length]).toEqual([1, 0, 9]);
});

test('what is only being gathered when a sync fails is lost with it, and its segment is damaged', async () => {
  const bench = new WriterBench();
  bench.writer.begin(undefined, HEADERS);
  bench.append(...group(0));
  await bench.pass(800);
  refuse(bench, 'sync');
  const [part] = bench.gaps[0]!.parts;
  bench.clock.pass(100);
  bench.append(...group(1000));
  await bench.pass(100);
  expect(bench.faults).toHaveLength(1);
  expect(part!.file?.hasFailed).toBe(true);
  expect(bench.disk.openFiles).toBe(0);
});

test('after a failure the disk is left alone for 10 s, and then another gap begins at a key frame', async () => {
  const bench = new WriterBench();
  bench.writer.begin(5, HEADERS);
  bench.append(keyFrame(0));
  refuse(bench, 'create');
  await bench.pass(200);
  bench.disk.onStep = () => undefined;
  expect(bench.writer.isOff).toBe(true);
  await bench.pass(RETRY_MS - 1);
  expect([bench.writer.isOff, ...bench.append(keyFrame(1000))]).toEqual([true, false]);
  await bench.pass(1);
  expect(bench.writer.isOff).toBe(false);
  expect(bench.append(picture(1040), sound(1050), keyFrame(2000))).toEqual([false, false, true]);
  const wall = bench.clock.wallTime();
  await bench.writer.end();
  expect(bench.gaps).toMatchObject([
    { start: 5, isOpen: false },
    { start: wall, isOpen: false, parts: [{ number: 1, groups: 1, isFinished: true }] },
  ]);
  expect(bench.released).toEqual([false, true]);
});

test('a failure that comes when the gap has ended is told, and the gap stays as it is', async () => {
  const bench = new WriterBench();
  bench.writer.begin(undefined, HEADERS);
  bench.append(...group(0));
  refuse(bench, 'sync');
  await bench.writer.end();
  expect(bench.faults).toEqual([{ tags: 0, bytes: 0, ms: 0 }]);
  expect(bench.gaps).toMatchObject([{ isOpen: false, parts: [{ isFinished: true, groups: 1 }] }]);
});
