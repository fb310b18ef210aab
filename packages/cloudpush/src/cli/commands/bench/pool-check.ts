import type { MediaSource } from '@cloudpush/engine/sources';
import { usageError } from '../../exit-code.js';

/** The pool holds a key frame of each channel in a quarter of it, with a head of so many bytes each. */
const PARTS = 4;
const HEAD = 192;

/**
 * Refuses a pool in which the channels' pictures have no room: what the server does would not be seen.
 * @param pool bytes
 * @param media short, or in memory: it is read once
 * @throws CommandError with the size that would do
 */
export async function requirePool(pool: number, channels: number, media: MediaSource): Promise<void> {
  const largest = await largestPacket(media);
  const wanted = PARTS * channels * (largest + HEAD);
  if (pool >= wanted) return;
  throw usageError(
    `--pool ${pool}: too small for ${channels} channels with pictures of up to ${largest} bytes: --pool ${wanted}, or fewer channels`,
  );
}

async function largestPacket(media: MediaSource): Promise<number> {
  const reader = media.open();
  let largest = 0;
  for (;;) {
    const packet = await reader.next();
    if (packet === undefined) return largest;
    largest = Math.max(largest, packet.data.length);
  }
}
