/** The beginning of a script data body (AMF0): the name of the message as a string. */
const messageName = Buffer.from('\x02\x00\x0conEncryption', 'latin1');

/** A property of an AMF0 object: its name, and a string. */
const ourScheme = Buffer.from('\x00\x06scheme\x02\x00\x07aes-ctr', 'latin1');

/** Whether a script data body is an `onEncryption` about encryption of this kind, and not about a caller's own. */
export function isEncryptionMessage(body: Uint8Array): boolean {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.length);
  return bytes.subarray(0, messageName.length).equals(messageName) && bytes.includes(ourScheme);
}
