import { createCipheriv, createHmac } from 'node:crypto';

// Sample encryption, step by step as packages/muxer/docs/encryption.md has it, on plain arrays.

export type NaiveCodec = 'h264' | 'h265' | 'aac' | 'mp3';

const marker = [...Buffer.from('3817ef74861b402f92adbd75972d766f', 'hex')];
const sliceMarker = [...Buffer.from('c0b5f561dba99ae4', 'hex')];

/** The only program config element that the naive side knows. */
export const knownProgramConfig = [...Buffer.from('a0988000040000', 'hex')];

/** A channel pair without sound, tag 0, then ID_END. */
const stereoSilence = [...Buffer.from('2000000000000e', 'hex')];

const hmac = (key: Uint8Array, text: Uint8Array): Buffer => createHmac('sha256', key).update(text).digest();

/** "Keys": HKDF (RFC 5869) with one round, since SHA-256 gives as many bytes as are wanted. */
function naiveAesKey(key: string | Uint8Array, nonce: Uint8Array): Uint8Array {
  if (typeof key !== 'string' && (key.length === 16 || key.length === 32)) return key;
  const pseudoRandomKey = hmac(nonce, Buffer.from(key as string));
  return hmac(pseudoRandomKey, Buffer.from('cloudpush sample encryption 1\x01'));
}

function keyStream(aesKey: Uint8Array, nonce: Uint8Array, block: number, size: number): number[] {
  const counterBlock = Buffer.alloc(16);
  counterBlock.set(nonce);
  counterBlock.writeUInt32BE(block, 12);
  const cipher = createCipheriv(`aes-${aesKey.length * 8}-ctr`, aesKey, counterBlock);
  return [...cipher.update(Buffer.alloc(size))];
}

/** Escapes from `start` on, byte by byte. */
export function naiveEscape(bytes: readonly number[], start: number): number[] {
  const result = bytes.slice(0, start);
  for (const byte of bytes.slice(start)) {
    if (result.length >= 2 && result.at(-1) === 0 && result.at(-2) === 0 && byte <= 3) result.push(3);
    result.push(byte);
  }
  return result;
}

/** One track under one key and nonce. */
export class NaiveEncryption {
  readonly #codec: NaiveCodec;
  readonly #aesKey: Uint8Array;
  readonly #nonce: Uint8Array;
  block = 0;

  constructor(codec: NaiveCodec, key: string | Uint8Array, nonce: Uint8Array) {
    this.#codec = codec;
    this.#aesKey = naiveAesKey(key, nonce);
    this.#nonce = nonce;
  }

  /** The key stream that the next sample is encrypted with. */
  nextKeyStream(size: number): number[] {
    return keyStream(this.#aesKey, this.#nonce, this.block, size);
  }

  /** A tag body with its sample encrypted. @param headerSize bytes of the tag header */
  encrypt(body: readonly number[], headerSize: number): number[] {
    const head = body.slice(0, headerSize);
    const sample = body.slice(headerSize);
    if (this.#codec === 'aac') return [...head, ...this.#encryptAac(sample)];
    if (this.#codec === 'mp3') return [...head, ...this.#encryptMp3(sample)];
    return [...head, ...this.#encryptNalUnits(readNalUnits(sample))];
  }

  #sampleHeader(): number[] {
    const counter = Buffer.alloc(4);
    counter.writeUInt32BE(this.block);
    return [...marker, 2, ...this.#keyCheck(), ...this.#nonce, ...counter];
  }

  #encryptAac(frame: readonly number[]): number[] {
    const known = knownProgramConfig.every((byte, i) => frame[i] === byte);
    const clear = known ? knownProgramConfig : [];
    const data = this.#encryptFrame(frame.slice(clear.length));
    const elements: number[] = [];
    for (let last = false; !last; ) {
      const piece = data.splice(0, 510);
      const size = piece.length < 255 ? [piece.length] : [255, piece.length - 255];
      elements.push(0x81, ...size, ...piece);
      last = piece.length < 510;
    }
    return [...clear, ...elements, ...stereoSilence];
  }

  #encryptMp3(frame: readonly number[]): number[] {
    const [, first, second, third] = frame as [number, number, number, number];
    const isMono = third >= 0xc0;
    const sideInformation = mpegVersion(frame) === 1 ? (isMono ? 17 : 32) : isMono ? 9 : 17;
    const data = this.#encryptFrame(frame);
    const size = [Math.floor(frame.length / 256), frame.length % 256];
    data.splice(37, 0, ...size);
    for (let bitRateIndex = 1; bitRateIndex < 15; bitRateIndex++) {
      const header = [0xff, first | 1, bitRateIndex * 16 + (second & 0b1101), third];
      const length = mp3FrameLength(header);
      const used = [...header, ...Array<number>(sideInformation).fill(0), ...data];
      if (used.length <= length) return [...used, ...Array<number>(length - used.length).fill(0)];
    }
    throw new Error('no bit rate is high enough');
  }

  #encryptFrame(bytes: readonly number[]): number[] {
    const sampleHeader = this.#sampleHeader();
    const stream = this.nextKeyStream(bytes.length);
    this.block += Math.ceil(bytes.length / 16);
    return [...sampleHeader, ...bytes.map((byte, i) => byte ^ stream[i]!)];
  }

  /** "H.264 and H.265", "To encrypt a sample". */
  #encryptNalUnits(nalUnits: readonly number[][]): number[] {
    return writeNalUnits(
      nalUnits.map((nal) => (isVcl(this.#codec, nal) && nal.length > 33 ? this.#encryptSlice(nal) : nal)),
    );
  }

  #encryptSlice(nal: readonly number[]): number[] {
    const secret = nal.slice(32);
    const stream = this.nextKeyStream(secret.length);
    const encrypted = [...nal.slice(0, 32), ...secret.map((byte, i) => byte ^ stream[i]!)];
    const trailer = this.#trailer(secret.length);
    this.block += Math.ceil(secret.length / 16);
    return naiveEscape([...encrypted, ...trailer], 32);
  }

  /** "Slice trailer". */
  #trailer(size: number): number[] {
    const numbers = Buffer.alloc(8);
    numbers.writeUInt32BE(this.block);
    numbers.writeUInt32BE(size * 256 + 2, 4);
    const fields = [...this.#keyCheck(), ...this.#nonce, ...numbers, 2];
    const check = Buffer.alloc(4);
    check.writeUInt32BE(naiveCrc(fields));
    return [...fields, ...check, ...sliceMarker];
  }

  #keyCheck(): Buffer {
    return hmac(this.#aesKey, Buffer.from('cloudpush key check 1')).subarray(0, 4);
  }
}

/** CRC-32 (ISO/IEC 13239), bit by bit. */
function naiveCrc(bytes: readonly number[]): number {
  let crc = 0xffffffff;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return ~crc >>> 0;
}

const bitRates = {
  1: [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320],
  2: [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160],
};

function mpegVersion(header: readonly number[]): 1 | 2 {
  return (header[1]! & 0b11000) === 0b11000 ? 1 : 2;
}

/** Bytes of a layer III frame (ISO/IEC 11172-3 §2.4.3.1, 13818-3 §2.4.3.1), MPEG-1 or 2. */
export function mp3FrameLength(header: readonly number[]): number {
  const version = mpegVersion(header);
  const sampleRate = [44_100, 48_000, 32_000][(header[2]! >> 2) & 3]! / version;
  const bitRate = bitRates[version][header[2]! >> 4]! * 1000;
  return Math.floor(((144 / version) * bitRate) / sampleRate) + ((header[2]! >> 1) & 1);
}

function isVcl(codec: NaiveCodec, nal: readonly number[]): boolean {
  const type = codec === 'h264' ? nal[0]! % 32 : Math.floor(nal[0]! / 2) % 64;
  return codec === 'h264' ? [1, 2, 3, 4, 5, 19, 20, 21].includes(type) : type < 32;
}

function readNalUnits(sample: readonly number[]): number[][] {
  const nalUnits: number[][] = [];
  for (let at = 0; at < sample.length; ) {
    const size = Buffer.from(sample.slice(at, at + 4)).readUInt32BE();
    nalUnits.push(sample.slice(at + 4, at + 4 + size));
    at += 4 + size;
  }
  return nalUnits;
}

function writeNalUnits(nalUnits: readonly (readonly number[])[]): number[] {
  return nalUnits.flatMap((nal) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(nal.length);
    return [...length, ...nal];
  });
}
