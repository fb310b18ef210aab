// H.264 (Constrained Baseline) that any decoder takes: pictures of plain grey. They are as large as they are
// wanted, by user data that decoders skip and servers carry (Annex D.1.7). The muxer would leave out filler
// data.

import { type Bits, bytesOf, fixed, golomb } from './bits.js';

/** Size of a picture, in macroblocks of 16 × 16 (640 × 480). */
const WIDTH = 40;
const HEIGHT = 30;
/** Numbers of pictures count up to this, from 0 (H.264 §7.4.2.1.1: log2_max_frame_num_minus4 is 0). */
export const FRAME_NUMBERS = 16;

const START_CODE = [0, 0, 0, 1];
/** The first byte of NAL units: nal_ref_idc and nal_unit_type (H.264 §7.3.1). */
const NAL = { picture: 0x41, keyPicture: 0x65, sequence: 0x67, parameters: 0x68, sei: 0x06 };

/**
 * A key frame with its parameter sets, as Annex B.
 * @param idrPicId differs from that of the key frame before: 0 or 1
 * @param size bytes, to within one; at least {@link smallestSizes}
 */
export function keyPicture(idrPicId: number, size: number): Uint8Array {
  return filled(PARAMETER_SETS, nalUnit(NAL.keyPicture, keySlice(idrPicId)), size);
}

/**
 * A picture that repeats the one before, as Annex B.
 * @param frameNum pictures since the key frame, modulo {@link FRAME_NUMBERS}
 * @param size bytes, to within one; at least {@link smallestSizes}
 */
export function repeatedPicture(frameNum: number, size: number): Uint8Array {
  return filled([], nalUnit(NAL.picture, repeatedSlice(frameNum)), size);
}

/** The bytes that a picture has at least. */
export function smallestSizes(): { readonly key: number; readonly other: number } {
  return { key: keyPicture(1, 0).length, other: repeatedPicture(FRAME_NUMBERS - 1, 0).length };
}

/** §7.3.2.1.1: Constrained Baseline, level 5.1, pictures in the order of their times. */
const SEQUENCE: Bits = [
  fixed(8, 66),
  fixed(8, 0b1100_0000),
  fixed(8, 51),
  golomb(0), // seq_parameter_set_id
  golomb(0), // log2_max_frame_num_minus4
  golomb(2), // pic_order_cnt_type
  golomb(1), // max_num_ref_frames
  '0', // gaps_in_frame_num_value_allowed_flag
  golomb(WIDTH - 1),
  golomb(HEIGHT - 1),
  '1', // frame_mbs_only_flag
  '1', // direct_8x8_inference_flag
  '0', // frame_cropping_flag
  '0', // vui_parameters_present_flag
].join('');

/** §7.3.2.2: CAVLC, one slice group, one reference picture. */
const PARAMETERS: Bits = [
  golomb(0), // pic_parameter_set_id
  golomb(0), // seq_parameter_set_id
  '00', // entropy_coding_mode_flag, bottom_field_pic_order_in_frame_present_flag
  golomb(0), // num_slice_groups_minus1
  golomb(0), // num_ref_idx_l0_default_active_minus1
  golomb(0), // num_ref_idx_l1_default_active_minus1
  '000', // weighted_pred_flag, weighted_bipred_idc
  golomb(0), // pic_init_qp_minus26
  golomb(0), // pic_init_qs_minus26
  golomb(0), // chroma_qp_index_offset
  '100', // deblocking_filter_control_present_flag, constrained_intra_pred_flag, redundant_pic_cnt_present_flag
].join('');

const PARAMETER_SETS = [nalUnit(NAL.sequence, SEQUENCE), nalUnit(NAL.parameters, PARAMETERS)];

/** A macroblock that is its prediction: Intra 16 × 16 from the mean (mb_type 3), and no coefficients. */
const PREDICTED_MACROBLOCK: Bits = [golomb(3), golomb(0), golomb(0), '1'].join('');

/** §7.3.3, slice_type 7 (I) of an IDR picture. */
function keySlice(idrPicId: number): Bits {
  return [
    golomb(0), // first_mb_in_slice
    golomb(7), // slice_type
    golomb(0), // pic_parameter_set_id
    fixed(4, 0), // frame_num
    golomb(idrPicId),
    '00', // no_output_of_prior_pics_flag, long_term_reference_flag
    golomb(0), // slice_qp_delta
    golomb(1), // disable_deblocking_filter_idc
    PREDICTED_MACROBLOCK.repeat(WIDTH * HEIGHT),
  ].join('');
}

/** §7.3.3, slice_type 5 (P): every macroblock is skipped. */
function repeatedSlice(frameNum: number): Bits {
  return [
    golomb(0), // first_mb_in_slice
    golomb(5), // slice_type
    golomb(0), // pic_parameter_set_id
    fixed(4, frameNum),
    '00', // num_ref_idx_active_override_flag, ref_pic_list_modification_flag_l0
    '0', // adaptive_ref_pic_marking_mode_flag
    golomb(0), // slice_qp_delta
    golomb(1), // disable_deblocking_filter_idc
    golomb(WIDTH * HEIGHT), // mb_skip_run
  ].join('');
}

function nalUnit(header: number, payload: Bits): number[] {
  return [...START_CODE, header, ...withEmulationPrevention(bytesOf(payload))];
}

/** §7.4.1.1: nothing in a payload looks like a start code. */
function withEmulationPrevention(payload: Uint8Array): number[] {
  const bytes: number[] = [];
  for (const byte of payload) {
    if (byte <= 3 && bytes.at(-1) === 0 && bytes.at(-2) === 0) bytes.push(3);
    bytes.push(byte);
  }
  return bytes;
}

/** payloadType of user_data_unregistered, and the UUID of ours. */
const USER_DATA = 5;
const UUID = [0xc5, 0x0f, 0x7a, 0x31, 0x5e, 0x0c, 0x4b, 0x1d, 0x9a, 0x66, 0x2d, 0x10, 0xfb, 0x87, 0xe4, 0x02];
/** Bytes of the user data: no start code is in them. */
const FILLING = 0x5a;

/** A picture, with user data in front of it as far as the size allows (§7.3.2.3.1). */
function filled(units: readonly number[][], picture: number[], size: number): Uint8Array {
  const front = [...units.flat(), ...START_CODE, NAL.sei, USER_DATA];
  const room = size - front.length - picture.length;
  // The size of the payload is a byte for each 255 bytes of it, and one for the rest.
  const payload = room - 2 - Math.floor((room - 2) / 256);
  if (payload < UUID.length) return Uint8Array.from([...units.flat(), ...picture]);
  const length = [...new Array<number>(Math.floor(payload / 255)).fill(0xff), payload % 255];
  const before = [...front, ...length, ...UUID];
  const data = new Uint8Array(before.length + payload - UUID.length + 1 + picture.length).fill(FILLING);
  data.set(before);
  data.set([0x80, ...picture], data.length - picture.length - 1);
  return data;
}
