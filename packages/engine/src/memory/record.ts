import { deserialize, serialize } from 'node:v8';

/**
 * Records travel through the pool beside media: plain data that both sides of the ring know the shape of.
 */

/** The data as bytes for a block. */
export function encodeRecord(record: unknown): Buffer {
  return serialize(record);
}

/**
 * Hands the data that a block holds to `use`, once: it may hold a secret, so that the block is overwritten
 * with zeros, and what was made of it afterwards. `use` must copy bytes that it keeps.
 */
export function useRecord<T>(block: Uint8Array, use: (record: T) => void): void {
  const bytes = Buffer.from(block);
  block.fill(0);
  try {
    // Arrays of bytes in the record are views of these.
    use(deserialize(bytes) as T);
  } finally {
    bytes.fill(0);
  }
}
