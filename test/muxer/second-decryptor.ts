// A second decryptor of encrypted FLV files, written from packages/muxer/docs/encryption.md alone: slow and
// plain, it shows that the page is all that a decryptor needs. It shares nothing with @cloudpush/muxer, and
// runs on Web Crypto. Headings in quotes are those of the page.

import { decodeAmf0 } from '@cloudpush/transport';

const { subtle } = globalThis.crypto;

/** A tag of an FLV file. */
export interface FileTag {
  readonly type: number;
  /** ms. */
  readonly timestamp: number;
  readonly body: Buffer;
}

/** "Terms": what the user gives, a text or bytes. */
export type CallerKey = string | Uint8Array;

/**
 * Decrypts an FLV file. Throws an Error when no key fits an encrypted sample, or it is damaged or of another
 * version.
 */
export async function decryptFlv(file: Uint8Array, keys: readonly CallerKey[]): Promise<FileTag[]> {
  const clear: FileTag[] = [];
  for (const tag of readTags(Buffer.from(file))) {
    if (!isEncryptionMessage(tag)) clear.push({ ...tag, body: await decryptBody(tag, keys) });
  }
  return clear;
}

/** The tags of a file (FLV E.2 to E.4.1); a last one that is cut off is left out. */
function* readTags(file: Buffer): Generator<FileTag> {
  let at = file.readUInt32BE(5) + 4;
  while (at + 11 <= file.length) {
    const end = at + 11 + file.readUIntBE(at + 1, 3);
    if (end > file.length) return;
    const timestamp = file.readUInt8(at + 7) * 2 ** 24 + file.readUIntBE(at + 4, 3);
    yield { type: file.readUInt8(at), timestamp, body: file.subarray(at + 11, end) };
    at = end + 4;
  }
}

/** "`onEncryption`": messages of scheme `aes-ctr` are left out. */
function isEncryptionMessage({ type, body }: FileTag): boolean {
  if (type !== 18 || !body.subarray(3).toString('latin1').startsWith('onEncryption')) return false;
  const [name, parameters] = decodeAmf0(body);
  return name === 'onEncryption' && (parameters as { scheme?: unknown } | undefined)?.scheme === 'aes-ctr';
}

type SampleDecryptor = (sample: Buffer, keys: readonly CallerKey[]) => Promise<Buffer>;

interface FoundSample {
  readonly at: number;
  readonly decrypt: SampleDecryptor;
}

/**
 * Finds the offset of the sample behind the tag header (FLV E.4.2.1, E.4.3.1), and what it is; undefined in
 * other tags.
 */
function findSample({ type, body }: FileTag): FoundSample | undefined {
  const first = body[0] ?? 0;
  if (type === 9 && first >= 0x80) return findEnhancedSample(body, 3);
  if (type === 8 && first >> 4 === 9) return findEnhancedSample(body, 0);
  const isCoded = body[1] === 1; // AVCPacketType, AACPacketType
  if (type === 9 && (first & 15) === 7 && isCoded) return { at: 5, decrypt: avc };
  if (type === 9 && (first & 15) === 12 && isCoded) return { at: 5, decrypt: hevc };
  if (type === 8 && first >> 4 === 10 && isCoded) return { at: 2, decrypt: aac };
  if (type === 8 && (first >> 4 === 2 || first >> 4 === 14)) return { at: 1, decrypt: mp3 };
  return undefined;
}

/** Enhanced RTMP: packet type 1, CodedFrames, has a composition time in video; 3, CodedFramesX, has none. */
function findEnhancedSample(body: Buffer, compositionTimeSize: number): FoundSample | undefined {
  const decryptors: Record<string, SampleDecryptor> = { avc1: avc, hvc1: hevc, mp4a: aac, '.mp3': mp3 };
  const decrypt = decryptors[body.toString('latin1', 1, 5)];
  const packetType = body[0]! & 15;
  if (decrypt === undefined) return undefined;
  if (packetType === 1) return { at: 5 + compositionTimeSize, decrypt };
  return packetType === 3 ? { at: 5, decrypt } : undefined;
}

async function decryptBody(tag: FileTag, keys: readonly CallerKey[]): Promise<Buffer> {
  const found = findSample(tag);
  if (found === undefined) return tag.body;
  const sample = await found.decrypt(tag.body.subarray(found.at), keys);
  return Buffer.concat([tag.body.subarray(0, found.at), sample]);
}

const avc: SampleDecryptor = (sample, keys) =>
  decryptNalUnits(sample, keys, {
    headerSize: 1,
    isSei: (unit) => (unit[0]! & 31) === 6,
    isVcl: (unit) => [1, 2, 3, 4, 5, 19, 20, 21].includes(unit[0]! & 31),
  });

const hevc: SampleDecryptor = (sample, keys) =>
  decryptNalUnits(sample, keys, {
    headerSize: 2,
    isSei: (unit) => ((unit[0]! >> 1) & 63) === 39,
    isVcl: (unit) => ((unit[0]! >> 1) & 63) <= 31,
  });

interface NalUnitKinds {
  readonly headerSize: number;
  readonly isSei: (unit: Buffer) => boolean;
  readonly isVcl: (unit: Buffer) => boolean;
}

/** "H.264 and H.265", "To decrypt a sample". */
async function decryptNalUnits(
  sample: Buffer,
  keys: readonly CallerKey[],
  kinds: NalUnitKinds,
): Promise<Buffer> {
  const units = splitNalUnits(sample);
  const isSlice = (unit: Buffer) => kinds.isVcl(unit) && unit.length > 33;
  // 1. A slice without the marker stays as it is; when none has it, the sample is clear, or of format 1.
  const isEncrypted = (unit: Buffer) => isSlice(unit) && unit.subarray(-8).equals(trailerMarker);
  if (!units.some(isEncrypted)) return decryptFormat1(sample, keys, kinds);
  const clear = units.map((unit) => (isEncrypted(unit) ? decryptSlice(unit, keys) : unit));
  return joinNalUnits(await Promise.all(clear));
}

const trailerMarker = Buffer.from('c0b5f561dba99ae4', 'hex');

/** "Slice trailer": 37 bytes behind the encrypted ones. */
async function decryptSlice(unit: Buffer, keys: readonly CallerKey[]): Promise<Buffer> {
  // 2. Unescape from byte 32 to the end.
  const bytes = removeEscapes(unit, 32);
  const [secret, trailer] = [bytes.subarray(32, -37), bytes.subarray(-37)];
  // 3. Version, CRC, size and key.
  if (trailer[24] !== 2) throw new Error(`version ${trailer[24]} of the slice trailer; 2 is known`);
  if (trailer.readUInt32BE(25) !== crc(trailer.subarray(0, 25)))
    throw new Error('a trailer with another CRC');
  const size = trailer.readUIntBE(20, 3);
  if (size !== secret.length)
    throw new Error(`a slice of ${secret.length} encrypted bytes instead of ${size}`);
  // 4. The bytes between byte 31 and the trailer.
  const clear = await decryptWith(trailer.subarray(0, 4), trailer.subarray(4, 20), secret, keys);
  return Buffer.concat([bytes.subarray(0, 32), clear]);
}

/** CRC-32: polynomial 0x04C11DB7, reflected. */
function crc(bytes: Buffer): number {
  let rest = 0xffffffff;
  for (const byte of bytes) {
    rest ^= byte;
    for (let i = 0; i < 8; i++) rest = (rest >>> 1) ^ (0xedb88320 * (rest & 1));
  }
  return ~rest >>> 0;
}

/** "Format 1 of pictures". */
async function decryptFormat1(
  sample: Buffer,
  keys: readonly CallerKey[],
  { headerSize, isSei, isVcl }: NalUnitKinds,
): Promise<Buffer> {
  const units = splitNalUnits(sample);
  // 1. Of the SEI NAL units in front of the first VCL NAL unit, the last one with the marker counts.
  const firstVcl = units.findIndex(isVcl);
  const seiAt = units
    .slice(0, firstVcl < 0 ? units.length : firstVcl)
    .findLastIndex((unit) => isSei(unit) && hasMarker(seiPayload(unit, headerSize)));
  if (seiAt < 0) return sample;
  // 3. Unescape from byte 32 to the end.
  const isEncrypted = (unit: Buffer) => isVcl(unit) && unit.length > 33;
  const unescaped = units.map((unit) => (isEncrypted(unit) ? removeEscapes(unit, 32) : unit));
  // 2. and 4. Bytes 32 to the last but one, as one string.
  const secret = Buffer.concat(
    unescaped.map((unit, i) => unit.subarray(32, isEncrypted(units[i]!) ? -1 : 32)),
  );
  const clear = await decrypt(seiPayload(units[seiAt]!, headerSize), secret, keys);
  let at = 0;
  const result = unescaped.map((unit, i) => {
    if (!isEncrypted(units[i]!)) return unit;
    const size = unit.length - 33;
    at += size;
    return Buffer.concat([unit.subarray(0, 32), clear.subarray(at - size, at), unit.subarray(-1)]);
  });
  // 5. Without the SEI NAL unit, with the lengths as they now are.
  return joinNalUnits(result.filter((_, i) => i !== seiAt));
}

function splitNalUnits(sample: Buffer): Buffer[] {
  const units: Buffer[] = [];
  for (let at = 0; at < sample.length; ) {
    const end = at + 4 + sample.readUInt32BE(at);
    if (end > sample.length) throw new Error(`a NAL unit that ends at ${end} of ${sample.length} bytes`);
    units.push(sample.subarray(at + 4, end));
    at = end;
  }
  return units;
}

function joinNalUnits(units: readonly Buffer[]): Buffer {
  return Buffer.concat(
    units.flatMap((unit) => {
      const length = Buffer.alloc(4);
      length.writeUInt32BE(unit.length);
      return [length, unit];
    }),
  );
}

/**
 * Leaves out, from byte `from` on, each byte 3 that has two zero bytes directly before it in the NAL unit.
 */
function removeEscapes(unit: Buffer, from: number): Buffer {
  return Buffer.from(
    unit.filter((byte, i) => !(i >= from && byte === 3 && unit[i - 1] === 0 && unit[i - 2] === 0)),
  );
}

/**
 * The payload of the first message of an SEI NAL unit (H.264 §7.3.2.3.1); nothing when it is not of type 5.
 */
function seiPayload(unit: Buffer, headerSize: number): Buffer {
  const rbsp = removeEscapes(unit, headerSize);
  if (rbsp[headerSize] !== 5) return Buffer.alloc(0);
  let at = headerSize + 1;
  let size = 0;
  while (rbsp[at] === 255) {
    size += 255;
    at += 1;
  }
  size += rbsp[at] ?? 0;
  return rbsp.subarray(at + 1, at + 1 + size);
}

/** "AAC", "To decrypt". */
const aac: SampleDecryptor = async (frame, keys) => {
  // 1. Step over program config elements.
  let at = 0;
  while (frame[at]! >> 5 === 5) at = programConfigElementEnd(frame, at);
  // 2. Without the marker, the frame is clear.
  let element = dataStreamElement(frame, at);
  if (element === undefined || !hasMarker(element.data)) return frame;
  // 3. The data of the elements, up to the first one with fewer than 510 bytes.
  const pieces = [element.data];
  while (element.data.length === 510) {
    element = dataStreamElement(frame, element.end);
    if (element === undefined) throw new Error(`no data stream element behind the first ${pieces.length}`);
    pieces.push(element.data);
  }
  // 4. What is behind the sample header is the frame.
  const data = Buffer.concat(pieces);
  return Buffer.concat([frame.subarray(0, at), await decrypt(data, data.subarray(37), keys)]);
};

/**
 * The data stream element that begins at byte `at`, if one does: `81`, the size in one or two bytes, and the
 * data.
 */
function dataStreamElement(frame: Buffer, at: number): { data: Buffer; end: number } | undefined {
  if (frame[at] !== 0x81) return undefined;
  const isLong = frame[at + 1] === 255;
  const start = at + (isLong ? 3 : 2);
  const end = start + (isLong ? 255 + frame[at + 2]! : frame[at + 1]!);
  return { data: frame.subarray(start, end), end };
}

/** Finds the end of the program_config_element (ISO/IEC 14496-3 Table 4.2) that begins at byte `start`. */
function programConfigElementEnd(frame: Buffer, start: number): number {
  let at = start * 8;
  const read = (bits: number): number => {
    let value = 0;
    for (let left = bits; left > 0; left--, at++)
      value = value * 2 + ((frame[at >> 3]! >> (7 - (at & 7))) & 1);
    return value;
  };
  read(3 + 4 + 2 + 4); // id_syn_ele, element_instance_tag, object_type, sampling_frequency_index
  const pairs = read(4) + read(4) + read(4); // front, side and back elements
  const others = read(2) + read(3); // low frequency and associated data elements
  const couplings = read(4);
  if (read(1) === 1) read(4); // mono_mixdown
  if (read(1) === 1) read(4); // stereo_mixdown
  if (read(1) === 1) read(3); // matrix_mixdown
  at += 5 * pairs + 4 * others + 5 * couplings;
  at = Math.ceil(at / 8) * 8;
  const commentSize = read(8);
  return at / 8 + commentSize;
}

/**
 * "MP3", "To decrypt": header, side information, sample header, 2 bytes n, and n bytes of which the frame is
 * made.
 */
const mp3: SampleDecryptor = async (frame, keys) => {
  const isMpeg1 = ((frame[1]! >> 3) & 3) === 3;
  const isMono = frame[3]! >> 6 === 3;
  const long = isMpeg1 ? 32 : 17;
  const short = isMpeg1 ? 17 : 9;
  const header = frame.subarray(4 + (isMono ? short : long));
  if (!hasMarker(header)) return frame;
  if (header.length < 39)
    throw new Error(`a frame that ends ${header.length} bytes behind its side information`);
  const size = header.readUInt16BE(37);
  return decrypt(header, header.subarray(39, 39 + size), keys);
};

const marker = Buffer.from('3817ef74861b402f92adbd75972d766f', 'hex');

function hasMarker(bytes: Buffer): boolean {
  return bytes.subarray(0, 16).equals(marker);
}

/** "Sample header": AES-CTR counts in the last 4 bytes of the counter block. */
async function decrypt(header: Buffer, secret: Buffer, keys: readonly CallerKey[]): Promise<Buffer> {
  if (header.length < 37) throw new Error(`a sample header of ${header.length} bytes; it has 37`);
  if (![1, 2].includes(header[16]!)) throw new Error(`version ${header[16]} of the sample header`);
  return decryptWith(header.subarray(17, 21), header.subarray(21, 37), secret, keys);
}

async function decryptWith(
  check: Buffer,
  counter: Buffer,
  secret: Buffer,
  keys: readonly CallerKey[],
): Promise<Buffer> {
  const aesKey = await findAesKey(keys, check, counter.subarray(0, 12));
  const key = await subtle.importKey('raw', aesKey, 'AES-CTR', false, ['decrypt']);
  return Buffer.from(await subtle.decrypt({ name: 'AES-CTR', counter, length: 32 }, key, secret));
}

/** "Keys": the key check tells which of the keys it is. */
async function findAesKey(keys: readonly CallerKey[], check: Buffer, nonce: Buffer): Promise<Buffer> {
  for (const key of keys) {
    const aesKey = await deriveAesKey(key, nonce);
    if ((await keyCheck(aesKey)).equals(check)) return aesKey;
  }
  throw new Error(`no key has the key check ${check.toString('hex')}`);
}

/** "Keys": 16 or 32 bytes are the AES key; anything else is stretched, with the nonce as salt. */
export async function deriveAesKey(key: CallerKey, nonce: Uint8Array): Promise<Buffer> {
  const bytes = Buffer.from(key);
  if (typeof key !== 'string' && (bytes.length === 16 || bytes.length === 32)) return bytes;
  const input = await subtle.importKey('raw', bytes, 'HKDF', false, ['deriveBits']);
  const info = Buffer.from('cloudpush sample encryption 1');
  return Buffer.from(
    await subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: nonce, info }, input, 256),
  );
}

/** "Keys": the first 4 bytes of HMAC(AES key, "cloudpush key check 1"). */
export async function keyCheck(aesKey: Buffer): Promise<Buffer> {
  const key = await subtle.importKey('raw', aesKey, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']);
  return Buffer.from(await subtle.sign('HMAC', key, Buffer.from('cloudpush key check 1'))).subarray(0, 4);
}
