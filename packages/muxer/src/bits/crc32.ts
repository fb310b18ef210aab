/** CRC-32 of each byte (ISO/IEC 13239: polynomial 0x04C11DB7, reflected). */
const table = Int32Array.from({ length: 256 }, (_, byte) => {
  let rest = byte;
  for (let bit = 0; bit < 8; bit++) rest = (rest & 1) === 1 ? (rest >>> 1) ^ 0xedb8_8320 : rest >>> 1;
  return rest;
});

/**
 * CRC-32 of the first `size` bytes, as zlib and Ethernet have it. For a few bytes: a native call costs more.
 */
export function crc32(bytes: Uint8Array, size: number): number {
  let rest = -1;
  for (let i = 0; i < size; i++) rest = table[(rest ^ bytes[i]!) & 255]! ^ (rest >>> 8);
  return ~rest >>> 0;
}
