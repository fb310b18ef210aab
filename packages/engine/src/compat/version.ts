import { types } from 'node:util';
import { VERSION } from '../base/version.js';

/** The version of the interface that this entry point re-creates. */
const INTERFACE_VERSION = '2.0.0';

/**
 * Writes the version text, an XML document in UTF-8, into `buffer`: as much of it as fits, and a zero behind
 * it.
 * @param length bytes of `buffer` that may be written; never more than it has
 * @returns bytes of the whole text, without the zero
 */
export function version(buffer: Uint8Array | null, length: number): number {
  const text = versionText();
  if (types.isUint8Array(buffer) && typeof length === 'number' && length >= 1) {
    const room = Math.min(buffer.length, Math.floor(length));
    // Whole characters only.
    const { written } = new TextEncoder().encodeInto(text, buffer.subarray(0, Math.max(0, room - 1)));
    if (room > 0) buffer[written] = 0;
  }
  return Buffer.byteLength(text);
}

function versionText(): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<version>
  <interface>${INTERFACE_VERSION}</interface>
  <product>cloudpush</product>
  <release>${VERSION}</release>
</version>
`;
}
