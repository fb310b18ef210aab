import { describe, expect, test } from 'vitest';
import { encodeRecord, useRecord } from './record.js';

/** A block of shared memory that holds the record, as the pool's do. */
function blockOf(record: unknown): Uint8Array {
  const bytes = encodeRecord(record);
  const block = new Uint8Array(new SharedArrayBuffer(bytes.length));
  block.set(bytes);
  return block;
}

describe('a record', () => {
  test('comes out as it went in', () => {
    const record = {
      type: 'a',
      time: 1_767_225_600_000,
      key: Uint8Array.of(1, 2, 3),
      text: 'ä',
      none: undefined,
    };
    let used: unknown;
    useRecord(blockOf(record), (out: typeof record) => {
      used = { ...out, key: Uint8Array.from(out.key) };
    });
    expect(used).toEqual(record);
  });

  test('leaves nothing behind in its block, nor in its bytes, also when its use fails', () => {
    const block = blockOf({ key: Uint8Array.of(1, 2, 3) });
    let key = new Uint8Array();
    const use = (record: { key: Uint8Array<ArrayBuffer> }): void => {
      expect(block.every((byte) => byte === 0)).toBe(true);
      key = record.key;
      throw new Error('no use');
    };
    expect(() => useRecord(block, use)).toThrow('no use');
    expect(key).toEqual(Uint8Array.of(0, 0, 0));
  });
});
