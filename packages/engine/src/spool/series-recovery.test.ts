import { expect, test } from 'vitest';
import { parseIndex } from './index-format.js';
import { findGaps } from './series-recovery.js';
import { diskError, SimulatedDisk } from './testing/simulated-disk.js';
import { GAP_START, put, storeSegment } from './testing/stored-segment.js';

const FOLDER = '/spool/series';

/** Notes the calls of a disk that change it, from now on. */
function changesOf(disk: SimulatedDisk): string[] {
  const changes: string[] = [];
  disk.onStep = ({ call, path }) => {
    if (call !== 'read') changes.push(`${call} ${path.replace(`${FOLDER}/`, '')}`);
    return undefined;
  };
  return changes;
}

function indexIn(disk: SimulatedDisk, path: string): ReturnType<typeof parseIndex> {
  return parseIndex(disk.content(path).toString());
}

/** The numbers of the gaps and of their parts. */
async function numbers(disk: SimulatedDisk, repair = true): Promise<[number, number[]][]> {
  const gaps = await findGaps(disk, FOLDER, repair);
  return gaps.map(({ number, parts }) => [number, parts.map((part) => part.number)]);
}

test('gaps come by their numbers, and so do their parts, in whatever order the disk names them', async () => {
  const disk = new SimulatedDisk();
  for (const [gap, segment] of [
    [2, 2],
    [10, 1],
    [1, 3],
    [2, 10],
    [1, 1],
    [2, 1],
    [1, 2],
  ] as const)
    await storeSegment(disk, FOLDER, { gap, segment });
  expect(await numbers(disk)).toEqual([
    [1, [1, 2, 3]],
    [2, [1, 2, 10]],
    [10, [1]],
  ]);
});

test('a gap that is found has ended, with the times and bytes of its parts', async () => {
  const disk = new SimulatedDisk();
  const stored = await storeSegment(disk, FOLDER, { gap: 1, segment: 4 }, { groups: [500, 1500] });
  const [gap] = await findGaps(disk, FOLDER, true);
  expect(gap).toMatchObject({
    start: GAP_START,
    end: GAP_START + 1540,
    ms: 1040,
    bytes: stored.bytes.length,
    isOpen: false,
  });
  expect(gap!.parts[0]).toMatchObject({ groups: 2, headerBytes: stored.headerBytes, isFinished: true });
});

test('segments that are whole are read, and nothing is written', async () => {
  const disk = new SimulatedDisk();
  await storeSegment(disk, FOLDER, { gap: 1, segment: 1 });
  await put(disk, `${FOLDER}/places`, Buffer.from('text'));
  const changes = changesOf(disk);
  expect(await numbers(disk)).toEqual([[1, [1]]]);
  expect(changes).toEqual([]);
  expect(disk.openFiles).toBe(0);
});

test('a look without repair takes what indexes name, and leaves every file as it is', async () => {
  const disk = new SimulatedDisk();
  const cut = await storeSegment(disk, FOLDER, { gap: 1, segment: 1 });
  disk.setContent(cut.media, cut.bytes.subarray(0, -1));
  const orphan = await storeSegment(disk, FOLDER, { gap: 2, segment: 1 });
  await disk.remove(orphan.media);
  await storeSegment(disk, FOLDER, { gap: 3, segment: 1 }, { groups: [] });
  await put(disk, `${FOLDER}/places.new`, Buffer.from('draft'));
  const before = disk.paths;
  const changes = changesOf(disk);
  expect(await numbers(disk, false)).toEqual([
    [1, [1]],
    [2, [1]],
  ]);
  expect([changes, disk.paths]).toEqual([[], before]);
});

test('what was cut off in the middle of a write is taken away, durably, and its index is made whole', async () => {
  const disk = new SimulatedDisk();
  const { media, index, groups, bytes } = await storeSegment(
    disk,
    FOLDER,
    { gap: 1, segment: 1 },
    { isFinished: false },
  );
  disk.setContent(media, Buffer.concat([bytes, Buffer.from('a tag that is not whole')]));
  const changes = changesOf(disk);
  await findGaps(disk, FOLDER, true);
  expect(changes).toEqual([
    'truncate 00000001-00001.flv',
    'sync 00000001-00001.flv',
    'remove 00000001-00001.idx.new',
    'create 00000001-00001.idx.new',
    'write 00000001-00001.idx.new',
    'sync 00000001-00001.idx.new',
    'rename 00000001-00001.idx.new',
    `syncFolder ${FOLDER}`,
  ]);
  expect(disk.content(media)).toEqual(bytes);
  expect(indexIn(disk, index)).toMatchObject({ head: { gap: 1, segment: 1 }, groups, isFinished: true });
  expect(disk.openFiles).toBe(0);
});

test('media that is whole is not touched where only its index is missing', async () => {
  const disk = new SimulatedDisk();
  const { index, groups, headerBytes } = await storeSegment(
    disk,
    FOLDER,
    { gap: 7, segment: 3 },
    { hasIndex: false },
  );
  const changes = changesOf(disk);
  await findGaps(disk, FOLDER, true);
  expect(changes.filter((change) => change.includes('.flv'))).toEqual([]);
  const head = { gap: 7, segment: 3, gapStart: GAP_START, headerBytes };
  expect(indexIn(disk, index)).toEqual({ head, groups, isFinished: true });
});

test('an index without media and drafts are removed, and what is no file of the spool is not', async () => {
  const disk = new SimulatedDisk();
  const whole = await storeSegment(disk, FOLDER, { gap: 1, segment: 1 });
  const orphan = await storeSegment(disk, FOLDER, { gap: 1, segment: 2 });
  await disk.remove(orphan.media);
  for (const name of ['places', 'places.new', '00000001-00001.idx.new', 'notes.txt', 'my.idx'])
    await put(disk, `${FOLDER}/${name}`, Buffer.from('text'));
  expect(await numbers(disk)).toEqual([[1, [1]]]);
  const names = ['places', 'notes.txt', 'my.idx'].map((name) => `${FOLDER}/${name}`);
  expect(disk.paths.sort()).toEqual([whole.media, whole.index, ...names].sort());
});

test('a segment without media is no gap, and its files are removed', async () => {
  const disk = new SimulatedDisk();
  await storeSegment(disk, FOLDER, { gap: 1, segment: 1 }, { groups: [] });
  await put(disk, `${FOLDER}/00000002-00001.flv`, Buffer.from('no FLV'));
  await put(disk, `${FOLDER}/00000002-00001.idx`, Buffer.from('no index'));
  expect(await numbers(disk)).toEqual([]);
  expect(disk.paths).toEqual([]);
});

test('a segment that goes while others are read is none', async () => {
  const disk = new SimulatedDisk();
  const gone = await storeSegment(disk, FOLDER, { gap: 1, segment: 1 });
  await storeSegment(disk, FOLDER, { gap: 1, segment: 2 });
  const list = disk.list.bind(disk);
  disk.list = async (folder) => {
    const names = await list(folder);
    await disk.remove(gone.media);
    return names;
  };
  expect(await numbers(disk)).toEqual([[1, [2]]]);
});

test('a segment that cannot be read is no segment that is gone: the error comes out', async () => {
  const disk = new SimulatedDisk();
  const { media } = await storeSegment(disk, FOLDER, { gap: 1, segment: 1 });
  disk.onStep = ({ call }) => (call === 'read' ? diskError('EIO') : undefined);
  await expect(findGaps(disk, FOLDER, true)).rejects.toMatchObject({ code: 'EIO' });
  expect(disk.paths).toContain(media);
});

test('what indexes name and files do not have is told, whether it is repaired or not', async () => {
  for (const repair of [false, true]) {
    const disk = new SimulatedDisk();
    const cut = await storeSegment(disk, FOLDER, { gap: 1, segment: 1 }, { groups: [0, 1000, 2000] });
    disk.setContent(cut.media, cut.bytes.subarray(0, cut.groups[1]!.offset));
    const headless = await storeSegment(disk, FOLDER, { gap: 1, segment: 2 });
    disk.setContent(headless.media, Buffer.alloc(7));
    const gone = await storeSegment(disk, FOLDER, { gap: 2, segment: 1 });
    await disk.remove(gone.media);
    await storeSegment(disk, FOLDER, { gap: 3, segment: 1 }, { isFinished: false, indexed: 1 });
    const told: number[][] = [];
    const gaps = await findGaps(disk, FOLDER, repair, ({ gap, segment }, { missing }) =>
      told.push([gap, segment, missing.length]),
    );
    expect(told).toEqual([
      [1, 1, 2],
      [1, 2, 2],
      [2, 1, 2],
    ]);
    expect(gaps.map(({ parts }) => parts.map(({ groups }) => groups))).toEqual(
      repair ? [[1], [2]] : [[3, 2], [2], [2]],
    );
    if (repair)
      expect(disk.paths.filter((path) => path === gone.index || path === headless.media)).toEqual([]);
  }
});
