import type { GroupEntry } from '../group-entry.js';
import { SegmentBuilder } from '../segment-builder.js';
import type { SpoolFile } from '../spool-io.js';
import { SimulatedDisk } from './simulated-disk.js';
import { HEADERS, keyFrame, picture } from './tags.js';

const PATH = '/segment';

interface MarkedSegment {
  readonly bytes: Buffer;
  /** The two that are whole. */
  readonly groups: readonly GroupEntry[];
  readonly headerBytes: number;
  /** Bytes up to and with the mark in the third group. */
  readonly markedBytes: number;
}

/** A file on a disk of its own. */
export async function fileOf(bytes: Buffer): Promise<SpoolFile> {
  const disk = new SimulatedDisk();
  const file = await disk.create(PATH);
  await file.write([bytes], 0);
  return file;
}

/** Two whole groups and the beginning of a third, with a mark in it. */
export function markedSegment(): MarkedSegment {
  const builder = new SegmentBuilder({ gap: 1, segment: 1, gapStart: 5 }, HEADERS);
  const parts: Uint8Array[] = [builder.start];
  const groups: GroupEntry[] = [];
  for (const start of [0, 1000]) {
    builder.add(keyFrame(start, 30), start, 'start', parts);
    if (start === 1000) builder.mark(parts);
    builder.add(picture(start + 40, 30), start + 40, 'none', parts);
    groups.push(builder.endGroup(parts));
  }
  builder.add(keyFrame(2000, 30), 2000, 'start', parts);
  builder.mark(parts);
  const markedBytes = builder.size;
  builder.add(picture(2040, 30), 2040, 'none', parts);
  return { bytes: Buffer.concat(parts), groups, headerBytes: builder.headerBytes, markedBytes };
}
