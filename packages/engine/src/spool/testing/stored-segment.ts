import type { GroupEntry } from '../group-entry.js';
import { endLine, groupLine, headLine } from '../index-format.js';
import { SegmentBuilder } from '../segment-builder.js';
import { type SegmentName, segmentPaths } from '../segment-loader.js';
import type { SpoolTag } from '../spool-tag.js';
import type { SimulatedDisk } from './simulated-disk.js';
import { HEADERS, keyFrame, picture } from './tags.js';

/** Wall clock at which the gap of a stored segment begins; its tags come as much later as their timestamps say. */
export const GAP_START = 1_000_000;

/** What a segment is made of; the index and its last line are there unless it says otherwise. */
export interface StoredParts {
  readonly headers?: readonly SpoolTag[];
  /** Timestamps of its groups; a `more` is the rest of the one before. */
  readonly groups?: readonly (number | { readonly more: number })[];
  readonly hasIndex?: boolean;
  readonly isFinished?: boolean;
  /** Groups that the index has. */
  readonly indexed?: number;
}

/** A segment on a disk, and what it was made of. */
export interface StoredSegment {
  readonly name: SegmentName;
  readonly media: string;
  readonly index: string;
  readonly headerBytes: number;
  readonly groups: readonly GroupEntry[];
  readonly bytes: Buffer;
}

/** Writes a segment as the spool does: each group is two pictures with a mark between them, and one behind. */
export async function storeSegment(
  disk: SimulatedDisk,
  folder: string,
  name: SegmentName,
  parts: StoredParts = {},
): Promise<StoredSegment> {
  const { headers = HEADERS, groups: starts = [0, 1000], hasIndex = true, isFinished = true } = parts;
  const facts = { ...name, gapStart: GAP_START };
  const builder = new SegmentBuilder(facts, headers);
  const chunks: Uint8Array[] = [builder.start];
  const groups = starts.map((start) => addGroup(builder, start, chunks));
  const bytes = Buffer.concat(chunks);
  const paths = segmentPaths(folder, name);
  await put(disk, paths.media, bytes);
  const lines = groups.slice(0, parts.indexed).map(groupLine);
  const text = [headLine({ ...facts, headerBytes: builder.headerBytes }), ...lines];
  if (isFinished) text.push(endLine());
  if (hasIndex) await put(disk, paths.index, Buffer.from(text.join('')));
  return { name, ...paths, headerBytes: builder.headerBytes, groups, bytes };
}

function addGroup(
  builder: SegmentBuilder,
  start: number | { readonly more: number },
  chunks: Uint8Array[],
): GroupEntry {
  const at = typeof start === 'number' ? start : start.more;
  const [first, border] =
    typeof start === 'number' ? [keyFrame(at, 30), 'start' as const] : [picture(at, 30), 'more' as const];
  builder.add(first, GAP_START + at, border, chunks);
  builder.mark(chunks);
  builder.add(picture(at + 40, 30), GAP_START + at + 40, 'none', chunks);
  return builder.endGroup(chunks);
}

/** Writes a file, durably. */
export async function put(disk: SimulatedDisk, path: string, bytes: Buffer): Promise<void> {
  const file = await disk.create(path);
  await file.write([bytes], 0);
  await file.sync();
  await file.close();
}
