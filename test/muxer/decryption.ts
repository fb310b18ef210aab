// Shared by the tests of decryption: files, samples, and both decryptors.

import {
  FlvDecryptor,
  FlvReader,
  FlvTag,
  FlvWriter,
  TagRole,
  type TagType,
  type WritableTag,
} from '@cloudpush/muxer';
import { expect } from 'vitest';
import { type CallerKey, decryptFlv, type FileTag } from './second-decryptor.js';

export function flvFile(tags: readonly WritableTag[]): Buffer {
  const writer = new FlvWriter();
  return Buffer.concat([writer.header(), ...tags.flatMap((tag) => writer.tag(tag))]);
}

export function copyOf({ type, timestamp, parts }: WritableTag): FileTag {
  return { type, timestamp, body: Buffer.concat(parts) };
}

/** Tags in a form that a failed comparison shows briefly. */
function readable(tags: readonly FileTag[]): string[] {
  return tags.map(({ type, timestamp, body }) => `${type} at ${timestamp}: ${body.toString('hex')}`);
}

/** The output of our own decryptor for a file. */
export function decryptWithMuxer(file: Buffer, keys: readonly CallerKey[]): FileTag[] {
  const decryptor = new FlvDecryptor({ keys });
  const tags = new FlvReader().push(file).map((tag) => decryptor.decrypt(tag));
  return tags.filter((tag) => tag !== undefined).map(copyOf);
}

export async function expectBothToDecrypt(
  file: Buffer,
  keys: readonly CallerKey[],
  clear: readonly FileTag[],
) {
  expect(readable(await decryptFlv(file, keys))).toEqual(readable(clear));
  expect(readable(decryptWithMuxer(file, keys))).toEqual(readable(clear));
}

export function tagOf(type: TagType, body: Uint8Array, role: TagRole = TagRole.keyFrame): FlvTag {
  return new FlvTag(type, role, 0, [body], body.length, 0);
}

export function nalUnits(sample: Buffer): Buffer[] {
  const units: Buffer[] = [];
  for (let at = 0; at < sample.length; ) {
    const end = at + 4 + sample.readUInt32BE(at);
    units.push(sample.subarray(at + 4, end));
    at = end;
  }
  return units;
}

export function withLength(unit: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(unit.length);
  return Buffer.concat([length, unit]);
}
