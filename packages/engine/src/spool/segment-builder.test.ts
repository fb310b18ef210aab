import { expect, test } from 'vitest';
import { SegmentBuilder } from './segment-builder.js';
import { MARK_SIZE } from './segment-format.js';
import { HEADERS, keyFrame, picture } from './testing/tags.js';

const MAX_GROUP_BYTES = 8 * 1024 * 1024;
const FRAME_SIZE = 15;

test('a group is cut where it would become longer than 8 MiB, its marks counted', () => {
  const builder = new SegmentBuilder({ gap: 1, segment: 1, gapStart: 0 }, HEADERS);
  const parts: Uint8Array[] = [];
  const tags = [keyFrame(0), picture(40)];
  builder.add(tags[0]!, 0, 'start', parts);
  builder.mark(parts);
  builder.add(tags[1]!, 40, 'none', parts);
  const bytes = tags.reduce((sum, { size }) => sum + FRAME_SIZE + size, MARK_SIZE);
  expect(builder.size - builder.headerBytes).toBe(bytes);
  const longest = { ...picture(80), size: MAX_GROUP_BYTES - bytes };
  expect(builder.borderAt(longest, true)).toBe('none');
  expect(builder.borderAt({ ...longest, size: longest.size + 1 }, true)).toBe('more');
});

test('a mark stands behind tags, and not behind another mark', () => {
  const builder = new SegmentBuilder({ gap: 1, segment: 1, gapStart: 0 }, HEADERS);
  const parts: Uint8Array[] = [];
  builder.mark(parts);
  expect(parts).toEqual([]);
  builder.add(keyFrame(0), 0, 'start', parts);
  builder.mark(parts);
  const { size } = builder;
  builder.mark(parts);
  expect(builder.size).toBe(size);
  expect(Buffer.concat(parts)).toHaveLength(size - builder.headerBytes);
});
