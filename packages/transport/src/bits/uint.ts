/*
 * Unsigned integers at an offset. RTMP is big-endian but for the message stream id (RTMP 1.0 §4, §5.3.1.2.1).
 * The readers and writers check no bounds: callers check those of a whole header once.
 */

export function readUint16(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 8) | bytes[offset + 1]!;
}

export function readUint24(bytes: Uint8Array, offset: number): number {
  return (bytes[offset]! << 16) | (bytes[offset + 1]! << 8) | bytes[offset + 2]!;
}

export function readUint32(bytes: Uint8Array, offset: number): number {
  // Without `>>> 0` a set top bit would make it negative.
  return (
    ((bytes[offset]! << 24) | (bytes[offset + 1]! << 16) | (bytes[offset + 2]! << 8) | bytes[offset + 3]!) >>>
    0
  );
}

export function readUint32LittleEndian(bytes: Uint8Array, offset: number): number {
  return (
    (bytes[offset]! | (bytes[offset + 1]! << 8) | (bytes[offset + 2]! << 16) | (bytes[offset + 3]! << 24)) >>>
    0
  );
}

/** The timestamp of an FLV tag: 24 bits, then the 8 bits above them (FLV 10.1, annex E.4.1). */
export function readTagTimestamp(bytes: Uint8Array, offset: number): number {
  return (readUint24(bytes, offset) | (bytes[offset + 3]! << 24)) >>> 0;
}

/** Writes the lower 24 bits and returns the offset behind them. */
export function writeUint24(target: Uint8Array, offset: number, value: number): number {
  target[offset] = value >>> 16;
  target[offset + 1] = value >>> 8;
  target[offset + 2] = value;
  return offset + 3;
}

/** Writes the lower 32 bits and returns the offset behind them. */
export function writeUint32(target: Uint8Array, offset: number, value: number): number {
  target[offset] = value >>> 24;
  target[offset + 1] = value >>> 16;
  target[offset + 2] = value >>> 8;
  target[offset + 3] = value;
  return offset + 4;
}

/** Writes the lower 32 bits, the lowest byte first, and returns the offset behind them. */
export function writeUint32LittleEndian(target: Uint8Array, offset: number, value: number): number {
  target[offset] = value;
  target[offset + 1] = value >>> 8;
  target[offset + 2] = value >>> 16;
  target[offset + 3] = value >>> 24;
  return offset + 4;
}

/** 4 when the value stands here, 0 when something else does, -1 when the bytes end before it can be told. */
export function matchUint32(bytes: Uint8Array, offset: number, end: number, value: number): 4 | 0 | -1 {
  for (let i = 0; i < 4; i++) {
    if (offset + i >= end) return -1;
    if (bytes[offset + i] !== ((value >>> (24 - 8 * i)) & 0xff)) return 0;
  }
  return 4;
}
