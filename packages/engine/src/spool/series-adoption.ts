import { dirname, join } from 'node:path';
import { Acknowledgements } from './acknowledgements.js';
import { parseSegmentName, type SegmentName, segmentPaths } from './segment-loader.js';
import type { SpoolIo } from './spool-io.js';
import { removeIfThere } from './text-file.js';

/**
 * Moves all gaps of a series that no destination has open into another one, behind the gaps that are there,
 * with how far they were confirmed. Where it is broken off, the next attempt goes on: nothing is lost.
 * @throws the system's error
 */
export async function adoptSeries(io: SpoolIo, from: string, to: string): Promise<void> {
  const names = await listIfThere(io, from);
  const segments = segmentsIn(names);
  if (segments.length === 0) return;
  await io.makeFolder(to);
  const former = new Acknowledgements(io, from);
  const own = new Acknowledgements(io, to);
  await former.load();
  await own.load();
  const present = segmentsIn(await io.list(to)).map(({ gap }) => gap);
  const last = Math.max(own.lastGap, 0, ...present);
  for (const { gap } of segments) {
    const place = former.get(gap);
    if (place !== undefined) own.set(last + gap, place);
    own.lastGap = Math.max(own.lastGap, last + gap);
  }
  own.lastGap = Math.max(own.lastGap, last + former.lastGap);
  // How far a gap was confirmed is known before its media comes.
  await own.save();
  for (const { gap, segment } of segments) {
    const source = segmentPaths(from, { gap, segment });
    const target = segmentPaths(to, { gap: last + gap, segment });
    await renameIfThere(io, source.media, target.media);
    // An index names the number of its gap: with another number, it is made anew of the marks in the media.
    if (last === 0) await renameIfThere(io, source.index, target.index);
    else await removeIfThere(io, source.index);
  }
  await io.syncFolder(to);
  for (const name of await io.list(from)) await removeIfThere(io, join(from, name));
  await io.removeFolder(from);
  await io.syncFolder(dirname(from));
}

function segmentsIn(names: readonly string[]): SegmentName[] {
  return names
    .map(parseSegmentName)
    .filter((parsed) => parsed?.kind === 'flv')
    .map((parsed) => ({ gap: parsed!.gap, segment: parsed!.segment }));
}

async function listIfThere(io: SpoolIo, folder: string): Promise<string[]> {
  try {
    return await io.list(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** Bounds may remove it meanwhile. */
async function renameIfThere(io: SpoolIo, from: string, to: string): Promise<void> {
  try {
    await io.rename(from, to);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
