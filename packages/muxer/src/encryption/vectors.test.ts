import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { FlvDemuxer } from '../flv/flv-demuxer.js';
import { FlvTag, TagRole, TagType } from '../flv/flv-tag.js';
import { FlvDecryptor } from './flv-decryptor.js';
import { readSampleHeader } from './read-sample-header.js';
import { SampleEncryptor } from './sample-encryptor.js';

/** A block of docs/encryption.md: the samples of one track under one key and nonce. */
interface VectorBlock {
  readonly codec: string;
  /** Blocks of format 1 are for decryption alone. */
  readonly format: 1 | 2;
  /** The body of the sequence header in front, where there is one. */
  readonly header: Buffer | undefined;
  readonly key: string | Uint8Array;
  readonly nonce: Buffer;
  readonly keyCheck: string;
  readonly keyBits: number;
  readonly samples: readonly { readonly name: string; readonly clear: Buffer; readonly encrypted: Buffer }[];
}

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ''), 'hex');

/** The value behind a name at the beginning of a line, with the lines of digits that go on below it. */
function field(block: string, name: string): string {
  const value = block.match(new RegExp(`^ *${name} +(.*(?:\\n {12}[0-9a-f]+)*)`, 'm'))?.[1];
  if (value === undefined) throw new Error(`no ${name} in ${block}`);
  return value;
}

function readBlock(block: string): VectorBlock {
  const key = field(block, 'key');
  const samples = block.split(/^sample +/m).slice(1);
  return {
    codec: field(block, 'codec'),
    format: block.includes('\nformat ') ? 1 : 2,
    header: block.includes('\nheader ') ? hex(field(block, 'header')) : undefined,
    key: key.startsWith('hex:') ? hex(key.slice(4)) : key,
    nonce: hex(field(block, 'nonce')),
    keyCheck: field(block, 'key check'),
    keyBits: hex(field(block, 'aes key')).length * 8,
    samples: samples.map((sample) => ({
      name: sample.slice(0, sample.indexOf('\n')),
      clear: hex(field(sample, 'clear')),
      encrypted: hex(field(sample, 'encrypted')),
    })),
  };
}

const document = readFileSync(new URL('../../docs/encryption.md', import.meta.url), 'utf8');
const blocks = [...document.matchAll(/^```text\n(.*?)^```/gms)].map(([, block]) => readBlock(block!));

/** The body as a tag of one part, in memory that has `headroom` bytes in front of it. */
function frameOf(codec: string, body: Buffer, headroom: number): FlvTag {
  const memory = new Uint8Array(new SharedArrayBuffer(headroom + body.length), headroom);
  memory.set(body);
  const isVideo = codec.startsWith('h26');
  const role = isVideo ? TagRole.keyFrame : TagRole.audioFrame;
  return new FlvTag(isVideo ? TagType.video : TagType.audio, role, 0, [memory], body.length, headroom);
}

test('the document has vectors of every codec and every kind of key', () => {
  expect(blocks.flatMap(({ samples }) => samples).length).toBeGreaterThanOrEqual(12);
  expect(new Set(blocks.filter(({ format }) => format === 1).map(({ codec }) => codec))).toEqual(
    new Set(['h264', 'h265', 'aac']),
  );
  expect(new Set(blocks.map(({ codec }) => codec))).toEqual(new Set(['h264', 'h265', 'aac', 'mp3']));
  expect(new Set(blocks.map(({ keyBits }) => keyBits))).toEqual(new Set([128, 256]));
});

describe.each(blocks)('$codec of format $format with key $key', (block) => {
  const { codec, format, header, key, nonce, keyBits, keyCheck, samples } = block;
  const track = codec.startsWith('h26') ? 'video' : 'audio';

  test.each([
    ['in place', 128, true],
    ['in place without headroom', 0, true],
    ['read only', 128, false],
    ['read only without headroom', 0, false],
  ] as const)('the samples are encrypted as the document says, %s', (_, headroom, writable) => {
    if (format === 1) return;
    const encryptor = new SampleEncryptor(track, () => nonce);
    encryptor.configure({ mode: 'allFrames', key });
    expect(encryptor.parameters).toMatchObject({ keyCheck, keyBits, nonce: nonce.toString('hex') });
    if (header !== undefined) {
      const tag = new FlvTag(TagType.audio, TagRole.audioSequenceHeader, 0, [header], header.length, 0);
      expect(encryptor.encrypt(tag, writable)).toBe(tag);
    }
    for (const { name, clear, encrypted } of samples) {
      const tag = encryptor.encrypt(frameOf(codec, clear, headroom), writable);
      expect(Buffer.concat(tag.parts).toString('hex'), name).toBe(encrypted.toString('hex'));
      expect(tag.size, name).toBe(encrypted.length);
    }
  });

  test('and decrypted', () => {
    const decryptor = new FlvDecryptor({ keys: ['another key', key] });
    const type = track === 'video' ? TagType.video : TagType.audio;
    for (const { name, clear, encrypted } of samples) {
      const tag = decryptor.decrypt({ type, timestamp: 0, payload: encrypted });
      expect(Buffer.from(tag!.payload).toString('hex'), name).toBe(clear.toString('hex'));
    }
  });

  test('and tell key and nonce to who has no key', () => {
    const demuxer = new FlvDemuxer();
    const type = track === 'video' ? TagType.video : TagType.audio;
    if (header !== undefined) demuxer.demux({ type, timestamp: 0, payload: header });
    let blockCounter = -1;
    for (const { name, clear, encrypted } of samples) {
      const unit = demuxer.demux({ type, timestamp: 0, payload: encrypted })!;
      const told = readSampleHeader(unit.codec, unit.data);
      if (encrypted.equals(clear)) {
        expect(told, name).toBeUndefined();
        continue;
      }
      expect(told, name).toMatchObject({ version: format, keyCheck, nonce: nonce.toString('hex') });
      expect(told!.blockCounter, name).toBeGreaterThan(blockCounter);
      blockCounter = told!.blockCounter;
      const inClear = demuxer.demux({ type, timestamp: 0, payload: clear })!;
      expect(readSampleHeader(inClear.codec, inClear.data), name).toBeUndefined();
    }
  });
});
