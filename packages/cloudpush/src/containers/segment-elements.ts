import { type FileHandle, open } from 'node:fs/promises';

const EBML = 0x1a45_dfa3;
const SEGMENT = 0x1853_8067;
/** SeekHead, Info, Cluster, Tracks, Cues, Attachments, Chapters, Tags (RFC 9559 §5.1). */
const TOP_LEVEL: ReadonlySet<number> = new Set([
  0x114d_9b74, 0x1549_a966, 0x1f43_b675, 0x1654_ae6b, 0x1c53_bb6b, 0x1941_a469, 0x1043_a770, 0x1254_c367,
]);
const VOID = 0xec;
/** An identifier of four bytes, and a size of eight. */
const HEADER = 12;
/** A reader looks so far for the next element behind damage, in bytes. */
const MAX_GAP = 10 * 2 ** 20;
const PIECE = 64 * 1024;

/**
 * Looks at the elements of a Matroska or WebM segment. A reader that seeks the next element behind one with
 * an impossible size finds the same one, for ever. Files of other kinds, and what lies behind an element of
 * unknown size, pass.
 * @throws Error that says what is wrong, or of the file system
 */
export async function checkSegmentElements(path: string): Promise<void> {
  const file = await open(path);
  try {
    const head = await headerAt(file, 0);
    if (head?.id !== EBML || head.end === undefined) return;
    const segment = await headerAt(file, head.end);
    if (segment?.id !== SEGMENT) return;
    for (let at: number | undefined = segment.data; at !== undefined; ) at = await behind(file, at);
  } finally {
    await file.close();
  }
}

/** Where the next element is; undefined: there is none, or nobody knows. */
async function behind(file: FileHandle, at: number): Promise<number | undefined> {
  const header = await headerAt(file, at);
  if (header === undefined) return undefined;
  if (!TOP_LEVEL.has(header.id)) return header.isVoid ? header.end : await nextElement(file, at);
  if (!header.isSized) throw new Error(`the element at byte ${at} has no valid size`);
  return header.end;
}

async function nextElement(file: FileHandle, from: number): Promise<number | undefined> {
  for (let at = from; at < from + MAX_GAP; at += PIECE - 3) {
    const piece = await read(file, at, PIECE);
    for (let i = 0; i + 4 <= piece.length; i++) if (TOP_LEVEL.has(piece.readUInt32BE(i))) return at + i;
    if (piece.length < PIECE) return undefined;
  }
  return undefined;
}

interface ElementHeader {
  /** Of four bytes, whatever it is. */
  readonly id: number;
  readonly isVoid: boolean;
  readonly isSized: boolean;
  /** Where its content begins, and ends; undefined: that is unknown. */
  readonly data: number;
  readonly end: number | undefined;
}

/** Undefined at the end of the file. */
async function headerAt(file: FileHandle, at: number): Promise<ElementHeader | undefined> {
  const bytes = await read(file, at, HEADER);
  if (bytes.length < HEADER) return undefined;
  const isVoid = bytes[0] === VOID;
  const sizeAt = isVoid ? 1 : 4;
  // RFC 8794 §4: as many zeros in front as bytes follow.
  const width = Math.clz32(bytes[sizeAt]!) - 23;
  const isSized = width <= 8;
  const data = at + sizeAt + width;
  const size = isSized ? sizeOf(bytes.subarray(sizeAt, sizeAt + width)) : undefined;
  return {
    id: bytes.readUInt32BE(0),
    isVoid,
    isSized,
    data,
    end: size === undefined ? undefined : data + size,
  };
}

/** Undefined: unknown, which all ones stand for (RFC 8794 §6.2). */
function sizeOf(bytes: Uint8Array): number | undefined {
  const width = bytes.length;
  const value = bytes.reduce((sum, byte) => sum * 256 + byte, 0) - 2 ** (7 * width);
  return value >= 2 ** (7 * width) - 1 ? undefined : value;
}

async function read(file: FileHandle, at: number, count: number): Promise<Buffer> {
  const bytes = Buffer.alloc(count);
  const { bytesRead } = await file.read(bytes, 0, count, at);
  return bytes.subarray(0, bytesRead);
}
