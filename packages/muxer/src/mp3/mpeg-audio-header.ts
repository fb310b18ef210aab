import { MuxerError, type MuxerErrorCode, type MuxerErrorDetails } from '../errors.js';

import type { FrameReader } from '../frames/frame-sync.js';

export const MPEG_AUDIO_HEADER_SIZE = 4;

/**
 * kbit/s of layer III by bitrate_index: MPEG-1 (ISO/IEC 11172-3 §2.4.2.3), MPEG-2 and 2.5 (13818-3 §2.4.2.3).
 */
const bitRates1 = [0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320];
const bitRates2 = [0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160];

/** Hz by sampling_frequency, for MPEG-1; half for MPEG-2, a quarter for MPEG-2.5. */
const sampleRates = [44_100, 48_000, 32_000];

/** version bits: 0 MPEG-2.5 (not of ISO), 2 MPEG-2, 3 MPEG-1. */
const MPEG1 = 3;
const MPEG25 = 0;

/** The layer field of layer III. */
const LAYER3 = 1;

/** The fields that may be wrong, by their names in the specification. */
type HeaderField = 'syncword' | 'ID' | 'layer' | 'bitrate_index' | 'sampling_frequency';

/** The header of a layer III frame (ISO/IEC 11172-3 §2.4.1.3). One object is reused for every frame. */
export class MpegAudioHeader implements FrameReader {
  readonly prefixSize = MPEG_AUDIO_HEADER_SIZE;
  readonly syncByte = 0xff;
  readonly cutOffCode = 'ERR_CLOUDPUSH_MP3_CUT_OFF';
  sampleRate = 0;
  channels = 0;
  /** kbit/s. */
  bitRate = 0;
  /** Samples of one channel. */
  samplesPerFrame = 0;
  /** Bytes of the whole frame, header included. */
  frameLength = 0;
  /**
   * Bytes of audio_data() in front of the main data: side information (ISO/IEC 11172-3 §2.4.1.7, 13818-3
   * §2.4.1.7).
   */
  sideInformationSize = 0;

  /** Reads the header at data[offset] and checks that the whole frame is there. Throws MuxerError. */
  read(data: Uint8Array, offset: number): void {
    const left = data.length - offset;
    if (left < MPEG_AUDIO_HEADER_SIZE) throw cutOff(offset, left, `≥ ${MPEG_AUDIO_HEADER_SIZE} bytes`);
    const problem = this.readFields(data, offset);
    if (problem !== undefined) throw new MuxerError(...describe(problem, data, offset));
    if (left < this.frameLength) throw cutOff(offset, left, `${this.frameLength} bytes`);
  }

  lengthAt(data: Uint8Array, offset: number): number {
    return this.readFields(data, offset) === undefined ? this.frameLength : 0;
  }

  /** Version, layer, protection, sampling frequency, and whether it is mono. */
  kindAt(data: Uint8Array, offset: number): number {
    const mono = data[offset + 3]! >> 6 === 3 ? 1 : 0;
    return (data[offset + 1]! << 16) | ((data[offset + 2]! & 0x0c) << 8) | mono;
  }

  /**
   * Reads the 4 bytes of the header, which must be there; gives the field that is wrong, without throwing.
   */
  readFields(data: Uint8Array, offset: number): HeaderField | undefined {
    const b1 = data[offset + 1]!;
    const b2 = data[offset + 2]!;
    if (data[offset] !== 0xff || (b1 & 0xe0) !== 0xe0) return 'syncword';
    const version = (b1 >> 3) & 3;
    if (version === 1) return 'ID';
    if (((b1 >> 1) & 3) !== LAYER3) return 'layer';
    const bitRateIndex = b2 >> 4;
    if (bitRateIndex === 0 || bitRateIndex === 15) return 'bitrate_index';
    const rateIndex = (b2 >> 2) & 3;
    if (rateIndex === 3) return 'sampling_frequency';
    const divisor = version === MPEG1 ? 1 : version === MPEG25 ? 4 : 2;
    this.sampleRate = sampleRates[rateIndex]! / divisor;
    this.bitRate = (version === MPEG1 ? bitRates1 : bitRates2)[bitRateIndex]!;
    this.samplesPerFrame = version === MPEG1 ? 1152 : 576;
    const padding = (b2 >> 1) & 1;
    this.frameLength = Math.floor((this.samplesPerFrame * this.bitRate * 125) / this.sampleRate) + padding;
    this.channels = data[offset + 3]! >> 6 === 3 ? 1 : 2;
    this.sideInformationSize = sideInformationSize(version === MPEG1, this.channels);
    return undefined;
  }
}

function sideInformationSize(isMpeg1: boolean, channels: number): number {
  if (isMpeg1) return channels === 1 ? 17 : 32;
  return channels === 1 ? 9 : 17;
}

function cutOff(offset: number, actual: number, permitted: string): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_MP3_CUT_OFF', { offset, actual: `${actual} bytes`, permitted });
}

function describe(field: HeaderField, data: Uint8Array, offset: number): [MuxerErrorCode, MuxerErrorDetails] {
  const b1 = data[offset + 1]!;
  const b2 = data[offset + 2]!;
  const code = 'ERR_CLOUDPUSH_MP3_HEADER_INVALID';
  switch (field) {
    case 'syncword': {
      const actual = `0x${((data[offset]! << 3) | (b1 >> 5)).toString(16)}`;
      return ['ERR_CLOUDPUSH_MP3_SYNC', { offset, field, actual, permitted: '0x7ff' }];
    }
    case 'ID':
      return [code, { offset, field, actual: 1, permitted: '0 (2.5), 2 (MPEG-2) or 3 (MPEG-1)' }];
    case 'layer':
      return [code, { offset, field, actual: 4 - ((b1 >> 1) & 3), permitted: '3' }];
    case 'bitrate_index':
      return [code, { offset, field, actual: b2 >> 4, permitted: '1 to 14' }];
    case 'sampling_frequency':
      return [code, { offset, field, actual: 3, permitted: '0 to 2' }];
    default:
      return field satisfies never;
  }
}
