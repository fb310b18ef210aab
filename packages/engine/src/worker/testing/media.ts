/** A frame of AAC-LC in ADTS, 48 kHz stereo. */
export const ADTS = Buffer.from('fff15080013ffc2100', 'hex');

/** A frame of Opus: its table of contents says CELT, 20 ms, stereo. */
export const OPUS = Buffer.from('fcfffe', 'hex');

const SPS = '6764000aacd9457b011000000300100000030320f1225960';
const PPS = '68ebe3cb22c0';
const START = '00000001';

/** Parameter sets of H.264, in a packet of their own: slices may follow in packets of theirs. */
export const H264_SETS = Buffer.from(`${START}${SPS}${START}${PPS}`, 'hex');

/** The first slice of a picture that decoding can start with. */
export const H264_SLICE = Buffer.from(`${START}6588840047dae398`, 'hex');

/** A picture of H.264 that decoding can start with, parameter sets included. */
export const H264_KEY = Buffer.concat([H264_SETS, H264_SLICE]);

/** A picture of H.264 that refers to the one before. */
export const H264_INTER = Buffer.from(`${START}419a236c457fbc7c`, 'hex');

/** A picture of H.265 that decoding can start with, parameter sets included. */
export const H265_KEY = Buffer.from(
  [
    '40010c01ffff01600000030090000003000003001e959009',
    '42010101600000030090000003000003001ea028831659592e4caf016808000003000800000300c840',
    '4401c173d089',
    '2801af1d80bc63fd',
  ]
    .map((unit) => START + unit)
    .join(''),
  'hex',
);
