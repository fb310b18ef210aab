import assert from 'node:assert/strict';
import {
  type DecryptedTag,
  FlvDecryptor,
  type FlvTag,
  Muxer,
  MuxerError,
  SampleEncryptor,
  TagRole,
} from '@cloudpush/muxer';
import { mutate } from './mutate.js';
import {
  knownProgramConfig,
  mp3FrameLength,
  type NaiveCodec,
  NaiveEncryption,
  naiveEscape,
} from './naive-encryption.js';
import type { Random } from './random.js';

const parameterSets = {
  h264: ['6764000aacd9457b011000000300100000030320f1225960', '68ebe3cb22c0'],
  h265: [
    '40010c01ffff01600000030090000003000003001e959009',
    '42010101600000030090000003000003001ea028831659592e4caf016808000003000800000300c840',
    '4401c173d089',
  ],
};

/**
 * NAL unit headers of pictures, and whole NAL units of other kinds, that may come in front of the first of
 * them.
 */
const pictureHeaders = { h264: ['65', '41', '01', '02', '74', '15'], h265: ['2601', '0201', '0203', '3e09'] };
const others = {
  h264: ['0910', '0605010180', '6e4000aa11', '060537aabbcc80'],
  h265: ['460150', '4e01050180', '4e0105253817ef7480'],
};

const bytesOf = (hex: string): number[] => [...Buffer.from(hex, 'hex')];

/** Bytes with many zeros and small numbers among them: what emulation prevention is about. */
function zeroRich(size: number, random: Random): number[] {
  return Array.from(
    { length: size },
    () => (random.chance(2) ? random.below(5) : random.next() & 0xff) * random.below(2),
  );
}

/** A NAL unit ends in no zero and holds no start code (Annex B). */
function isLegal(nal: readonly number[]): boolean {
  const text = nal.map((byte) => String.fromCharCode(byte)).join('');
  return nal.at(-1) !== 0 && !['\0\0\0', '\0\0\x01', '\0\0\x02'].some((code) => text.includes(code));
}

const sizes = [1, 2, 31, 32, 33, 34, 35, 48, 49, 50, 64, 65, 200, 1500];
const largestSlice = 2400;

/** A slice whose ciphertext, under this key stream, is rich in zeros; or one that is itself. */
function slice(header: readonly number[], stream: number[], random: Random): number[] {
  const size = random.pick(sizes) + random.below(3);
  const end = 1 + random.below(random.chance(2) ? 3 : 255);
  for (;;) {
    const plain = naiveEscape([...header, ...zeroRich(size, random)], header.length);
    if (plain.length < 34 || random.chance(3))
      return isLegal([...plain, end]) ? [...plain, end] : [...plain, 0x80];
    // The last byte, too: the trailer is right behind it.
    const wanted = zeroRich(plain.length - 31, random);
    const crafted = [...plain.slice(0, 32), ...wanted.map((byte, i) => byte ^ stream[i]!)];
    if (isLegal(crafted)) return crafted;
  }
}

/** An access unit, with start codes of both lengths. */
function accessUnit(codec: 'h264' | 'h265', model: NaiveEncryption, random: Random): Buffer {
  const nalUnits = parameterSets[codec].map(bytesOf);
  if (random.chance(2)) nalUnits.unshift(bytesOf(others[codec][0]!));
  while (random.chance(3)) nalUnits.push(bytesOf(random.pick(others[codec].slice(1))));
  const stream = model.nextKeyStream(4 * largestSlice);
  for (let slices = 1 + random.below(4); slices > 0; slices--) {
    const nal = slice(bytesOf(random.pick(pictureHeaders[codec])), stream, random);
    // Each slice begins on a block of its own.
    if (nal.length > 33) stream.splice(0, 16 * Math.ceil((nal.length - 32) / 16));
    nalUnits.push(nal);
  }
  const startCode = () => (random.chance(2) ? [0, 0, 1] : [0, 0, 0, 1]);
  return Buffer.from(nalUnits.flatMap((nal) => [...startCode(), ...nal]));
}

function adtsFrame(random: Random): Buffer {
  const raw = [0x21, ...zeroRich(random.pick([...sizes, 216, 470, 980]) + random.below(5), random)];
  if (random.chance(4)) raw.unshift(...knownProgramConfig);
  const size = 7 + raw.length;
  return Buffer.from([
    0xff,
    0xf1,
    0x4c,
    0x80 | (size >> 11),
    (size >> 3) & 0xff,
    ((size & 7) << 5) | 0x1f,
    0xfc,
    ...raw,
  ]);
}

/** MPEG-1 or MPEG-2 at any rate but the highest two, with or without padding and CRC. */
function mp3Frame(random: Random): Buffer {
  const rates = (1 + random.below(12)) * 16 + random.below(3) * 4 + random.below(4);
  const header = [0xff, random.pick([0xfb, 0xfa, 0xf3]), rates, random.below(256)];
  return Buffer.from([...header, ...zeroRich(mp3FrameLength(header) - 4, random)]);
}

function packetOf(codec: NaiveCodec, model: NaiveEncryption, random: Random): Buffer {
  if (codec === 'h264' || codec === 'h265') return accessUnit(codec, model, random);
  if (codec === 'aac') return adtsFrame(random);
  return mp3Frame(random);
}

const randomKey = (random: Random): string | Uint8Array => {
  const size = random.pick([1, 5, 16, 32, 33]);
  const bytes = Uint8Array.from({ length: size }, () => random.next());
  return random.chance(2) ? bytes : Buffer.from(bytes).toString('latin1');
};

/** One packet, muxed, in the two lives of its tag: its bytes before encryption, and the tag. */
function mux(muxer: Muxer, codec: NaiveCodec, packet: Buffer, headroom: number, time: number): FlvTag[] {
  const data = new Uint8Array(new SharedArrayBuffer(headroom + packet.length), headroom);
  data.set(packet);
  const tags: FlvTag[] = [];
  const media = { data, headroom, dts: time, pts: time + 40, keyFrame: true, encrypted: true };
  if (codec === 'h264' || codec === 'h265') muxer.video(codec, media, tags);
  else muxer.audio(codec, media, tags);
  return tags;
}

const isFrame = ({ role }: FlvTag): boolean => role === TagRole.keyFrame || role === TagRole.audioFrame;
const bodyOf = ({ parts }: FlvTag): Buffer => Buffer.concat(parts);

function decrypt(decryptor: FlvDecryptor, { type }: FlvTag, payload: Buffer): DecryptedTag | undefined {
  return decryptor.decrypt({ type, timestamp: 0, payload });
}

/**
 * Encrypts a short stream in place and in slices: it must be what the naive side makes of it, and decrypt to
 * what it was. Then decrypts changed samples, which may fail with an error of ours alone.
 */
export function fuzzEncryption(random: Random): number {
  const codec = random.pick<NaiveCodec>(['h264', 'h265', 'aac', 'mp3']);
  const isVideo = codec === 'h264' || codec === 'h265';
  const key = randomKey(random);
  const nonce = Uint8Array.from({ length: 12 }, () => random.below(random.chance(2) ? 3 : 256));
  const hevcForm = random.pick(['legacy', 'enhanced'] as const);
  const headerSize = { h264: 5, h265: hevcForm === 'legacy' ? 5 : 8, aac: 2, mp3: 1 }[codec];
  const muxer = new Muxer({ hevcForm });
  const encryptor = new SampleEncryptor(isVideo ? 'video' : 'audio', () => nonce);
  encryptor.configure({ mode: 'allFrames', key });
  const model = new NaiveEncryption(codec, key, nonce);
  const decryptor = new FlvDecryptor({ keys: ['not this one', key] });
  const changed = {
    strict: new FlvDecryptor({ keys: [key] }),
    tolerant: new FlvDecryptor({ keys: [key], tolerant: true }),
  };
  const packets = 1 + random.below(6);
  for (let i = 0; i < packets; i++) {
    const headroom = random.pick([0, 12, 48, 160]);
    for (const tag of mux(muxer, codec, packetOf(codec, model, random), headroom, 40 * i)) {
      const clear = bodyOf(tag);
      const encrypted = encryptor.encrypt(tag, headroom > 0);
      const bytes = bodyOf(encrypted);
      const expected = isFrame(tag) ? Buffer.from(model.encrypt([...clear], headerSize)) : clear;
      assert.equal(bytes.toString('hex'), expected.toString('hex'), `${codec}, headroom ${headroom}`);
      assert.equal(encrypted.size, bytes.length);
      if (headroom === 0) assert.ok(bodyOf(tag).equals(clear), 'a tag that is read only was changed');
      assert.ok(clear.equals(decrypt(decryptor, tag, bytes)!.payload), `${codec} does not decrypt`);
      decryptChanged(changed.strict, changed.tolerant, tag, mutate(bytes, clear, random));
    }
  }
  return packets;
}

/** Changed sequence headers count, too: both decryptors must have seen the same ones. */
function decryptChanged(strict: FlvDecryptor, tolerant: FlvDecryptor, tag: FlvTag, changed: Buffer): void {
  const passed = decrypt(tolerant, tag, changed);
  assert.ok(passed!.size <= changed.length);
  try {
    assert.ok(passed!.payload.length === decrypt(strict, tag, changed)!.size);
  } catch (error) {
    if (!(error instanceof MuxerError)) throw error;
    assert.ok(passed!.payload === changed);
  }
}
