import { extname } from 'node:path';

const EXTENSIONS: readonly string[] = ['.mp4', '.m4v', '.mov', '.mkv', '.webm', '.ts', '.mts', '.m2ts'];

/** Tells whether a file's name says that it is MP4, QuickTime, Matroska, WebM or MPEG-TS. */
export function isContainerName(path: string): boolean {
  return EXTENSIONS.includes(extname(path).toLowerCase());
}
