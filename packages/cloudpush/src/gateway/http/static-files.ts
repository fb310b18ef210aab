import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';
import { gzipSync } from 'node:zlib';

const mediaTypes: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/** These are compressed already. */
const COMPRESSED = new Set(['.png', '.woff2']);
/** A name with a hash of its content in it, as bundlers write it: `app-3FQ2ABCD.js`. */
const HASHED_NAME = /-[A-Z0-9]{8}\.\w+$/;

/** One file of the dashboard, in memory. */
export interface StaticFile {
  /** `/`, or `/` and the file's name. */
  readonly path: string;
  readonly mediaType: string;
  readonly content: Buffer;
  /** Undefined where compression gains nothing. */
  readonly gzipped: Buffer | undefined;
  readonly etag: string;
  /** True when a file of this name never changes. */
  readonly isImmutable: boolean;
}

/**
 * Reads the files of one folder, not those of folders inside it, once: no path of a request ever reaches the
 * file system. A folder that does not exist has no files.
 */
export function readStaticFiles(folder: string): readonly StaticFile[] {
  return namesIn(folder)
    .filter((name) => extname(name) in mediaTypes)
    .map((name) => staticFile(name, readFileSync(join(folder, name))));
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => name);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

function staticFile(name: string, content: Buffer): StaticFile {
  const extension = extname(name);
  const gzipped = COMPRESSED.has(extension) ? undefined : gzipSync(content, { level: 9 });
  return {
    path: name === 'index.html' ? '/' : `/${encodeURIComponent(name)}`,
    mediaType: mediaTypes[extension]!,
    content,
    gzipped: gzipped !== undefined && gzipped.length < content.length ? gzipped : undefined,
    etag: `"${createHash('sha256').update(content).digest('base64url').slice(0, 22)}"`,
    isImmutable: HASHED_NAME.test(name),
  };
}
