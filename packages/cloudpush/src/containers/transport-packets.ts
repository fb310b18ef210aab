import { open } from 'node:fs/promises';

/** The first byte of each packet (ISO/IEC 13818-1 §2.4.3.2). */
const SYNC_BYTE = 0x47;
/** Bytes of a packet: as they are; with a time in front, as of Blu-ray; with error correction behind. */
const STRIDES = [
  { stride: 188, first: 0 },
  { stride: 192, first: 4 },
  { stride: 204, first: 0 },
] as const;
/** So many packets in a row are no accident. */
const PACKETS = 3;

/** Whether a file of MPEG-TS ends within a packet. False where it is not known where packets begin. */
export async function isCutStream(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const head = new Uint8Array(204 * PACKETS);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    const { size } = await file.stat();
    const found = STRIDES.find(({ stride, first }) =>
      isSynchronous(head.subarray(0, bytesRead), stride, first),
    );
    return found !== undefined && size % found.stride !== 0;
  } finally {
    await file.close();
  }
}

function isSynchronous(head: Uint8Array, stride: number, first: number): boolean {
  for (let at = first, packet = 0; packet < PACKETS; packet++, at += stride)
    if (head[at] !== SYNC_BYTE) return false;
  return true;
}
