import { createHash } from 'node:crypto';

/** The destination of a series. Neither may hold a secret: a name such as a stream key is one. */
export interface SeriesOwnerNames {
  /** What the channel is called where it is configured. */
  readonly channel: string;
  /** What tells the destination from others of its channel: its name, or its number. */
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
