import { MuxerError, type MuxerErrorCode, type MuxerErrorDetails } from '../errors.js';
import type { FrameReader } from '../frames/frame-sync.js';
import type { AudioSpecificConfig } from './audio-specific-config.js';
import { startsWithProgramConfig } from './program-config-element.js';
import { samplingFrequencies } from './sampling-frequencies.js';

/** Bytes of the fixed and the variable header together. */
export const ADTS_HEADER_SIZE = 7;

/**
 * adts_fixed_header() and adts_variable_header() (ISO/IEC 14496-3 §1.A.2.2). One object is reused for every
 * frame.
 */
export class AdtsHeader implements FrameReader {
  readonly prefixSize = ADTS_HEADER_SIZE;
  readonly syncByte = 0xff;
  readonly cutOffCode = 'ERR_CLOUDPUSH_ADTS_CUT_OFF';
  /** MPEG-4 Audio object type: the profile + 1. */
  objectType = 0;
  samplingFrequencyIndex = 0;
  channelConfiguration = 0;
  /** 7, or 9 and more with error protection. */
  headerSize = 0;
  /** The whole frame, header included. */
  frameLength = 0;
  rawDataBlocks = 1;
  protectionAbsent = true;
  /** Object type, sampling frequency and channel configuration in one number, to see a change at a glance. */
  configuration = 0;

  get sampleRate(): number {
    return samplingFrequencies[this.samplingFrequencyIndex]!;
  }

  /** Reads the header at data[offset] and checks that the whole frame is there. Throws MuxerError. */
  read(data: Uint8Array, offset: number): void {
    if (data.length - offset < ADTS_HEADER_SIZE) {
      throw cutOff(offset, data.length - offset, `≥ ${ADTS_HEADER_SIZE} bytes`);
    }
    const problem = this.readFields(data, offset);
    if (problem !== undefined) throw new MuxerError(problem, this.#details(problem, data, offset));
    if (data.length - offset < this.frameLength) {
      throw cutOff(offset, data.length - offset, `${this.frameLength} bytes`);
    }
  }

  lengthAt(data: Uint8Array, offset: number): number {
    return this.readFields(data, offset) === undefined ? this.frameLength : 0;
  }

  /** Version, protection, profile, sampling frequency and channels. */
  kindAt(data: Uint8Array, offset: number): number {
    return (data[offset + 1]! << 16) | ((data[offset + 2]! & 0xfd) << 8) | (data[offset + 3]! & 0xc0);
  }

  /**
   * Reads the 7 bytes of the header, which must be there; gives what is wrong with them, without throwing.
   */
  readFields(data: Uint8Array, offset: number): MuxerErrorCode | undefined {
    const b1 = data[offset + 1]!;
    const b2 = data[offset + 2]!;
    const b3 = data[offset + 3]!;
    if (data[offset] !== 0xff || (b1 & 0xf0) !== 0xf0) return 'ERR_CLOUDPUSH_ADTS_SYNC';
    if ((b1 & 6) !== 0) return 'ERR_CLOUDPUSH_ADTS_LAYER';
    this.protectionAbsent = (b1 & 1) === 1;
    this.objectType = (b2 >> 6) + 1;
    const mpeg2 = (b1 & 8) !== 0;
    if (this.objectType === 4 && mpeg2) return 'ERR_CLOUDPUSH_ADTS_PROFILE';
    this.samplingFrequencyIndex = (b2 >> 2) & 15;
    if (this.samplingFrequencyIndex >= samplingFrequencies.length) return 'ERR_CLOUDPUSH_ADTS_SAMPLE_RATE';
    this.channelConfiguration = ((b2 & 1) << 2) | (b3 >> 6);
    this.frameLength = ((b3 & 3) << 11) | (data[offset + 4]! << 3) | (data[offset + 5]! >> 5);
    this.rawDataBlocks = (data[offset + 6]! & 3) + 1;
    this.headerSize = this.protectionAbsent ? ADTS_HEADER_SIZE : ADTS_HEADER_SIZE + 2 * this.rawDataBlocks;
    this.configuration =
      (this.objectType << 8) | (this.samplingFrequencyIndex << 4) | this.channelConfiguration;
    return this.frameLength <= this.headerSize ? 'ERR_CLOUDPUSH_ADTS_FRAME_LENGTH' : undefined;
  }

  #details(problem: MuxerErrorCode, data: Uint8Array, offset: number): MuxerErrorDetails {
    const b1 = data[offset + 1]!;
    switch (problem) {
      case 'ERR_CLOUDPUSH_ADTS_SYNC': {
        const actual = `0x${((data[offset]! << 4) | (b1 >> 4)).toString(16)}`;
        return { offset, field: 'syncword', actual, permitted: '0xfff' };
      }
      case 'ERR_CLOUDPUSH_ADTS_LAYER':
        return { offset, field: 'layer', actual: (b1 >> 1) & 3, permitted: '0' };
      case 'ERR_CLOUDPUSH_ADTS_PROFILE':
        return { offset, field: 'profile', actual: 3, permitted: '0 to 2 (MPEG-2)' };
      case 'ERR_CLOUDPUSH_ADTS_SAMPLE_RATE': {
        const permitted = `0 to ${samplingFrequencies.length - 1}`;
        return { offset, field: 'sampling_frequency_index', actual: this.samplingFrequencyIndex, permitted };
      }
      default:
        return {
          offset,
          field: 'aac_frame_length',
          actual: this.frameLength,
          permitted: `> ${this.headerSize}`,
        };
    }
  }
}

function cutOff(offset: number, actual: number, permitted: string): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_ADTS_CUT_OFF', { offset, actual: `${actual} bytes`, permitted });
}

/** The largest aac_frame_length, a 13-bit field. */
const MAX_FRAME_LENGTH = 0x1fff;

/**
 * A raw AAC frame behind an ADTS header without error protection (ISO/IEC 14496-3 §1.A.2.2); undefined when
 * ADTS cannot express it: object types above 4, frequencies that are not in the table, frames that are too
 * long.
 */
export function encodeAdtsFrame(config: AudioSpecificConfig, raw: Uint8Array): Uint8Array | undefined {
  const frequencyIndex = samplingFrequencies.indexOf(config.sampleRate);
  const prefix = raw.length > 0 && startsWithProgramConfig(raw, 0) ? new Uint8Array(0) : config.programConfig;
  const length = ADTS_HEADER_SIZE + prefix.length + raw.length;
  const { objectType, channelConfiguration } = config;
  if (
    objectType < 1 ||
    objectType > 4 ||
    frequencyIndex < 0 ||
    channelConfiguration > 7 ||
    length > MAX_FRAME_LENGTH
  ) {
    return undefined;
  }
  const frame = new Uint8Array(length);
  frame[0] = 0xff;
  frame[1] = 0xf1; // MPEG-4, layer 0, protection_absent
  frame[2] = ((objectType - 1) << 6) | (frequencyIndex << 2) | (channelConfiguration >> 2);
  frame[3] = ((channelConfiguration & 3) << 6) | (length >> 11);
  frame[4] = length >> 3;
  frame[5] = (length << 5) | 0x1f; // adts_buffer_fullness 0x7ff: variable rate
  frame[6] = 0xfc;
  frame.set(prefix, ADTS_HEADER_SIZE);
  frame.set(raw, ADTS_HEADER_SIZE + prefix.length);
  return frame;
}
