import { readUint16 } from '../bits/bytes.js';
import { MPEG_AUDIO_HEADER_SIZE, MpegAudioHeader } from '../mp3/mpeg-audio-header.js';
import { FRAME_SIZE_SIZE } from './mp3-frame-encryptor.js';
import { damaged, type SampleDecipher } from './sample-decipher.js';
import { SAMPLE_HEADER_SIZE, startsWithMarker } from './sample-header.js';

/**
 * Returns the offset of the sample header of an encrypted frame that begins at `start`; undefined when the
 * frame is not encrypted.
 */
export function findMp3SampleHeader(bytes: Uint8Array, start: number): number | undefined {
  const header = new MpegAudioHeader();
  if (bytes.length < start + MPEG_AUDIO_HEADER_SIZE) return undefined;
  if (header.readFields(bytes, start) !== undefined) return undefined;
  const offset = start + MPEG_AUDIO_HEADER_SIZE + header.sideInformationSize;
  return startsWithMarker(bytes, offset) ? offset : undefined;
}

/**
 * The tag body with its MP3 frame decrypted; undefined when the frame is not encrypted. Throws MuxerError.
 * @param start of the frame in the body
 */
export function decryptMp3Frame(
  body: Uint8Array,
  start: number,
  decipher: SampleDecipher,
): Uint8Array | undefined {
  const headerStart = findMp3SampleHeader(body, start);
  if (headerStart === undefined) return undefined;
  const sizeStart = headerStart + SAMPLE_HEADER_SIZE;
  const header = body.subarray(headerStart, sizeStart);
  decipher.check(header, headerStart);
  const frameStart = sizeStart + FRAME_SIZE_SIZE;
  const left = Math.max(0, body.length - frameStart);
  const size = left === 0 ? 0 : readUint16(body, sizeStart);
  if (size === 0 || size > left) {
    throw damaged('MP3 frame', `${size} of ${left} bytes`, 'all of ≥ 1 byte', sizeStart);
  }
  const encrypted = body.subarray(frameStart, frameStart + size);
  return Buffer.concat([body.subarray(0, start), decipher.decryptWith(header, encrypted, headerStart)]);
}
