import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { SpoolIo } from './spool-io.js';
import { readText, replaceText } from './text-file.js';

/** The destination of a series. Neither may hold a secret: a name such as a stream key is one. */
export interface SeriesOwnerNames {
  /** Name of the channel where it is configured. */
  readonly channel: string;
  /** Name or number that tells the destination from others of its channel. */
  readonly destination: string;
}

/** Letters of a name that stand in the folder's. */
const MAX_STEM = 60;
const HASH_LENGTH = 12;

/**
 * The name of a series' folder: readable, the same in every run, another for each pair of names, and safe on
 * any file system.
 */
export function seriesName({ channel, destination }: SeriesOwnerNames): string {
  const hash = createHash('sha256')
    .update(JSON.stringify([channel, destination]))
    .digest('hex');
  return [plain(channel), plain(destination), hash.slice(0, HASH_LENGTH)]
    .filter((part) => part !== '')
    .join('_');
}

/** Letters, digits and dashes, without case: some file systems know none. */
function plain(name: string): string {
  return name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, MAX_STEM)
    .replace(/^-+|-+$/g, '');
}

const NAMES_FILE = 'series.json';

/** Writes the names into the folder of their series, unless they are there. */
export async function keepSeriesNames(io: SpoolIo, folder: string, names: SeriesOwnerNames): Promise<void> {
  const path = join(folder, NAMES_FILE);
  const { channel, destination } = names;
  const text = `${JSON.stringify({ channel, destination })}\n`;
  if ((await readText(io, path)) !== text) await replaceText(io, folder, path, text);
}

/** The names in the folder of a series; undefined where they are not there, or damaged. */
export async function readSeriesNames(io: SpoolIo, folder: string): Promise<SeriesOwnerNames | undefined> {
  try {
    const { channel, destination } = JSON.parse((await readText(io, join(folder, NAMES_FILE))) ?? '{}');
    const isWhole = typeof channel === 'string' && typeof destination === 'string';
    return isWhole ? { channel, destination } : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
