// packages/muxer/docs/encryption.md is enough to decrypt by: a decryptor that was written from it alone gives
// what the page's vectors say, and so does our own.

import { readFile } from 'node:fs/promises';
import { TagType } from '@cloudpush/muxer';
import { describe, expect, test } from 'vitest';
import {
  copyOf,
  decryptWithMuxer,
  expectBothToDecrypt,
  flvFile,
  nalUnits,
  tagOf,
  withLength,
} from './decryption.js';
import { type CallerKey, decryptFlv, deriveAesKey, keyCheck } from './second-decryptor.js';

interface VectorBlock {
  readonly name: string;
  readonly fields: Map<string, string>;
  readonly samples: { clear: Buffer; encrypted: Buffer }[];
}

const page = await readFile(new URL('../../packages/muxer/docs/encryption.md', import.meta.url), 'utf8');

/**
 * The blocks under "Test vectors": fields, one a line, then samples; digits go on in lines without a name.
 */
function readVectors(): VectorBlock[] {
  return [...page.matchAll(/^### (.+)\n\n```text\n([^`]+)```$/gm)].map(([, name, text]) => {
    const [head, ...samples] = text!.replaceAll(/\n {12}(?=\S)/g, '').split(/^sample .*\n/m);
    const fields = (lines: string) =>
      new Map(
        [...lines.matchAll(/^ *(.*\S) {1,9}(\S+)$/gm)].map(([, field, value]) => [field!.trim(), value!]),
      );
    return {
      name: name!,
      fields: fields(head!),
      samples: samples.map((sample) => ({
        clear: Buffer.from(fields(sample).get('clear')!, 'hex'),
        encrypted: Buffer.from(fields(sample).get('encrypted')!, 'hex'),
      })),
    };
  });
}

function keyOf({ fields }: VectorBlock): CallerKey {
  const key = fields.get('key')!;
  return key.startsWith('hex:') ? Buffer.from(key.slice(4), 'hex') : key;
}

const vectors = readVectors();

/** The tags of a block. */
function tagsOf(block: VectorBlock) {
  const type = ['h264', 'h265'].includes(block.fields.get('codec')!) ? TagType.video : TagType.audio;
  const header = tagOf(type, Buffer.from(block.fields.get('header') ?? '', 'hex'));
  const front = header.size === 0 ? [] : [header];
  return {
    encrypted: [...front, ...block.samples.map((sample) => tagOf(type, sample.encrypted))],
    clear: [...front, ...block.samples.map((sample) => tagOf(type, sample.clear))].map(copyOf),
  };
}

describe('the vectors of the page', () => {
  test.for(vectors)('$name', async (block) => {
    const aesKey = await deriveAesKey(keyOf(block), Buffer.from(block.fields.get('nonce')!, 'hex'));
    expect(aesKey.toString('hex')).toBe(block.fields.get('aes key'));
    expect((await keyCheck(aesKey)).toString('hex')).toBe(block.fields.get('key check'));

    const { encrypted, clear } = tagsOf(block);
    await expectBothToDecrypt(flvFile(encrypted), [keyOf(block)], clear);
  });

  test('are all read: every codec, and as many samples as the page has', () => {
    expect(new Set(vectors.map(({ fields }) => fields.get('codec')))).toEqual(
      new Set(['h264', 'h265', 'aac', 'mp3']),
    );
    expect(vectors.flatMap(({ samples }) => samples)).toHaveLength(page.match(/^sample /gm)!.length);
  });
});

const formatOf = ({ fields }: VectorBlock): number => Number(fields.get('format') ?? 2);

/** A sample header as an SEI NAL unit, of another sample. */
const strangeSei = Buffer.from(
  '0605253817ef74861b402f92adbd75972d766f01aaaaaaaaa0a1a2a3a4a5a6a7a8a9aaabaaaaaaaa80',
  'hex',
);

/** Changes that the page says an encrypted sample stands, made to it and to the clear one alike. */
const changes: { name: string; codec: string; format?: number; change: (body: Buffer) => Buffer }[] = [
  { name: 'H.264 in a tag of Enhanced RTMP', codec: 'h264', change: behind('9161766331000000', 5) },
  { name: 'AAC in a tag of Enhanced RTMP', codec: 'aac', change: behind('916d703461', 2) },
  { name: 'MP3 in a tag of Enhanced RTMP', codec: 'mp3', change: behind('912e6d7033', 1) },
  { name: 'a program config element in front', codec: 'aac', change: behind('af01a0988000040000', 2) },
  {
    name: 'a delimiter in front of all, and a parameter set in front of the first slice',
    codec: 'h264',
    change: ofNalUnits((units) => {
      const slice = units.findIndex((unit) => [1, 5].includes(unit[0]! & 31));
      const [delimiter, parameterSet] = [Buffer.from('0910', 'hex'), Buffer.from('68ebe3cb22c0', 'hex')];
      return [delimiter, ...units.slice(0, slice), parameterSet, ...units.slice(slice)];
    }),
  },
  { name: 'slices alone', codec: 'h264', format: 2, change: ofNalUnits(slicesAlone) },
  {
    name: 'slices in another order, and a strange sample header among them',
    codec: 'h264',
    format: 2,
    change: ofNalUnits((units) => [...units.toReversed(), strangeSei]),
  },
  {
    name: 'a strange sample header in front, and one behind the slices',
    codec: 'h264',
    format: 1,
    change: ofNalUnits((units) => [strangeSei, ...units, strangeSei]),
  },
];

/** Nothing but slices: SEI, delimiters and parameter sets are gone. */
function slicesAlone(units: Buffer[]): Buffer[] {
  return units.filter((unit) => [1, 5].includes(unit[0]! & 31));
}

/** Changes the NAL units of an H.264 sample. */
function ofNalUnits(change: (units: Buffer[]) => Buffer[]): (body: Buffer) => Buffer {
  return (body) => {
    const units = change(nalUnits(body.subarray(5)));
    return Buffer.concat([body.subarray(0, 5), ...units.map(withLength)]);
  };
}

/** Puts the bytes behind the first `size` ones behind others. */
function behind(front: string, size: number): (body: Buffer) => Buffer {
  return (body) => Buffer.concat([Buffer.from(front, 'hex'), body.subarray(size)]);
}

describe('the vectors of the page, after changes that servers make', () => {
  test.for(changes)('$name', async ({ codec, format, change }) => {
    const blocks = vectors.filter((block) => format === undefined || format === formatOf(block));
    for (const block of blocks.filter(({ fields }) => fields.get('codec') === codec)) {
      const samples = block.samples
        .filter(({ clear, encrypted }) => !encrypted.equals(clear))
        .map(({ clear, encrypted }) => ({ clear: change(clear), encrypted: change(encrypted) }));
      const { encrypted, clear } = tagsOf({ ...block, samples });
      await expectBothToDecrypt(flvFile(encrypted), [keyOf(block)], clear);
    }
  });
});

describe('what cannot be decrypted is refused', () => {
  test.for(vectors)('$name: with other keys', async (block) => {
    const file = flvFile(tagsOf(block).encrypted);
    await expect(decryptFlv(file, ['another', Buffer.alloc(32)])).rejects.toThrow('no key');
    expect(() => decryptWithMuxer(file, ['another', Buffer.alloc(32)])).toThrow(
      expect.objectContaining({ code: 'ERR_CLOUDPUSH_DECRYPTION_NO_KEY' }),
    );
  });

  test.for(vectors)('$name: of another version', async (block) => {
    const samples = block.samples.slice(0, 1).map(({ clear, encrypted }) => {
      const changed = Buffer.from(encrypted);
      const header = encrypted.indexOf('3817ef74861b402f92adbd75972d766f', 0, 'hex') + 16;
      const trailer = encrypted.indexOf('c0b5f561dba99ae4', 0, 'hex') - 5;
      changed[trailer < 0 ? header : trailer] = 7;
      return { clear, encrypted: changed };
    });
    const file = flvFile(tagsOf({ ...block, samples }).encrypted);
    await expect(decryptFlv(file, [keyOf(block)])).rejects.toThrow('version 7');
    expect(() => decryptWithMuxer(file, [keyOf(block)])).toThrow(
      expect.objectContaining({ code: 'ERR_CLOUDPUSH_DECRYPTION_DAMAGED' }),
    );
  });
});
