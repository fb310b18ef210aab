import { describe, expect, test } from 'vitest';
import { FlvTag, TagRole, TagType } from '../flv/flv-tag.js';
import type { AudioCodec, VideoCodec } from '../media-packet.js';
import { Muxer } from '../muxer/muxer.js';
import { removeEmulationPrevention } from '../nal/emulation-prevention.js';
import { readEncryptionKey } from './encryption-key.js';
import { FlvDecryptor } from './flv-decryptor.js';
import { SampleCipher } from './sample-cipher.js';
import { SampleEncryptor } from './sample-encryptor.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

const sps = '6764000aacd9457b011000000300100000030320f1225960';
const pps = '68ebe3cb22c0';
const filling = '5a'.repeat(40);
const idr = `6588840047dae398${filling}`;
const inter = `419a236c457fbc7c${filling}`;
const marker = '3817ef74861b402f92adbd75972d766f';
/** Ends the trailer of a slice. */
const sliceMarker = 'c0b5f561dba99ae4';
const aac = hex('fff1504002bffc 2100112233445566778899001122');

/** An AAC frame behind the ADTS header of `aac`, with its length. */
function adtsFrame(raw: Buffer): Buffer {
  const header = Buffer.from(aac.subarray(0, 7));
  const length = header.length + raw.length;
  header[3] = (header[3]! & 0xfc) | (length >> 11);
  header[4] = (length >> 3) & 0xff;
  header[5] = ((length & 7) << 5) | 0x1f;
  return Buffer.concat([header, raw]);
}

const annexB = (nals: readonly string[], startCode = '00000001'): Buffer =>
  hex(nals.map((nal) => startCode + nal).join(''));

/** The slice as one that is not the first of its picture: first_mb_in_slice 1. */
const further = (nal: string): string => `${nal.slice(0, 2)}5a${nal.slice(4)}`;
const onePicture = (slices: readonly string[]): string[] =>
  slices.map((nal, i) => (i === 0 ? nal : further(nal)));

/** Tags of packets, each in memory of its own behind `headroom` bytes. */
class Stream {
  readonly muxer = new Muxer();
  readonly headroom: number;
  #time = 0;
  /** The packet that the last tags were made of. */
  data: Uint8Array = new Uint8Array(0);

  constructor(headroom = 128) {
    this.headroom = headroom;
  }

  video(data: Buffer, codec: VideoCodec = 'h264', keyFrame?: boolean): FlvTag[] {
    const tags: FlvTag[] = [];
    this.muxer.video(codec, { ...this.#packet(data), keyFrame }, tags);
    return tags;
  }

  audio(data: Buffer, codec: AudioCodec = 'aac'): FlvTag[] {
    const tags: FlvTag[] = [];
    this.muxer.audio(codec, this.#packet(data), tags);
    return tags;
  }

  #packet(data: Buffer) {
    this.data = new Uint8Array(
      new SharedArrayBuffer(this.headroom + data.length + 64),
      this.headroom,
      data.length,
    );
    this.data.set(data);
    this.#time += 40;
    return { data: this.data, headroom: this.headroom, dts: this.#time, pts: this.#time };
  }
}

const body = (tag: FlvTag): string => Buffer.concat(tag.parts).toString('hex');

function encryptorOf(track: 'video' | 'audio', mode: 'keyFrames' | 'allFrames', key = 'vavakey') {
  const encryptor = new SampleEncryptor(track);
  encryptor.configure({ mode, key });
  return encryptor;
}

function decrypted(tag: FlvTag, ...keys: string[]): string {
  const { type, timestamp } = tag;
  const payload = Buffer.concat(tag.parts);
  const clear = new FlvDecryptor({ keys }).decrypt({ type, timestamp, payload })!;
  return Buffer.from(clear.payload).toString('hex');
}

describe('what is encrypted', () => {
  test('nothing, while the mode is none', () => {
    const [header, frame] = new Stream().video(annexB([sps, pps, idr]));
    const encryptor = new SampleEncryptor('video');
    expect(encryptor.encrypt(header!, true)).toBe(header);
    expect(encryptor.encrypt(frame!, true)).toBe(frame);
    expect(encryptor.parameters).toBeUndefined();
  });

  test('key pictures alone, or all of them, and never a header', () => {
    const stream = new Stream();
    const tags = [annexB([sps, pps, idr]), annexB([inter]), annexB([idr])].flatMap((data) =>
      stream.video(data),
    );
    const changed = (mode: 'keyFrames' | 'allFrames'): boolean[] => {
      const encryptor = encryptorOf('video', mode);
      return tags.map((tag) => encryptor.encrypt(tag, false) !== tag);
    };
    expect(changed('keyFrames')).toEqual([false, true, false, true]);
    expect(changed('allFrames')).toEqual([false, true, true, true]);
  });

  test('key pictures, also those that the caller says are none', () => {
    const stream = new Stream();
    const [, ...first] = stream.video(annexB([sps, pps, idr]));
    const [second] = stream.video(annexB([idr]), 'h264', false);
    expect([first[0]!.role, second!.role]).toEqual([TagRole.keyFrame, TagRole.keyFrame]);
    const before = body(second!);
    const encrypted = encryptorOf('video', 'keyFrames').encrypt(second!, true);
    expect(body(encrypted)).not.toContain(idr);
    expect(decrypted(encrypted, 'vavakey')).toBe(before);
  });

  test('every audio frame in both modes, and never its sequence header', () => {
    for (const mode of ['keyFrames', 'allFrames'] as const) {
      const encryptor = encryptorOf('audio', mode);
      const [header, frame] = new Stream().audio(aac);
      expect(encryptor.encrypt(header!, true)).toBe(header);
      const before = body(frame!);
      const encrypted = encryptor.encrypt(frame!, true);
      expect(body(encrypted)).toContain(`af018133${marker}`);
      expect(decrypted(encrypted, 'vavakey')).toBe(before);
    }
  });

  test('slices of further views, each with a trailer, and no NAL unit is added', () => {
    const prefix = '6e4000aa11';
    const extension = `744000aa${filling}`;
    const [, frame] = new Stream().video(annexB(['0910', sps, pps, '0605010180', prefix, idr, extension]));
    const before = body(frame!);
    const encrypted = encryptorOf('video', 'allFrames').encrypt(frame!, true);
    const order = ['0910', sps, pps, '0605010180', prefix];
    const slices = [idr.slice(0, 64), sliceMarker, extension.slice(0, 64)];
    const places = [...order, ...slices].map((part) => body(encrypted).indexOf(part));
    expect(places.every((place) => place >= 0)).toBe(true);
    expect(places).toEqual([...places].sort((a, b) => a - b));
    expect(body(encrypted)).not.toContain(idr);
    expect(body(encrypted)).not.toContain(extension);
    expect(body(encrypted).endsWith(sliceMarker)).toBe(true);
    expect(decrypted(encrypted, 'vavakey')).toBe(before);
  });

  test('no program config element in front of an AAC frame', () => {
    // Two channels in front elements, no comment; then the frame.
    const element = 'a0988000040000';
    const [header, frame] = new Stream(0).audio(hex(`fff14c0002bffc ${element} 21112233445566`));
    const before = body(frame!);
    const encryptor = encryptorOf('audio', 'allFrames');
    encryptor.encrypt(header!, false);
    const encrypted = encryptor.encrypt(frame!, false);
    // The sample header and 7 bytes, then a silent pair and ID_END.
    expect(body(encrypted)).toMatch(new RegExp(`^af01${element}812c${marker}.{56}2000000000000e$`));
    expect(decrypted(encrypted, 'vavakey')).toBe(before);
  });

  test.each([
    ['av1', hex('0a0a00000003 2cfbcdaf9004'), hex('320110')],
    ['vp9', hex('824983420003f00038'), undefined],
  ] as const)('%s is refused in every mode but none, and its header is not', (codec, header, key) => {
    const stream = new Stream();
    const tags = [header, key].flatMap((data) => (data === undefined ? [] : stream.video(data, codec)));
    const frame = tags.find(({ role }) => role === TagRole.keyFrame)!;
    const later = new FlvTag(TagType.video, TagRole.interFrame, 40, frame.parts, frame.size, 0);
    const encryptor = encryptorOf('video', 'keyFrames');
    expect(encryptor.encrypt(tags[0]!, true)).toBe(tags[0]);
    for (const refused of [frame, later]) {
      expect(() => encryptor.encrypt(refused, true)).toThrow(
        expect.objectContaining({
          code: 'ERR_CLOUDPUSH_ENCRYPTION_CODEC',
          details: expect.objectContaining({ permitted: 'h264, h265' }),
        }),
      );
    }
  });

  test.each([
    ['opus', 'fc010203'],
    ['ac3', '0b77000000404000'.padEnd(256, '0')],
  ] as const)('%s is refused', (codec, frame) => {
    const stream = new Stream();
    if (codec === 'opus') stream.audio(hex('4f707573486561640102380180bb0000000000'), codec);
    const tags = stream.audio(hex(frame), codec);
    expect(() => encryptorOf('audio', 'keyFrames').encrypt(tags.at(-1)!, true)).toThrow(
      expect.objectContaining({
        code: 'ERR_CLOUDPUSH_ENCRYPTION_CODEC',
        details: expect.objectContaining({ permitted: 'aac, mp3' }),
      }),
    );
  });

  test('an MP3 frame of a bit rate above which there is none is refused, and left as it is', () => {
    const stream = new Stream();
    const frame = (header: string, size: number) =>
      Buffer.concat([hex(header), Buffer.alloc(size - 4, 0x5a)]);
    const encryptor = encryptorOf('audio', 'allFrames');
    const [lower] = stream.audio(frame('fffbd064', 835), 'mp3');
    expect(encryptor.encrypt(lower!, true).size).toBe(1 + 1044);
    const [highest] = stream.audio(frame('fffbe064', 1044), 'mp3');
    const before = body(highest!);
    expect(() => encryptor.encrypt(highest!, true)).toThrow(
      expect.objectContaining({
        code: 'ERR_CLOUDPUSH_ENCRYPTION_CODEC',
        details: expect.objectContaining({ actual: '320 kbit/s', permitted: 'a frame of ≤ 969 bytes' }),
      }),
    );
    expect(body(highest!)).toBe(before);
  });

  test('an AAC frame whose sequence header has not come by is refused', () => {
    const [header, frame] = new Stream().audio(aac);
    const encryptor = new SampleEncryptor('audio');
    encryptor.configure({ mode: 'allFrames', key: 'k' });
    expect(() => encryptor.encrypt(frame!, true)).toThrow(
      expect.objectContaining({
        code: 'ERR_CLOUDPUSH_ENCRYPTION_CODEC',
        details: expect.objectContaining({ field: 'AudioSpecificConfig' }),
      }),
    );
    encryptor.encrypt(header!, true);
    expect(encryptor.encrypt(frame!, true)).not.toBe(frame);
  });

  test('a frame of the other track is refused', () => {
    const [, frame] = new Stream().audio(aac);
    expect(() => encryptorOf('video', 'allFrames').encrypt(frame!, true)).toThrow(
      expect.objectContaining({
        code: 'ERR_CLOUDPUSH_ENCRYPTION_CODEC',
        details: expect.objectContaining({ actual: 'aac' }),
      }),
    );
  });
});

describe('where the ciphertext goes', () => {
  test('in a packet that may be written to, in place: one part stays one part', () => {
    const stream = new Stream(128);
    const encryptor = encryptorOf('video', 'allFrames');
    // Counters that need no escape.
    const [, first] = stream.video(annexB([sps, pps, idr.padEnd(40_000, '5a')]));
    encryptor.encrypt(first!, true);
    const [frame] = stream.video(annexB([sps, pps, idr]));
    const end = frame!.parts[0]!.byteOffset + frame!.size;
    const encrypted = encryptor.encrypt(frame!, true);
    expect(encrypted.parts).toHaveLength(1);
    expect(encrypted.size).toBe(frame!.size + 37);
    expect(encrypted.parts[0]!.byteOffset + encrypted.size).toBe(end);
    expect(encrypted.parts[0]!.buffer).toBe(stream.data.buffer);
    expect(encrypted.size).toBe(encrypted.parts[0]!.length);
    expect(encrypted.headroom).toBe(frame!.headroom - (encrypted.size - frame!.size));
    expect(encrypted.parts[0]!.byteOffset).toBe(encrypted.headroom);
  });

  test.each([20, 400, 473, 474, 1000, 3000])(
    'in a packet that may be written to: an AAC frame of %d bytes, and the silence behind it',
    (size) => {
      const stream = new Stream(112);
      const raw = Buffer.concat([aac.subarray(7), Buffer.alloc(size, 0x5a)]).subarray(0, size);
      const [header, frame] = stream.audio(adtsFrame(raw));
      const before = body(frame!);
      const encryptor = encryptorOf('audio', 'allFrames');
      encryptor.encrypt(header!, true);
      const encrypted = encryptor.encrypt(frame!, true);
      expect(encrypted.parts).toHaveLength(1);
      expect(encrypted.parts[0]!.buffer).toBe(stream.data.buffer);
      expect(encrypted.parts[0]!.length).toBe(encrypted.size);
      expect(encrypted.parts[0]!.byteOffset).toBe(encrypted.headroom);
      expect(encrypted.headroom).toBeGreaterThanOrEqual(18);
      expect(body(encrypted)).not.toContain('5a5a5a5a5a5a');
      expect(decrypted(encrypted, 'vavakey')).toBe(before);
    },
  );

  test.each([
    ['one large slice', [200_000]],
    ['slices that fit the scratch memory together', [30_000, 100, 33, 30_000]],
    ['slices that do not', [50_000, 40, 50_000, 120_000]],
  ])('in place, however large: %s', (_, sizes) => {
    const slices = sizes.map((size) => idr.slice(0, 20).padEnd(2 * size, '5a'));
    for (const headroom of [128, 0]) {
      const [, frame] = new Stream(headroom).video(annexB([sps, pps, ...slices]));
      const before = body(frame!);
      const encrypted = encryptorOf('video', 'allFrames').encrypt(frame!, headroom > 0);
      expect(body(encrypted)).not.toContain('5a'.repeat(60));
      expect(decrypted(encrypted, 'vavakey')).toBe(before);
    }
  });

  test('one sample after the other, large and small: each begins on a block of its own', () => {
    const small = [inter];
    const large = [idr.padEnd(140_002, '5a')];
    const sliced = [40_002, 50_010, 90_004].map((size) => inter.slice(0, 20).padEnd(size, '5a'));
    const stream = new Stream();
    const encryptor = encryptorOf('video', 'allFrames');
    stream.video(annexB([sps, pps, idr]));
    for (const slices of [large, small, sliced, small, large, sliced, small]) {
      const frame = stream.video(annexB(slices)).at(-1)!;
      const before = body(frame);
      expect(decrypted(encryptor.encrypt(frame, true), 'vavakey')).toBe(before);
    }
  });

  test.each([
    [40, [idr], [true, false]],
    [40, [idr, inter.slice(0, 40)], [true, false, true]],
    [100, [idr, idr, idr], [true, false, true, false, true, false]],
  ])('with a headroom of %d bytes, too little, trailers are parts of their own', (headroom, slices, own) => {
    const stream = new Stream(headroom);
    const [, frame] = stream.video(annexB([sps, pps, ...onePicture(slices)]));
    const before = body(frame!);
    const encrypted = encryptorOf('video', 'allFrames').encrypt(frame!, true);
    expect(encrypted.parts.map(({ buffer }) => buffer === stream.data.buffer)).toEqual(own);
    expect(encrypted.headroom).toBe(frame!.headroom);
    expect(decrypted(encrypted, 'vavakey')).toBe(before);
  });

  test('with just enough headroom for its trailers, a picture stays in its own memory', () => {
    const slices = onePicture([idr, inter, idr]);
    const stream = new Stream(3 * 37 + 5); // The tag header takes 5.
    const [, frame] = stream.video(annexB([sps, pps, ...slices, further(inter.slice(0, 40))]));
    const before = body(frame!);
    const encrypted = encryptorOf('video', 'allFrames').encrypt(frame!, true);
    // The counters begin at 0: escapes alone are parts of their own.
    const own = encrypted.parts.filter(({ buffer }) => buffer !== stream.data.buffer);
    expect(own.every(({ length }) => length === 1)).toBe(true);
    expect(decrypted(encrypted, 'vavakey')).toBe(before);
  });

  test.each([
    ['4-byte start codes', '00000001'],
    ['3-byte start codes', '000001'],
  ])('a packet that is read only stays as it is (%s)', (_, startCode) => {
    const stream = new Stream(0);
    const data = annexB([sps, pps, idr, idr], startCode);
    const [, frame] = stream.video(data);
    const before = body(frame!);
    const encrypted = encryptorOf('video', 'allFrames').encrypt(frame!, false);
    expect(Buffer.from(stream.data).equals(data)).toBe(true);
    expect(body(frame!)).toBe(before);
    expect(body(encrypted)).not.toBe(before);
    expect(decrypted(encrypted, 'vavakey')).toBe(before);
  });

  test('several frames of an audio packet do not overwrite one another', () => {
    const frames = Buffer.concat([aac, aac, aac]);
    for (const headroom of [0, 8, 48]) {
      const [header, ...tags] = new Stream(headroom).audio(frames);
      const before = tags.map(body);
      const encryptor = encryptorOf('audio', 'allFrames');
      encryptor.encrypt(header!, false);
      const encrypted = tags.map((tag) => encryptor.encrypt(tag, headroom > 0));
      expect(encrypted.map((tag) => decrypted(tag, 'vavakey'))).toEqual(before);
    }
  });

  test('a sample that would outgrow a message is refused before anything is written', () => {
    const size = 0xff_ff_ff - 20;
    const memory = Buffer.alloc(size, 0x5a);
    memory.set(hex('1701000000'));
    memory.writeUInt32BE(size - 9, 5);
    memory[9] = 0x65;
    const tag = new FlvTag(TagType.video, TagRole.keyFrame, 0, [memory], size, 0);
    expect(() => encryptorOf('video', 'allFrames').encrypt(tag, true)).toThrow(
      expect.objectContaining({ code: 'ERR_CLOUDPUSH_VIDEO_TOO_LARGE' }),
    );
    expect(memory.subarray(10).equals(Buffer.alloc(size - 10, 0x5a))).toBe(true);
  });
});

/** The nonce and the block counter of an encrypted picture. */
function counterBlock(tag: FlvTag): { nonce: string; block: number } {
  const text = Buffer.from(removeEmulationPrevention(Buffer.concat(tag.parts)));
  const trailer = text.indexOf(hex(sliceMarker)) - 29;
  return { nonce: text.toString('hex', trailer + 4, trailer + 16), block: text.readUInt32BE(trailer + 16) };
}

describe('counters', () => {
  test('each sample begins on the block behind the last one of the sample before', () => {
    const encryptor = new SampleEncryptor('video');
    encryptor.configure({ mode: 'allFrames', key: Buffer.alloc(16, 1) });
    const stream = new Stream();
    const sizes = [34, 48, 49, 64, 65, 200];
    const frames = [annexB([sps, pps, idr])].concat(
      sizes.map((size) => annexB([inter.slice(0, 20).padEnd(2 * size, 'a1')])),
    );
    const blocks = frames.map(
      (data) => counterBlock(encryptor.encrypt(stream.video(data).at(-1)!, true)).block,
    );
    // Encrypted bytes: 16 of the IDR, then the sizes without 32.
    expect(blocks).toEqual([0, 1, 2, 3, 5, 7, 10]);
  });

  test('each slice of a picture begins on a block of its own, too', () => {
    const encryptor = encryptorOf('video', 'allFrames');
    const stream = new Stream();
    const slices = onePicture([34, 49, 100].map((size) => idr.slice(0, 20).padEnd(2 * size, 'a1')));
    const [, frame] = stream.video(annexB([sps, pps, ...slices]));
    const text = removeEmulationPrevention(Buffer.concat(encryptor.encrypt(frame!, true).parts));
    const trailers = Buffer.from(text).toString('hex').split(sliceMarker).slice(0, -1);
    // Counter, then size.
    const told = trailers.map((trailer) => trailer.slice(-26, -12));
    expect(told).toEqual(['00000000000002', '00000001000011', '00000003000044']);
    expect(counterBlock(encryptor.encrypt(stream.video(annexB([inter]))[0]!, true)).block).toBe(8);
  });

  test('a new nonce is drawn before a block counter would run over', () => {
    const nonces = [Buffer.alloc(12, 1), Buffer.alloc(12, 2)];
    const cipher = new SampleCipher(readEncryptionKey('text'), () => nonces.shift()!, 10);
    const used: [string, number][] = [];
    for (const size of [80, 65, 16, 1]) {
      cipher.encrypt([new Uint8Array(size)]);
      const header = Buffer.from(cipher.header);
      used.push([header.toString('hex', 17, 22), header.readUInt32BE(33)]);
    }
    const [first, second] = [used[0]![0], used[2]![0]];
    expect(used).toEqual([
      [first, 0],
      [first, 5],
      [second, 0],
      [second, 1],
    ]);
    expect(second).not.toBe(first);
  });

  test('restart, another key and another track draw other nonces', () => {
    const seen = new Set<string>();
    const note = (tag: FlvTag) => seen.add(counterBlock(tag).nonce);
    const stream = new Stream();
    const [, frame] = stream.video(annexB([sps, pps, idr]));
    const encryptor = encryptorOf('video', 'allFrames');
    note(encryptor.encrypt(frame!, false));
    encryptor.restart();
    note(encryptor.encrypt(frame!, false));
    encryptor.configure({ mode: 'allFrames', key: 'another' });
    note(encryptor.encrypt(frame!, false));
    note(encryptorOf('video', 'allFrames').encrypt(frame!, false));
    expect(seen.size).toBe(4);
  });

  test('the same key told again, or switched off and on, goes on with its counter', () => {
    const encryptor = encryptorOf('video', 'allFrames');
    const [, frame] = new Stream().video(annexB([sps, pps, idr]));
    const first = counterBlock(encryptor.encrypt(frame!, false));
    encryptor.configure({ mode: 'none' });
    encryptor.configure({ mode: 'allFrames' });
    encryptor.configure({ mode: 'keyFrames', key: 'vavakey' });
    expect(counterBlock(encryptor.encrypt(frame!, false))).toEqual({ nonce: first.nonce, block: 1 });
  });
});

describe('parameters', () => {
  const frameOf = () => new Stream().video(annexB([sps, pps, idr]))[1]!;

  test('tell the scheme, and never the key', () => {
    const encryptor = encryptorOf('video', 'keyFrames', 'a very secret text');
    expect(encryptor.parameters).toEqual({
      scheme: 'aes-ctr',
      version: 2,
      track: 'video',
      mode: 'keyFrames',
      keyBits: 256,
      stretched: true,
      nonce: expect.stringMatching(/^[0-9a-f]{24}$/),
      keyCheck: expect.stringMatching(/^[0-9a-f]{8}$/),
    });
    expect(JSON.stringify(encryptor)).not.toContain('secret');
    encryptor.configure({ mode: 'keyFrames', key: Buffer.alloc(16) });
    expect(encryptor.parameters).toMatchObject({ keyBits: 128, stretched: false });
    encryptor.configure({ mode: 'none' });
    expect(encryptor.parameters).toEqual({ scheme: 'aes-ctr', version: 2, track: 'video', mode: 'none' });
  });

  test('are the same object until something in them changes', () => {
    const encryptor = encryptorOf('video', 'keyFrames');
    const { parameters } = encryptor;
    encryptor.encrypt(frameOf(), true);
    encryptor.configure({ mode: 'keyFrames', key: 'vavakey' });
    expect(encryptor.parameters).toBe(parameters);
    encryptor.configure({ mode: 'allFrames' });
    expect(encryptor.parameters).not.toBe(parameters);
    expect(encryptor.parameters).toEqual({ ...parameters, mode: 'allFrames' });
  });

  test('tell when the caller encrypts, and when no longer', () => {
    const encryptor = new SampleEncryptor('video');
    encryptor.passEncrypted();
    expect(encryptor.parameters).toEqual({ scheme: 'caller', track: 'video' });
    const { parameters } = encryptor;
    encryptor.passEncrypted();
    expect(encryptor.parameters).toBe(parameters);
    encryptor.configure({ mode: 'allFrames', key: 'vavakey' });
    expect(encryptor.parameters).toMatchObject({ scheme: 'aes-ctr' });
    encryptor.passEncrypted();
    expect(encryptor.parameters).toMatchObject({ scheme: 'caller' });
    encryptor.encrypt(frameOf(), true);
    expect(encryptor.parameters).toMatchObject({ scheme: 'aes-ctr', mode: 'allFrames' });
  });

  test('tell that the caller encrypts no longer, when told so', () => {
    const encryptor = new SampleEncryptor('video');
    encryptor.passEncrypted();
    encryptor.configure({ mode: 'none' });
    expect(encryptor.parameters).toEqual({ scheme: 'aes-ctr', version: 2, track: 'video', mode: 'none' });
  });
});

describe('settings', () => {
  test.each([
    ['a mode that is not known', { mode: 'everything', key: 'k' }, 'ERR_CLOUDPUSH_ENCRYPTION_MODE_INVALID'],
    ['no key', { mode: 'allFrames' }, 'ERR_CLOUDPUSH_ENCRYPTION_KEY_INVALID'],
    ['an empty text', { mode: 'allFrames', key: '' }, 'ERR_CLOUDPUSH_ENCRYPTION_KEY_INVALID'],
    ['no bytes', { mode: 'allFrames', key: new Uint8Array(0) }, 'ERR_CLOUDPUSH_ENCRYPTION_KEY_INVALID'],
    ['a number', { mode: 'allFrames', key: 12 }, 'ERR_CLOUDPUSH_ENCRYPTION_KEY_INVALID'],
  ])('%s is refused', (_, settings, code) => {
    const encryptor = new SampleEncryptor('video');
    expect(() => encryptor.configure(settings as never)).toThrow(expect.objectContaining({ code }));
  });

  test('that are refused leave the encryption as it was', () => {
    const encryptor = encryptorOf('video', 'allFrames');
    const { parameters } = encryptor;
    expect(() => encryptor.configure({ mode: 'keyFrames', key: '' })).toThrow();
    expect(encryptor.parameters).toBe(parameters);
    const [, frame] = new Stream().video(annexB([sps, pps, idr]));
    const before = body(frame!);
    expect(decrypted(encryptor.encrypt(frame!, true), 'vavakey')).toBe(before);
  });

  test('a key given with the mode none is the key of the mode that follows', () => {
    const encryptor = encryptorOf('video', 'allFrames', 'first');
    encryptor.configure({ mode: 'none', key: 'second' });
    encryptor.configure({ mode: 'allFrames' });
    const [, frame] = new Stream().video(annexB([sps, pps, idr]));
    const before = body(frame!);
    expect(decrypted(encryptor.encrypt(frame!, true), 'second')).toBe(before);
  });

  test('the caller may wipe the key: it has been copied', () => {
    const key = Buffer.alloc(32, 7);
    const encryptor = new SampleEncryptor('video');
    encryptor.configure({ mode: 'allFrames', key });
    const { parameters } = encryptor;
    key.fill(0);
    encryptor.configure({ mode: 'allFrames' });
    expect(encryptor.parameters).toBe(parameters);
  });

  test('a nonce source that gives another number of bytes is refused', () => {
    const encryptor = new SampleEncryptor('video', () => Buffer.alloc(16));
    expect(() => encryptor.configure({ mode: 'allFrames', key: 'k' })).toThrow(
      expect.objectContaining({
        code: 'ERR_CLOUDPUSH_ENCRYPTION_KEY_INVALID',
        details: expect.objectContaining({ field: 'nonce', actual: '16 bytes' }),
      }),
    );
  });
});
