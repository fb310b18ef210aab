import { expect, test } from 'vitest';
import { Acknowledgements } from './acknowledgements.js';
import { GapStore } from './gap-store.js';
import { FIRST_PLACE } from './group-entry.js';
import { SegmentFile } from './segment-file.js';
import { findGaps } from './series-recovery.js';
import { GapRecord, PartRecord } from './spool-gap.js';
import { diskError, SimulatedDisk } from './testing/simulated-disk.js';
import { GAP_START, storeSegment } from './testing/stored-segment.js';

const FOLDER = '/spool/series';

/** Gaps by their numbers, and the numbers of their segments; each segment has two groups of 40 ms, 1 s apart. */
type Layout = Readonly<Record<number, readonly number[]>>;

class StoreBench {
  readonly disk = new SimulatedDisk();
  readonly acknowledgements = new Acknowledgements(this.disk, FOLDER);
  readonly calls: string[] = [];
  store!: GapStore;

  async open(layout: Layout): Promise<GapStore> {
    for (const [gap, segments] of Object.entries(layout))
      for (const segment of segments)
        await storeSegment(
          this.disk,
          FOLDER,
          { gap: Number(gap), segment },
          { groups: [segment * 10_000, segment * 10_000 + 1000] },
        );
    const gaps = await findGaps(this.disk, FOLDER, true);
    this.store = new GapStore(
      {
        io: this.disk,
        folder: FOLDER,
        acknowledgements: this.acknowledgements,
        settle: async () => {
          this.calls.push('settle');
          await Promise.resolve();
        },
      },
      gaps,
    );
    this.disk.onStep = ({ call, path }) => {
      if (call !== 'read') this.calls.push(`${call} ${path.replace(`${FOLDER}/`, '')}`);
      return undefined;
    };
    return this.store;
  }

  /** Gaps of the store, and numbers of their parts. */
  get layout(): Layout {
    return Object.fromEntries(
      this.store.gaps.map(({ number, parts }) => [number, parts.map((part) => part.number)]),
    );
  }

  /** The segments on the disk. */
  get segments(): string[] {
    const media = this.disk.paths.filter((path) => path.endsWith('.flv'));
    return media.map((path) => path.slice(FOLDER.length + 1, -'.flv'.length));
  }

  /** Places that another process would find. */
  async saved(): Promise<Acknowledgements> {
    const saved = new Acknowledgements(this.disk, FOLDER);
    await saved.load();
    return saved;
  }

  /** A segment that a disk which failed has left in this state. */
  async fail(gap: number, segment: number): Promise<PartRecord> {
    const record = this.store.gaps.find(({ number }) => number === gap) ?? this.store.open(GAP_START);
    const part = new PartRecord(segment, 10, GAP_START);
    part.file = new SegmentFile(this.disk, FOLDER, { gap, segment, gapStart: GAP_START }, 10);
    part.file.hasFailed = true;
    part.bytes = 999;
    record.parts.push(part);
    record.isOpen = false;
    return part;
  }
}

test('a store knows its gaps, how far they were confirmed, and how many bytes they have', async () => {
  const bench = new StoreBench();
  bench.acknowledgements.set(2, { segment: 1, group: 1 });
  const store = await bench.open({ 1: [1], 2: [1, 2] });
  expect(store.gaps.map(({ acknowledged }) => acknowledged)).toEqual([FIRST_PLACE, { segment: 1, group: 1 }]);
  const media = bench.disk.paths.filter((path) => path.endsWith('.flv'));
  expect(store.bytes).toBe(media.reduce((sum, path) => sum + bench.disk.content(path).length, 0));
  const [first, second] = store.gaps;
  expect([store.find(first!), store.find(second!)]).toEqual([first, second]);
  expect(store.find(new GapRecord(3, GAP_START, false))).toBeUndefined();
});

test('a gap gets a number that none has had, on disk or in the places', async () => {
  const found = new StoreBench();
  found.acknowledgements.lastGap = 3;
  const store = await found.open({ 2: [1], 7: [1] });
  const gap = store.open(5);
  expect(gap).toMatchObject({ number: 8, start: 5, isOpen: true });
  expect(store.gaps.at(-1)).toBe(gap);
  const known = new StoreBench();
  known.acknowledgements.lastGap = 9;
  expect((await known.open({ 2: [1] })).open(5).number).toBe(10);
});

test('a gap is forgotten, with its place, when it is over and has nothing', async () => {
  const bench = new StoreBench();
  const store = await bench.open({ 1: [1], 2: [1] });
  const [first] = store.gaps;
  bench.acknowledgements.set(1, { segment: 1, group: 1 });
  store.forgetIfEmpty(first!);
  expect(bench.layout).toEqual({ 1: [1], 2: [1] });
  first!.parts.length = 0;
  first!.isOpen = true;
  store.forgetIfEmpty(first!);
  expect(store.gaps).toContain(first);
  expect(bench.acknowledgements.get(1)).toBeDefined();
  first!.isOpen = false;
  store.forgetIfEmpty(first!);
  expect(bench.layout).toEqual({ 2: [1] });
  expect(bench.acknowledgements.get(1)).toBeUndefined();
  store.forgetIfEmpty(first!);
  expect(bench.layout).toEqual({ 2: [1] });
});

test('what is confirmed is durable first, and then the segments in front of it go', async () => {
  const bench = new StoreBench();
  const store = await bench.open({ 1: [1, 2] });
  const gap = store.gaps[0]!;
  const [{ bytes, ms }] = gap.parts as [PartRecord];
  expect(await store.acknowledge(gap, { segment: 1, group: 2 })).toEqual({ bytes, ms });
  expect(bench.calls).toEqual([
    'remove places.new',
    'create places.new',
    'write places.new',
    'sync places.new',
    'rename places.new',
    `syncFolder ${FOLDER}`,
    'settle',
    'remove 00000001-00001.flv',
    'remove 00000001-00001.idx',
    `syncFolder ${FOLDER}`,
  ]);
  expect(bench.layout).toEqual({ 1: [2] });
  expect((await bench.saved()).get(1)).toEqual({ segment: 1, group: 2 });
  expect(await store.acknowledge(gap, { segment: 2, group: 2 })).toMatchObject({ ms });
  expect([bench.layout, bench.segments]).toEqual([{}, []]);
});

test('a place in the middle of a segment is kept, and removes nothing', async () => {
  const bench = new StoreBench();
  const store = await bench.open({ 1: [1] });
  expect(await store.acknowledge(store.gaps[0]!, { segment: 1, group: 1 })).toEqual({ bytes: 0, ms: 0 });
  expect([bench.layout, bench.segments]).toEqual([{ 1: [1] }, ['00000001-00001']]);
  expect(bench.calls.filter((call) => call.startsWith('syncFolder'))).toHaveLength(1);
  expect(bench.calls).not.toContain('settle');
});

test('a place that lies behind the one that is known is no step back, and is not written', async () => {
  const bench = new StoreBench();
  const store = await bench.open({ 1: [1, 2] });
  const gap = store.gaps[0]!;
  await store.acknowledge(gap, { segment: 2, group: 1 });
  bench.calls.length = 0;
  await store.acknowledge(gap, { segment: 1, group: 1 });
  await store.acknowledge(gap, { segment: 2, group: 1 });
  expect(gap.acknowledged).toEqual({ segment: 2, group: 1 });
  expect(bench.calls).toEqual([]);
});

test('where the place cannot be kept, its segments go first, and then it is written', async () => {
  const bench = new StoreBench();
  const store = await bench.open({ 1: [1, 2] });
  let isFull = true;
  bench.disk.onStep = ({ call, path }) => {
    bench.calls.push(`${call} ${path.slice(FOLDER.length + 1)}`);
    if (call === 'remove' && path.endsWith('.flv')) isFull = false;
    return call === 'write' && isFull ? diskError('ENOSPC') : undefined;
  };
  await store.acknowledge(store.gaps[0]!, { segment: 1, group: 2 });
  expect(bench.calls.filter((call) => /^(write|rename|remove .*flv)/.test(call))).toEqual([
    'write places.new',
    'remove 00000001-00001.flv',
    'write places.new',
    'rename places.new',
  ]);
  expect((await bench.saved()).get(1)).toEqual({ segment: 1, group: 2 });
});

test('a place that is kept is written once', async () => {
  const bench = new StoreBench();
  const store = await bench.open({ 1: [1] });
  await store.acknowledge(store.gaps[0]!, { segment: 1, group: 1 });
  expect(bench.calls.filter((call) => call.startsWith('write'))).toEqual(['write places.new']);
});

test('the oldest segments that are whole expire, until so many bytes are free', async () => {
  const bench = new StoreBench();
  const store = await bench.open({ 1: [1, 2], 2: [1, 2] });
  const sizes = store.gaps.flatMap(({ parts }) => parts.map(({ bytes }) => bytes));
  store.gaps[1]!.parts[1]!.isFinished = false;
  expect(await store.expire(0)).toEqual({ bytes: 0, ms: 0 });
  expect((await store.expire(sizes[0]!)).bytes).toBe(sizes[0]!);
  expect([bench.layout, bench.segments.length]).toEqual([{ 1: [2], 2: [1, 2] }, 3]);
  const removed = await store.expire(sizes[1]! + 1);
  expect(removed).toEqual({ bytes: sizes[1]! + sizes[2]!, ms: 2 * 1040 });
  expect(bench.layout).toEqual({ 2: [2] });
  expect(await store.expire(1)).toEqual({ bytes: 0, ms: 0 });
  expect(bench.segments).toEqual(['00000002-00002']);
});

test('segments expire whose last tag came before a wall clock, and no others', async () => {
  const bench = new StoreBench();
  const store = await bench.open({ 1: [1, 2], 2: [1, 2, 3] });
  store.gaps[1]!.parts[0]!.isFinished = false;
  const { bytes, end } = store.gaps[0]!.parts[1]!;
  expect(end).toBe(GAP_START + 21_040);
  expect((await store.expireBefore(end)).bytes).toBe(bytes);
  expect(bench.layout).toEqual({ 1: [2], 2: [1, 2, 3] });
  expect(await store.expireBefore(end + 1)).toEqual({ bytes: 2 * bytes, ms: 2 * 1040 });
  expect(bench.layout).toEqual({ 2: [1, 3] });
  expect(bench.segments).toEqual(['00000002-00001', '00000002-00003']);
});

test('a gap that is dropped goes with all its segments', async () => {
  const bench = new StoreBench();
  const store = await bench.open({ 1: [1, 2], 2: [1] });
  const [first] = store.gaps;
  const { bytes, ms } = first!;
  expect(await store.drop(first!)).toEqual({ bytes, ms });
  expect([bench.layout, bench.segments]).toEqual([{ 2: [1] }, ['00000002-00001']]);
  expect(bench.calls.at(-1)).toBe(`syncFolder ${FOLDER}`);
});

test('a segment that a failure has left keeps what can be trusted of it', async () => {
  const bench = new StoreBench();
  const store = await bench.open({ 1: [1] });
  const { bytes, media } = await storeSegment(
    bench.disk,
    FOLDER,
    { gap: 1, segment: 2 },
    { hasIndex: false },
  );
  bench.disk.setContent(media, Buffer.concat([bytes, Buffer.alloc(10)]));
  const part = await bench.fail(1, 2);
  await store.mend();
  expect(part).toMatchObject({ groups: 2, bytes: bytes.length, isFinished: true, file: undefined });
  expect(bench.layout).toEqual({ 1: [1, 2] });
  expect(bench.segments).toEqual(['00000001-00001', '00000001-00002']);
});

test('a segment of which a failure has left nothing goes, and its gap with it', async () => {
  const bench = new StoreBench();
  const store = await bench.open({ 1: [1] });
  await storeSegment(bench.disk, FOLDER, { gap: 2, segment: 1 }, { groups: [] });
  const growing = new PartRecord(2, 10, GAP_START);
  growing.file = new SegmentFile(bench.disk, FOLDER, { gap: 1, segment: 2, gapStart: GAP_START }, 10);
  store.gaps[0]!.parts.push(growing);
  await bench.fail(2, 1);
  await store.mend();
  expect(bench.layout).toEqual({ 1: [1, 2] });
  expect([bench.segments, growing.isFinished]).toEqual([['00000001-00001'], false]);
  expect(bench.disk.paths).toHaveLength(2);
});

test('a segment that cannot be read now is left for the next time that the series is opened', async () => {
  const bench = new StoreBench();
  const store = await bench.open({});
  await storeSegment(bench.disk, FOLDER, { gap: 1, segment: 1 });
  await bench.fail(1, 1);
  bench.disk.onStep = ({ call }) => (call === 'read' ? diskError('EIO') : undefined);
  await store.mend();
  expect([bench.layout, bench.segments]).toEqual([{}, ['00000001-00001']]);
});

test('files that cannot be removed now do not keep a failure from being mended', async () => {
  const bench = new StoreBench();
  const store = await bench.open({});
  await storeSegment(bench.disk, FOLDER, { gap: 1, segment: 1 }, { groups: [] });
  await bench.fail(1, 1);
  bench.disk.onStep = ({ call }) => (call === 'remove' ? diskError('EROFS') : undefined);
  await store.mend();
  expect(bench.layout).toEqual({});
});
