// Both decryptors undo our encryptor: our own, and the one that knows nothing but the page.

import { createCipheriv } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import {
  AccessUnitSplitter,
  AdtsSplitter,
  type EncryptionSettings,
  type FlvTag,
  Mp3Splitter,
  Muxer,
  type MuxerOptions,
  SampleEncryptor,
  TagRole,
  TagType,
} from '@cloudpush/muxer';
import { encodeAmf0 } from '@cloudpush/transport';
import { describe, expect, test } from 'vitest';
import { Random } from '../fuzz/muxer/random.js';
import { copyOf, expectBothToDecrypt, flvFile, nalUnits, tagOf, withLength } from './decryption.js';
import type { FileTag } from './second-decryptor.js';

interface Source {
  readonly name: string;
  readonly video: string;
  readonly audio: string;
  readonly options?: MuxerOptions;
}

const sources: Source[] = [
  { name: 'H.264 with B-frames, AAC in stereo', video: 'bframes.h264', audio: 'stereo-48k.aac' },
  { name: 'H.264 in slices, AAC in mono', video: 'slices.h264', audio: 'mono-16k.aac' },
  { name: 'H.264 of two sizes, MP3', video: 'size-change.h264', audio: 'stereo-44k.mp3' },
  { name: 'H.265 with B-frames in Enhanced RTMP', video: 'bframes.h265', audio: 'stereo-48k.aac' },
  {
    name: 'H.265 with codec id 12',
    video: 'plain.h265',
    audio: 'mono-22k.mp3',
    options: { hevcForm: 'legacy' },
  },
];

type Codec = 'h264' | 'h265' | 'aac' | 'mp3';

interface MuxedTag {
  readonly tag: FlvTag;
  /** Made in place, in memory that the encryptor may write to. */
  readonly writable: boolean;
}

/** The tags of both tracks in order of time; every other packet is made in place. */
async function mux({ video, audio, options }: Source): Promise<MuxedTag[]> {
  const muxer = new Muxer(options);
  const muxed: MuxedTag[] = [];
  const packet = (codec: Codec, data: Uint8Array, index: number, dts: number, pts: number) => {
    const headroom = index % 2 === 0 ? 48 : 0;
    const memory = Buffer.concat([Buffer.alloc(headroom), data]);
    const tags: FlvTag[] = [];
    const media = { data: memory.subarray(headroom), headroom, dts, pts };
    if (codec === 'aac' || codec === 'mp3') muxer.audio(codec, media, tags);
    else muxer.video(codec, media, tags);
    muxed.push(...tags.map((tag) => ({ tag, writable: headroom > 0 })));
  };

  const fixture = (name: string) => readFile(new URL(`../fixtures/${name}`, import.meta.url));
  const videoCodec = video.endsWith('h264') ? 'h264' : 'h265';
  const splitter = new AccessUnitSplitter(videoCodec);
  [...splitter.push(await fixture(video)), ...splitter.flush()].forEach((unit, i) => {
    packet(videoCodec, unit.data, i, unit.decodingIndex * 40, unit.presentationIndex * 40);
  });
  const audioCodec = audio.endsWith('aac') ? 'aac' : 'mp3';
  const audioSplitter = audioCodec === 'aac' ? new AdtsSplitter() : new Mp3Splitter();
  [...audioSplitter.push(await fixture(audio)), ...audioSplitter.flush()].forEach(({ data, time }, i) => {
    packet(audioCodec, data, i, time, time);
  });
  return muxed.sort((a, b) => a.tag.timestamp - b.tag.timestamp);
}

const key16 = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');
const key32 = Buffer.from('404142434445464748494a4b4c4d4e4f505152535455565758595a5b5c5d5e5f', 'hex');
const key5 = key32.subarray(0, 5);
const text = 'Schlüssel 🔑';
const text16 = '0123456789abcdef';
/** The keys for a decryptor: the right ones among others. */
const keyRing = [Buffer.alloc(16), 'another', key16, key32, key5, text16, text];

interface Plan {
  readonly name: string;
  /** Settings, and from when on they hold, in ms. */
  readonly steps: readonly { from: number; settings: EncryptionSettings }[];
}

function always(name: string, settings: EncryptionSettings): Plan {
  return { name, steps: [{ from: 0, settings }] };
}

const plans: Plan[] = [
  always('all frames, a text', { mode: 'allFrames', key: text }),
  always('all frames, a text of 16 characters', { mode: 'allFrames', key: text16 }),
  always('all frames, 16 bytes', { mode: 'allFrames', key: key16 }),
  always('all frames, 5 bytes', { mode: 'allFrames', key: key5 }),
  always('key frames, 32 bytes', { mode: 'keyFrames', key: key32 }),
  always('key frames, a text', { mode: 'keyFrames', key: text }),
  {
    name: 'modes and keys that change in mid-stream',
    steps: [
      { from: 0, settings: { mode: 'allFrames', key: text } },
      { from: 410, settings: { mode: 'allFrames', key: key32 } },
      { from: 730, settings: { mode: 'none' } },
      { from: 950, settings: { mode: 'keyFrames', key: key16 } },
      { from: 1490, settings: { mode: 'allFrames', key: text16 } },
    ],
  },
];

/**
 * Encrypts a stream, with an `onEncryption` message whenever there is something to tell, of which `clear` is
 * undefined.
 */
function encrypt(muxed: readonly MuxedTag[], { steps }: Plan, random: Random) {
  const nonces = () => Uint8Array.from({ length: 12 }, () => random.below(256));
  const tracks = [TagType.video, TagType.audio].map((type) => ({
    type,
    encryptor: new SampleEncryptor(type === TagType.video ? 'video' : 'audio', nonces),
    settings: undefined as EncryptionSettings | undefined,
    told: undefined as SampleEncryptor['parameters'],
  }));
  return muxed.flatMap(({ tag, writable }) => {
    const track = tracks.find(({ type }) => type === tag.type)!;
    const { settings } = steps.findLast(({ from }) => from <= tag.timestamp)!;
    if (track.settings !== settings) track.encryptor.configure(settings);
    track.settings = settings;
    const clear = copyOf(tag);
    const frame = { role: tag.role, clear, encrypted: copyOf(track.encryptor.encrypt(tag, writable)) };
    if (track.encryptor.parameters === track.told) return [frame];
    track.told = track.encryptor.parameters;
    const body = encodeAmf0('onEncryption', { ...track.told });
    const told = { type: TagType.scriptData, timestamp: tag.timestamp, body };
    return [{ role: TagRole.data, clear: undefined, encrypted: told }, frame];
  });
}

type EncryptedFrame = ReturnType<typeof encrypt>[number];

function fileOf(frames: readonly EncryptedFrame[]): Buffer {
  return flvFile(
    frames.map(({ encrypted: { type, timestamp, body } }) => {
      return { type: type as TagType, timestamp, parts: [body], size: body.length };
    }),
  );
}

function clearTags(frames: readonly EncryptedFrame[]): FileTag[] {
  return frames.map(({ clear }) => clear).filter((tag) => tag !== undefined);
}

const encryptedRoles = {
  none: [],
  keyFrames: [TagRole.keyFrame, TagRole.audioFrame],
  allFrames: [TagRole.keyFrame, TagRole.interFrame, TagRole.disposableFrame, TagRole.audioFrame],
} satisfies Record<EncryptionSettings['mode'], TagRole[]>;

describe.for(sources)('$name', (source) => {
  test.for(plans)('$name', async (plan) => {
    const frames = encrypt(await mux(source), plan, new Random(1));
    for (const { clear, encrypted, role } of frames) {
      if (clear === undefined) continue;
      const { settings } = plan.steps.findLast(({ from }) => from <= clear.timestamp)!;
      const roles: readonly TagRole[] = encryptedRoles[settings.mode];
      expect(!encrypted.body.equals(clear.body)).toBe(roles.includes(role));
    }
    await expectBothToDecrypt(fileOf(frames), keyRing, clearTags(frames));
  });

  test.for(plans)('$name, of which only some tags arrive', async (plan) => {
    const random = new Random(2);
    const frames = encrypt(await mux(source), plan, random).filter(() => random.chance(2));
    await expectBothToDecrypt(fileOf(frames), keyRing, clearTags(frames));
  });
});

/**
 * A clear H.264 or H.265 slice of which the cipher makes `wanted`, from byte 32 on, under a key stream that
 * is known.
 */
function sliceFor(wanted: Uint8Array, keyStream: Uint8Array, header: Uint8Array, random: Random): Buffer {
  const clear = Uint8Array.from({ length: 32 }, () => 4 + random.below(252));
  clear.set(header);
  // Zeros at the end of the clear bytes count for the escapes behind.
  clear.fill(0, 32 - random.below(3));
  // The last clear byte is no zero: no NAL unit ends in one.
  const secret = [...wanted, (keyStream[wanted.length]! ^ (1 + random.below(4))) & 255].map(
    (byte, i) => byte ^ keyStream[i]!,
  );
  return Buffer.concat([clear, Buffer.from(secret)]);
}

describe('ciphertext full of bytes to escape', () => {
  test.for([
    { name: 'H.264', tagHeader: '1701000000', nalHeader: Buffer.from('65', 'hex') },
    { name: 'H.265', tagHeader: '1c01000000', nalHeader: Buffer.from('2601', 'hex') },
  ])('$name', async ({ tagHeader, nalHeader }) => {
    const random = new Random(3);
    const nonce = Uint8Array.from({ length: 12 }, () => random.below(256));
    const encryptor = new SampleEncryptor('video', () => nonce);
    encryptor.configure({ mode: 'allFrames', key: key16 });
    const counterBlock = Buffer.concat([nonce, Buffer.alloc(4)]);
    const keyStream = createCipheriv('aes-128-ctr', key16, counterBlock).update(Buffer.alloc(2 ** 18));

    let block = 0;
    const clear = Array.from({ length: 300 }, () => {
      let at = block * 16;
      const units = Array.from({ length: 1 + random.below(4) }, () => {
        const wanted = Uint8Array.from({ length: 1 + random.below(60) }, () =>
          random.pick([0, 0, 0, 1, 2, 3, 255]),
        );
        const unit = sliceFor(wanted, keyStream.subarray(at), nalHeader, random);
        at += Math.ceil((wanted.length + 1) / 16) * 16;
        return withLength(unit);
      });
      block = at / 16;
      return tagOf(TagType.video, Buffer.concat([Buffer.from(tagHeader, 'hex'), ...units]));
    });
    const copies = clear.map(copyOf);
    const encrypted = clear.map((tag) => encryptor.encrypt(tag, false));
    await expectBothToDecrypt(flvFile(encrypted), [key16], copies);
    for (const { parts } of encrypted) {
      for (const unit of nalUnits(Buffer.concat(parts).subarray(5))) {
        for (const last of [0, 1, 2]) expect(unit.includes(Buffer.of(0, 0, last))).toBe(false);
      }
    }
  });
});

describe('MP3 frames of every version', () => {
  test.for([
    { name: 'MPEG-1 in stereo', header: 'fffb4000', size: 182 },
    { name: 'MPEG-1 in mono', header: 'fffb40c0', size: 182 },
    { name: 'MPEG-2 in stereo', header: 'fff34000', size: 104 },
    { name: 'MPEG-2 in mono', header: 'fff340c0', size: 104 },
    { name: 'MPEG-2.5 in stereo', header: 'ffe34000', size: 208 },
    { name: 'MPEG-2.5 in mono', header: 'ffe340c0', size: 208 },
  ])('$name', async ({ header, size }) => {
    const random = new Random(4);
    const rest = Buffer.from(Array.from({ length: size - 4 }, () => random.below(256)));
    const body = Buffer.concat([Buffer.from(`2f${header}`, 'hex'), rest]);
    const clear = tagOf(TagType.audio, body, TagRole.audioFrame);
    const encryptor = new SampleEncryptor('audio');
    encryptor.configure({ mode: 'allFrames', key: text });
    const encrypted = encryptor.encrypt(clear, false);
    expect(copyOf(encrypted)).not.toEqual(copyOf(clear));
    await expectBothToDecrypt(flvFile([encrypted]), [text], [copyOf(clear)]);
  });
});
