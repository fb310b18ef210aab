// Encryption of pictures in format 1, as packages/muxer/docs/encryption.md has it, slow and plain: nothing
// writes it any more, but recordings of it are there.

import { createCipheriv, createHmac, randomBytes } from 'node:crypto';
import { FlvReader, FlvWriter, TagType } from '@cloudpush/muxer';
import { nalUnits, withLength } from './decryption.js';

/** Bytes of the tag header of H.264, and of H.265 with codec id 12. */
const headerSize = 5;

const marker = Buffer.from('3817ef74861b402f92adbd75972d766f', 'hex');

/**
 * An FLV file with the pictures encrypted by a key of 16 bytes, and the sound, which is encrypted already,
 * marked alike.
 */
export function inFormat1(file: Buffer, key: Uint8Array, mode: 'keyFrames' | 'allFrames'): Buffer {
  const writer = new FlvWriter();
  const pieces = [writer.header()];
  const nonce = randomBytes(12);
  let block = 0;
  for (const { type, timestamp, payload } of new FlvReader().push(file)) {
    let body: Buffer = Buffer.from(payload);
    const isPicture = type === TagType.video && body[1] === 1;
    if (isPicture && (mode === 'allFrames' || body[0]! >> 4 === 1)) {
      const sample = encrypted(body, key, nonce, block);
      block += Math.ceil(sample.size / 16);
      body = sample.body;
    } else if (type === TagType.audio && body.includes(marker)) {
      body[body.indexOf(marker) + marker.length] = 1;
    }
    pieces.push(...writer.tag({ type, timestamp, parts: [body], size: body.length }));
  }
  return Buffer.concat(pieces);
}

function encrypted(body: Buffer, key: Uint8Array, nonce: Buffer, block: number) {
  const isHevc = (body[0]! & 15) === 12;
  const isSlice = (unit: Buffer) =>
    isHevc ? ((unit[0]! >> 1) & 63) < 32 : [1, 2, 3, 4, 5, 19, 20, 21].includes(unit[0]! & 31);
  const isLong = (unit: Buffer) => isSlice(unit) && unit.length > 33;
  const units = nalUnits(body.subarray(headerSize));
  const counter = Buffer.alloc(4);
  counter.writeUInt32BE(block);
  const cipher = createCipheriv('aes-128-ctr', key, Buffer.concat([nonce, counter]));
  let size = 0;
  const result = units.map((unit) => {
    if (!isLong(unit)) return unit;
    size += unit.length - 33;
    const secret = cipher.update(unit.subarray(32, -1));
    return escaped(Buffer.concat([unit.subarray(0, 32), secret, unit.subarray(-1)]), 32);
  });
  if (size === 0) return { body, size };
  const check = createHmac('sha256', key).update('cloudpush key check 1').digest().subarray(0, 4);
  const sampleHeader = Buffer.concat([marker, Buffer.of(1), check, nonce, counter]);
  const first = units.findIndex(isSlice);
  const head = isHevc ? Buffer.of(0x4e, units[first]![1]! & 7) : Buffer.of(6);
  const sei = escaped(Buffer.concat([head, Buffer.of(5, 37), sampleHeader, Buffer.of(0x80)]), head.length);
  result.splice(first, 0, sei);
  return { body: Buffer.concat([body.subarray(0, headerSize), ...result.map(withLength)]), size };
}

function escaped(bytes: Buffer, start: number): Buffer {
  const result = [...bytes.subarray(0, start)];
  for (const byte of bytes.subarray(start)) {
    if (byte <= 3 && result.at(-1) === 0 && result.at(-2) === 0) result.push(3);
    result.push(byte);
  }
  return Buffer.from(result);
}
