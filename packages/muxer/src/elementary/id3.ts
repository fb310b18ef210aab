/** Bytes of an ID3v2 header, and of its footer. */
const ID3V2_HEADER_SIZE = 10;
/** Bytes of an ID3v1 tag, which is at the very end of a file. */
const ID3V1_SIZE = 128;

/** Length of the ID3 tag at `offset`: 0: there is none; −1: more bytes are needed to tell. */
export function id3TagLength(data: Uint8Array, offset: number): number {
  const a = data[offset];
  const b = data[offset + 1];
  const c = data[offset + 2];
  if (a === 0x54 && b === 0x41 && c === 0x47) return ID3V1_SIZE; // TAG
  if (a !== 0x49 || b !== 0x44 || c !== 0x33) return 0; // ID3
  if (data.length - offset < ID3V2_HEADER_SIZE) return -1;
  let size = 0;
  for (let i = 6; i < 10; i++) size = (size << 7) | (data[offset + i]! & 0x7f);
  const footer = (data[offset + 5]! & 0x10) !== 0 ? ID3V2_HEADER_SIZE : 0;
  return ID3V2_HEADER_SIZE + size + footer;
}
