import { deserialize, serialize } from 'node:v8';

/**
 * What travels through the pool beside media: plain data that both sides of the ring know the shape of.
 */

/** The data as bytes for a block. */
export function encodeRecord(record: unknown): Buffer {
  return serialize(record);
}

/** The data that a block holds. It may hold a secret: the block is overwritten with zeros. */
export function takeRecord<T>(block: Uint8Array): T {
  const bytes = Buffer.from(block);
  block.fill(0);
  return deserialize(bytes) as T;
}
