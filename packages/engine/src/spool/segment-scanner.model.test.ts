import { expect, test } from 'vitest';
import { scanGroups, scanHeaders } from './segment-scanner.js';
import { fileOf, markedSegment } from './testing/marked-segment.js';

test('a file that is cut off anywhere gives what marks in it vouch for', async () => {
  const { bytes, groups, headerBytes } = markedSegment();
  const all = await scanGroups(await fileOf(bytes), headerBytes);
  for (let length = 0; length < bytes.length; length++) {
    const file = await fileOf(bytes.subarray(0, length));
    expect((await scanHeaders(file)) !== undefined, `${length} bytes`).toBe(length >= headerBytes);
    if (length < headerBytes) continue;
    const found = await scanGroups(file, headerBytes);
    const ends = [...groups, all[2]!].filter(({ offset, bytes: size }) => offset + size <= length).length;
    expect(found.length, `${length} bytes`).toBeGreaterThanOrEqual(ends);
    for (const group of found) expect(group.offset + group.bytes).toBeLessThanOrEqual(length);
  }
});

test('a byte that is another is never in a group that is found', async () => {
  const { bytes, headerBytes } = markedSegment();
  for (let at = 0; at < bytes.length; at++) {
    const damaged = Buffer.from(bytes);
    damaged[at]! ^= 0x10;
    const file = await fileOf(damaged);
    if (at < headerBytes) expect(await scanHeaders(file), `byte ${at}`).toBeUndefined();
    else
      for (const { offset, bytes: size, firstWall } of await scanGroups(file, headerBytes)) {
        const isOutside = at < offset || at >= offset + size;
        expect(isOutside, `byte ${at} in the group of ${firstWall}`).toBe(true);
      }
  }
});
