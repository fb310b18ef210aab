import { ADTS_HEADER_SIZE } from '../aac/adts-header.js';
import { readUint32 } from '../bits/bytes.js';
import type { AudioCodec, VideoCodec } from '../media-packet.js';
import { findStartCodePrefix, withoutTrailingZeros } from '../nal/nal-unit-index.js';
import { findEncryptedAacFrame } from './aac-frame-decryptor.js';
import { elementDataStart } from './data-stream-element.js';
import { readEncryptionSei } from './encryption-sei.js';
import { findMp3SampleHeader } from './mp3-frame-decryptor.js';
import { avcRules, hevcRules, type NalRules } from './nal-rules.js';
import { CLEAR_LEAD, MAX_CLEAR_SIZE } from './nal-sample-encryptor.js';
import { damaged } from './sample-decipher.js';
import { keyCheckIn, keyIdIn, nonceIn, SAMPLE_HEADER_SIZE, SampleHeaderOffset } from './sample-header.js';
import { TrailerReader } from './slice-trailer.js';

const trailer = new TrailerReader();

/** The header of an encrypted sample (docs/encryption.md, "Slice trailer" and "Sample header"). */
export interface SampleHeader {
  readonly version: number;
  /** 8 hexadecimal digits that tell keys apart. */
  readonly keyCheck: string;
  /** 24 hexadecimal digits. */
  readonly nonce: string;
  readonly blockCounter: number;
}

/**
 * The sample header of a sample, for who looks at a stream without its key; undefined when the sample is
 * clear.
 * @param data as an elementary stream, and the demuxer, has it: Annex-B, an ADTS frame, an MP3 frame
 * @throws MuxerError `ERR_CLOUDPUSH_DECRYPTION_DAMAGED`
 */
export function readSampleHeader(codec: VideoCodec | AudioCodec, data: Uint8Array): SampleHeader | undefined {
  switch (codec) {
    case 'h264':
      return readNalUnits(data, avcRules);
    case 'h265':
      return readNalUnits(data, hevcRules);
    case 'aac':
      return readFields(headerInAac(data));
    case 'mp3':
      return readFields(headerInMp3(data));
    default:
      return undefined;
  }
}

/** In the trailer of the first slice that has one; in format 1, in an SEI. */
function readNalUnits(data: Uint8Array, rules: NalRules): SampleHeader | undefined {
  let start = findStartCodePrefix(data, 0) + 3;
  while (start >= 3 && start < data.length) {
    const next = findStartCodePrefix(data, start);
    if (rules.isVcl(data[start]!)) {
      const end = withoutTrailingZeros(data, start, next < 0 ? data.length : next);
      if (end - start > MAX_CLEAR_SIZE && trailer.find(data, start, end, CLEAR_LEAD)) {
        return describe(trailer.version, trailer.keyId, trailer.blockCounter);
      }
    }
    start = next + 3;
  }
  return readFields(headerInNalUnits(data, rules));
}

/** Format 1. The last one in front of the picture counts: it was put there last. */
function headerInNalUnits(data: Uint8Array, rules: NalRules): Uint8Array | undefined {
  let header: Uint8Array | undefined;
  let start = findStartCodePrefix(data, 0) + 3;
  while (start >= 3 && start < data.length && !rules.isVcl(data[start]!)) {
    const next = findStartCodePrefix(data, start);
    if (rules.isSei(data[start]!)) {
      // A zero byte may belong to the next start code: no field is that near to the end.
      const nal = data.subarray(start, next < 0 ? data.length : next);
      header = readEncryptionSei(nal, rules) ?? header;
    }
    start = next + 3;
  }
  return header;
}

function headerInAac(data: Uint8Array): Uint8Array | undefined {
  const elements = findEncryptedAacFrame(data, adtsSize(data));
  return elements === undefined ? undefined : headerAt(data, elementDataStart(data, elements)!);
}

function headerInMp3(data: Uint8Array): Uint8Array | undefined {
  const start = findMp3SampleHeader(data, 0);
  return start === undefined ? undefined : headerAt(data, start);
}

function headerAt(data: Uint8Array, start: number): Uint8Array {
  return data.subarray(start, start + SAMPLE_HEADER_SIZE);
}

/** With crc_check in front of the frame when protection_absent is 0 (ISO/IEC 14496-3 §1.A.2.2). */
function adtsSize(data: Uint8Array): number {
  return (data[1]! & 1) === 1 ? ADTS_HEADER_SIZE : ADTS_HEADER_SIZE + 2;
}

function readFields(header: Uint8Array | undefined): SampleHeader | undefined {
  if (header === undefined) return undefined;
  if (header.length < SAMPLE_HEADER_SIZE) {
    throw damaged('sample header', `${header.length} bytes`, `${SAMPLE_HEADER_SIZE} bytes`, 0);
  }
  const blockCounter = readUint32(header, SampleHeaderOffset.blockCounter);
  return describe(header[SampleHeaderOffset.version]!, keyIdIn(header), blockCounter);
}

function describe(version: number, keyId: Uint8Array, blockCounter: number): SampleHeader {
  return {
    version,
    keyCheck: Buffer.from(keyCheckIn(keyId)).toString('hex'),
    nonce: Buffer.from(nonceIn(keyId)).toString('hex'),
    blockCounter,
  };
}
