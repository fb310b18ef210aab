import { expect, test } from 'vitest';
import {
  type LoadedSegment,
  loadGone,
  loadSegment,
  parseSegmentName,
  segmentPaths,
  unconfirmedOf,
} from './segment-loader.js';
import { SimulatedDisk } from './testing/simulated-disk.js';
import {
  GAP_START,
  put,
  type StoredParts,
  type StoredSegment,
  storeSegment,
} from './testing/stored-segment.js';

const FOLDER = '/spool/series';
const NAME = { gap: 3, segment: 2 };

/** A segment on a disk of its own. */
async function stored(parts?: StoredParts): Promise<StoredSegment & { readonly disk: SimulatedDisk }> {
  const disk = new SimulatedDisk();
  return { ...(await storeSegment(disk, FOLDER, NAME, parts)), disk };
}

/** Loads the segment; every file that was opened for it is closed. */
async function load(disk: SimulatedDisk): Promise<LoadedSegment | undefined> {
  const loaded = await loadSegment(disk, FOLDER, NAME);
  expect(disk.openFiles).toBe(0);
  return loaded;
}

/** Bytes of the media that are there, and what they are then. */
function cutTo(disk: SimulatedDisk, { media, bytes }: StoredSegment, length: number): void {
  disk.setContent(media, bytes.subarray(0, length));
}

function head(headerBytes: number): LoadedSegment['head'] {
  return { ...NAME, gapStart: GAP_START, headerBytes };
}

test('names tell of gap, segment and kind, and grow where the numbers do', () => {
  for (const name of [NAME, { gap: 123_456_789, segment: 123_456 }]) {
    const { media, index } = segmentPaths(FOLDER, name);
    expect(parseSegmentName(media.slice(FOLDER.length + 1))).toEqual({ ...name, kind: 'flv' });
    expect(parseSegmentName(index.slice(FOLDER.length + 1))).toEqual({ ...name, kind: 'idx' });
  }
  expect(segmentPaths(FOLDER, NAME).media).toBe(`${FOLDER}/00000003-00002.flv`);
});

test.each(['places', '00000003-00002.idx.new', '3-2.flv', 'a00000003-00002.flv', '00000003-00002.mp4'])(
  'a file called %s is of no segment',
  (name) => {
    expect(parseSegmentName(name)).toBeUndefined();
  },
);

test('a segment that was finished is known from its index, and its media is not read', async () => {
  const { disk, headerBytes, groups, bytes, index } = await stored();
  const read: string[] = [];
  disk.onStep = ({ call, path }) => {
    if (call === 'read') read.push(path);
    return undefined;
  };
  expect(await load(disk)).toEqual({
    head: head(headerBytes),
    groups,
    missing: [],
    firstMissing: groups.length,
    validBytes: bytes.length,
    fileBytes: bytes.length,
    isIndexed: true,
  });
  expect(read).toEqual([index]);
});

test.each([
  ['no index', { hasIndex: false, indexed: 0 }],
  ['an index of its first line', { isFinished: false, indexed: 0 }],
  ['an index of some groups', { isFinished: false, indexed: 2 }],
  ['an index of all groups, without its end', { isFinished: false, indexed: 3 }],
])('with %s, its marks tell of the rest, and the index needs repair', async (_what, parts) => {
  const { disk, headerBytes, groups, bytes } = await stored({ ...parts, groups: [0, 1000, 2000] });
  expect(await load(disk)).toEqual({
    head: head(headerBytes),
    groups,
    missing: [],
    firstMissing: parts.indexed,
    validBytes: bytes.length,
    fileBytes: bytes.length,
    isIndexed: false,
  });
});

test('bytes behind the last group are in the file, and cannot be trusted', async () => {
  const { disk, media, bytes } = await stored();
  disk.setContent(media, Buffer.concat([bytes, Buffer.alloc(20)]));
  expect(await load(disk)).toMatchObject({
    validBytes: bytes.length,
    fileBytes: bytes.length + 20,
    isIndexed: false,
  });
});

test('of a file that has lost its end, whole groups are left, and the last one up to its mark', async () => {
  const segment = await stored();
  const { disk, groups, bytes } = segment;
  cutTo(disk, segment, bytes.length - 1);
  const loaded = await load(disk);
  expect(loaded).toMatchObject({ fileBytes: bytes.length - 1, isIndexed: false });
  expect(loaded).toMatchObject({ missing: [groups[1]], firstMissing: 1 });
  expect(loaded!.groups).toHaveLength(2);
  expect(loaded!.groups[0]).toEqual(groups[0]);
  expect(loaded!.groups[1]).toMatchObject({ tags: 1, firstTimestamp: 1000, lastTimestamp: 1000 });
  const { offset, bytes: size } = loaded!.groups[1]!;
  expect(loaded!.validBytes).toBe(offset + size);
});

test('a segment without groups is one, as long as its headers are whole', async () => {
  const segment = await stored({ groups: [] });
  const { disk, headerBytes } = segment;
  const nothing = { groups: [], missing: [], firstMissing: 0 };
  const empty = { head: head(headerBytes), ...nothing, validBytes: headerBytes, fileBytes: headerBytes };
  expect(await load(disk)).toEqual({ ...empty, isIndexed: true });
  cutTo(disk, segment, headerBytes - 1);
  expect(await load(disk)).toBeUndefined();
});

test('of a file that has lost its headers, or is gone, all that its index names is missing', async () => {
  const segment = await stored();
  const { disk, headerBytes, groups, media, index } = segment;
  cutTo(disk, segment, headerBytes - 1);
  const gone = { head: head(headerBytes), groups: [], missing: groups, firstMissing: 0, validBytes: 0 };
  expect(await load(disk)).toEqual({ ...gone, fileBytes: headerBytes - 1, isIndexed: false });
  await disk.remove(media);
  const loaded = await loadGone(disk, FOLDER, NAME);
  expect(loaded).toEqual({ ...gone, fileBytes: 0, isIndexed: false });
  expect(unconfirmedOf(loaded!, 2, { segment: 2, group: 1 })).toEqual([groups[1]]);
  expect(unconfirmedOf(loaded!, 2, { segment: 1, group: 7 })).toEqual(groups);
  expect(unconfirmedOf(loaded!, 2, { segment: 3, group: 0 })).toEqual([]);
  expect(await loadGone(disk, FOLDER, { gap: 3, segment: 1 })).toBeUndefined();
  disk.setContent(index, disk.content((await storeSegment(disk, FOLDER, { gap: 4, segment: 2 })).index));
  expect(await loadGone(disk, FOLDER, NAME)).toBeUndefined();
});

test('an index is not believed where it is that of another segment', async () => {
  for (const other of [
    { gap: 4, segment: 2 },
    { gap: 3, segment: 1 },
  ]) {
    const { disk, headerBytes, groups, index } = await stored({ groups: [0, 1000] });
    const { index: foreign } = await storeSegment(disk, FOLDER, other, { groups: [] });
    disk.setContent(index, disk.content(foreign));
    expect(await load(disk)).toMatchObject({ head: head(headerBytes), groups, isIndexed: false });
  }
});

test('without an index, damaged headers leave nothing that can be used', async () => {
  const { disk, media } = await stored({ hasIndex: false });
  disk.content(media)[20]! ^= 1;
  expect(await load(disk)).toBeUndefined();
});

test('a file without any marks is no segment', async () => {
  const disk = new SimulatedDisk();
  await put(disk, segmentPaths(FOLDER, NAME).media, Buffer.from('FLV, or so'));
  expect(await load(disk)).toBeUndefined();
});

test('a segment whose media is gone is told as the system tells it', async () => {
  const { disk, media } = await stored();
  await disk.remove(media);
  await expect(load(disk)).rejects.toMatchObject({ code: 'ENOENT' });
});
