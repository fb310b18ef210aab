import { MuxerError } from '../errors.js';
import type { FlvTag } from '../flv/flv-tag.js';
import { MPEG_AUDIO_HEADER_SIZE, MpegAudioHeader } from '../mp3/mpeg-audio-header.js';
import type { SampleCipher } from './sample-cipher.js';
import { SAMPLE_HEADER_SIZE } from './sample-header.js';
import { TagSplicer } from './tag-splicer.js';

/** Bytes of the number that tells how long the encrypted frame is. */
export const FRAME_SIZE_SIZE = 2;

/** Of MPEG-1 in stereo, the largest there is. */
const MAX_SIDE_INFORMATION_SIZE = 32;
const MAX_LEAD_SIZE =
  MPEG_AUDIO_HEADER_SIZE + MAX_SIDE_INFORMATION_SIZE + SAMPLE_HEADER_SIZE + FRAME_SIZE_SIZE;

/** The largest frame that a header can tell of: MPEG-1, 320 kbit/s, 32 kHz, with padding. */
const zeros = new Uint8Array(1441);

const empty = new Uint8Array(0);

/** bitrate_index above which there is none. */
const MAX_BIT_RATE_INDEX = 14;

/**
 * Encrypts MP3 frames. What comes out is an MP3 frame, too, one of silence and of a higher bit rate, which
 * carries the encrypted one as ancillary data (ISO/IEC 11172-3 §2.4.1.8): who finds frames by their lengths
 * finds it whole.
 */
export class Mp3FrameEncryptor {
  readonly #splicer = new TagSplicer();
  readonly #header = new MpegAudioHeader();
  readonly #lead = new Uint8Array(MAX_LEAD_SIZE);

  /**
   * The tag with its frame encrypted. Throws MuxerError when no higher bit rate has room for the frame.
   * @param start of the frame in the first part; at its end, the frame is the second part
   * @param writable whether the memory of the frame may be written to
   */
  encrypt(tag: FlvTag, start: number, cipher: SampleCipher, writable: boolean): FlvTag {
    const part = start === tag.parts[0]!.length ? 1 : 0;
    const from = part === 0 ? start : 0;
    const bytes = tag.parts[part] ?? empty;
    const size = bytes.length - from;
    const leadSize = this.#writeHeader(bytes, from);
    const encrypted = cipher.encrypt([bytes.subarray(from)]);
    this.#writeLead(leadSize, cipher.header, size);
    this.#splicer.begin(tag, writable);
    this.#splicer.insert(part, from, this.#lead.subarray(0, leadSize));
    if (writable) bytes.set(encrypted, from);
    else this.#splicer.replace(part, from, encrypted);
    const filling = this.#header.frameLength - leadSize - size;
    if (filling > 0) this.#splicer.insert(part, bytes.length, zeros.subarray(0, filling));
    return this.#splicer.finish();
  }

  /**
   * Writes the header of the lowest bit rate that has room for the lead and the frame; returns the size of
   * the lead.
   */
  #writeHeader(bytes: Uint8Array, from: number): number {
    const header = this.#header;
    const lead = this.#lead;
    const size = bytes.length - from;
    if (size < MPEG_AUDIO_HEADER_SIZE || header.readFields(bytes, from) !== undefined) {
      throw unsupported('frame', `${size} bytes`, 'a frame of MPEG audio layer III');
    }
    const leadSize =
      MPEG_AUDIO_HEADER_SIZE + header.sideInformationSize + SAMPLE_HEADER_SIZE + FRAME_SIZE_SIZE;
    const { bitRate } = header;
    lead.set(bytes.subarray(from, from + MPEG_AUDIO_HEADER_SIZE));
    lead[1] = bytes[from + 1]! | 1; // protection_bit: there is no CRC
    const others = bytes[from + 2]! & 0x0d; // sampling_frequency and private_bit; padding_bit 0
    for (let index = bytes[from + 2]! >> 4; index <= MAX_BIT_RATE_INDEX; index++) {
      lead[2] = (index << 4) | others;
      header.readFields(lead, 0);
      if (header.frameLength >= leadSize + size) return leadSize;
    }
    throw unsupported(
      'bitrate_index',
      `${bitRate} kbit/s`,
      `a frame of ≤ ${header.frameLength - leadSize} bytes`,
    );
  }

  #writeLead(leadSize: number, sampleHeader: Uint8Array, size: number): void {
    const lead = this.#lead;
    const sizeOffset = leadSize - FRAME_SIZE_SIZE;
    lead.fill(0, MPEG_AUDIO_HEADER_SIZE, sizeOffset - SAMPLE_HEADER_SIZE);
    lead.set(sampleHeader, sizeOffset - SAMPLE_HEADER_SIZE);
    lead[sizeOffset] = size >> 8;
    lead[sizeOffset + 1] = size;
  }
}

function unsupported(field: string, actual: string, permitted: string): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_ENCRYPTION_CODEC', { field, actual, permitted });
}
