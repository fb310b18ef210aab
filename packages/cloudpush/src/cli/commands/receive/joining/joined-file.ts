import { type FileHandle, open } from 'node:fs/promises';
import { readGapFacts, readWallClock } from '@cloudpush/engine/spool';
import { FlvReader, FlvWriter, TagType } from '@cloudpush/muxer';
import { NewFile } from '../../decrypt/new-file.js';
import type { PlacedGroup } from './group-order.js';
import type { FileTag, Recording } from './recorded-group.js';

/**
 * Writes groups of several recordings to one file: as they are, but for their timestamps.
 * @throws CommandError where the file cannot be made or written, the system's error where one cannot be read
 */
export async function writeJoined(path: string, groups: readonly PlacedGroup[]): Promise<void> {
  await using file = await NewFile.create(path, true);
  const writer = new FlvWriter();
  await file.write(writer.header());
  const metadata = metadataOf(groups);
  if (metadata !== undefined)
    await writeTag(file, writer, { type: TagType.scriptData, timestamp: 0, payload: metadata });
  const sources = new Map<Recording, FileHandle>();
  let headers: readonly FileTag[] = [];
  try {
    for (const { recording, group, timestamp } of groups) {
      const needed = recording.headers[group.headers] ?? [];
      if (!areSame(needed, headers))
        for (const { type, payload } of needed) await writeTag(file, writer, { type, timestamp, payload });
      headers = needed;
      const source = sources.get(recording) ?? (await open(recording.file));
      sources.set(recording, source);
      for (const tag of await tagsAt(source, group.offset, group.size)) {
        if (tag.type === TagType.scriptData && isOwn(tag.payload)) continue;
        const place = timestamp + (tag.timestamp - group.firstTimestamp);
        await writeTag(file, writer, { ...tag, timestamp: Math.max(0, place) });
      }
    }
  } finally {
    for (const source of sources.values()) await source.close();
  }
  await file.keep();
}

/** Metadata of the stream itself: that of its gaps tells of them. */
function metadataOf(groups: readonly PlacedGroup[]): Uint8Array | undefined {
  const own = groups.find(({ recording: { gap, metadata } }) => gap === undefined && metadata !== undefined);
  return own?.recording.metadata;
}

/** Script data that gap streams carry for whoever joins them. */
function isOwn(payload: Uint8Array): boolean {
  return readWallClock(payload) !== undefined || readGapFacts(payload) !== undefined;
}

async function tagsAt(source: FileHandle, offset: number, size: number): Promise<FileTag[]> {
  const bytes = Buffer.allocUnsafe(size);
  const { bytesRead } = await source.read(bytes, 0, size, offset);
  const reader = new FlvReader();
  reader.push(new FlvWriter().header());
  return reader.push(bytes.subarray(0, bytesRead));
}

async function writeTag(
  file: NewFile,
  writer: FlvWriter,
  { type, timestamp, payload }: Pick<FileTag, 'type' | 'timestamp' | 'payload'>,
): Promise<void> {
  for (const part of writer.tag({ type, timestamp, parts: [payload], size: payload.length }))
    await file.write(part);
}

function areSame(a: readonly FileTag[], b: readonly FileTag[]): boolean {
  return a.length === b.length && a.every(({ payload }, i) => Buffer.compare(payload, b[i]!.payload) === 0);
}
