import type { SpoolIo } from './spool-io.js';

/** A small file; undefined where there is none. */
export async function readText(io: SpoolIo, path: string): Promise<string | undefined> {
  let file: Awaited<ReturnType<SpoolIo['open']>>;
  try {
    file = await io.open(path, 'read');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const bytes = Buffer.alloc(await file.size());
    const count = await file.read(bytes, 0);
    return bytes.toString('utf8', 0, count);
  } finally {
    await file.close();
  }
}

/** Puts a text in the place of a file's, at once and durably: whoever reads sees the old or the new one. */
export async function replaceText(io: SpoolIo, folder: string, path: string, text: string): Promise<void> {
  const draft = `${path}.new`;
  await removeIfThere(io, draft);
  const file = await io.create(draft);
  try {
    await writeAll(file, [Buffer.from(text)], 0);
    await file.sync();
  } finally {
    await file.close();
  }
  await io.rename(draft, path);
  await io.syncFolder(folder);
}

/** Writes all of `parts`, in as many calls as the system needs. */
export async function writeAll(
  file: { write(parts: readonly Uint8Array[], position: number): Promise<number> },
  parts: readonly Uint8Array[],
  position: number,
): Promise<void> {
  let left = parts.filter(({ length }) => length > 0);
  let at = position;
  while (left.length > 0) {
    const written = await file.write(left, at);
    if (written === 0) throw new Error('the disk took none of the bytes');
    at += written;
    left = behind(left, written);
  }
}

/** Returns the rest of `parts` behind their first `bytes`. */
function behind(parts: readonly Uint8Array[], bytes: number): Uint8Array[] {
  let skip = bytes;
  let i = 0;
  while (i < parts.length && skip >= parts[i]!.length) skip -= parts[i++]!.length;
  const rest = parts.slice(i);
  if (skip > 0) rest[0] = rest[0]!.subarray(skip);
  return rest;
}

export async function removeIfThere(io: SpoolIo, path: string): Promise<void> {
  try {
    await io.remove(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
