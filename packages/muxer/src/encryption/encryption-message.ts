import type { EncryptedTrack, EncryptionMode } from './encryption-parameters.js';

/** The beginning of a script data body (AMF0): the name of the message as a string. */
const messageName = Buffer.from('\x02\x00\x0conEncryption', 'latin1');

/** An `onEncryption` message, as far as a decryptor has to know it. */
export interface EncryptionMessage {
  readonly scheme: 'aes-ctr' | 'caller';
  readonly track: EncryptedTrack | undefined;
  readonly mode: EncryptionMode | undefined;
}

/** Reads a script data body that is an `onEncryption`; undefined for any other. */
export function readEncryptionMessage(body: Uint8Array): EncryptionMessage | undefined {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  if (!bytes.subarray(0, messageName.length).equals(messageName)) return undefined;
  return {
    scheme: has(bytes, 'scheme', 'aes-ctr') ? 'aes-ctr' : 'caller',
    track: (['video', 'audio'] as const).find((track) => has(bytes, 'track', track)),
    mode: (['none', 'keyFrames', 'allFrames'] as const).find((mode) => has(bytes, 'mode', mode)),
  };
}

/** Tells whether the AMF0 object has this property: its name, then a string. */
function has(bytes: Buffer, name: string, value: string): boolean {
  return bytes.includes(`\x00${sized(name)}\x02\x00${sized(value)}`, 0, 'latin1');
}

function sized(text: string): string {
  return String.fromCharCode(text.length) + text;
}
