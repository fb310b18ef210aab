import type { ChannelOptions } from '@cloudpush/engine';
import { cameraPackets } from './camera.js';
import { hevcPacket } from './hevc.js';

const camera = cameraPackets();
const [keyFrame, interFrame] = camera.filter(({ kind }) => kind === 'video').map(({ data }) => data);
const adts = camera.find(({ kind }) => kind === 'audio')!.data;
/** MPEG-1 layer III, 128 kbit/s, 44.1 kHz. */
const mp3 = Buffer.concat([Buffer.from('fffb9064', 'hex'), Buffer.alloc(413)]);

/** `data` with other bytes at `offset`. */
function patched(data: Uint8Array, offset: number, ...bytes: number[]): Uint8Array {
  const copy = Uint8Array.from(data);
  copy.set(bytes, offset);
  return copy;
}

/** Bytes as hex, each NAL unit behind a start code. */
function annexB(...nalUnits: string[]): Buffer {
  return Buffer.from(nalUnits.map((unit) => `00000001${unit}`).join(''), 'hex');
}

/** Parameter sets of the clip and of the H.265 fixture, and slices that say that they use them. */
const sps = '6764001facb200a00b760220000003002000000641e30649';
const pps = '68ebccb22c';
/** pic_parameter_set_id 1. */
const pps1 = '685ae3cb22c0';
/** seq_parameter_set_id 1. */
const ppsOfSps1 = '68aaf32c8b';
const slice = '6588845fdae3985bd757da423e838996cbc51b4222ad82ba';
const vps = '40010c01ffff01600000030090000003000003003c928090';
const hevcSps = '42010101600000030090000003000003003ca00a080b9f7964a924caf0168080000003008000000c84';
const hevcPps = '4401c172b42240';
const hevcSlice = '2801af0b60cbb66f1dbe006175b2dc92f774f5affa73fd50';

/**
 * A packet that is no good: what is wrong with it, the code and the fault of its problem, and what must come
 * before it.
 */
type BadPacket = readonly [
  what: string,
  code: string,
  fault: string,
  data: Uint8Array,
  before?: Uint8Array | undefined,
];

/** Three bytes where the start code of a picture was, whose delimiter has swallowed it. */
const overwritten = '555555';

const h264: readonly BadPacket[] = [
  ['no start code', 'VIDEO_NO_START_CODE', 'video', keyFrame!.subarray(4)],
  ['a start code with nothing behind it', 'VIDEO_CUT_OFF', 'video', annexB('')],
  ['a slice that is cut off in its header', 'VIDEO_CUT_OFF', 'video', annexB('41'), keyFrame],
  ['the forbidden bit', 'VIDEO_FORBIDDEN_BIT', 'video', patched(interFrame!, 4, 0xc1), keyFrame],
  [
    'an overwritten start code',
    'VIDEO_START_CODE_LOST',
    'video',
    annexB(`09f0${overwritten}${slice}`),
    annexB(sps, pps),
  ],
  ['a picture before all parameter sets', 'NO_SPS_PPS', 'noParameterSets', annexB(slice)],
  ['a picture after an SPS alone', 'NO_SPS_PPS', 'noParameterSets', annexB(sps, slice)],
  ['a picture before the first key frame', 'VIDEO_NO_KEY_FRAME', 'video', interFrame!, annexB(sps, pps)],
  ['a picture of another PPS', 'PARAMETER_SETS_MISMATCH', 'parameterSetMismatch', annexB(sps, pps1, slice)],
  ['a PPS of another SPS', 'PARAMETER_SETS_MISMATCH', 'parameterSetMismatch', annexB(sps, ppsOfSps1, slice)],
  ['an SPS that is cut off', 'SPS_CUT_OFF', 'sps', annexB(sps.slice(0, 14), pps, slice)],
  ['an SPS with chroma_format_idc 4', 'SPS_INVALID', 'sps', annexB('6764001f88b200a00b76', pps, slice)],
  ['a PPS that is cut off', 'PPS_CUT_OFF', 'pps', annexB(sps, '68eb', slice)],
  ['a PPS with nine slice groups', 'PPS_INVALID', 'pps', annexB(sps, '68c130ffff', slice)],
];

const h265: readonly BadPacket[] = [
  ['no start code', 'VIDEO_NO_START_CODE', 'video', hevcPacket.subarray(4)],
  ['half a NAL unit header', 'VIDEO_CUT_OFF', 'video', annexB('28')],
  ['a slice of no temporal sub-layer', 'VIDEO_NAL_HEADER_INVALID', 'video', annexB('2800af')],
  ['the forbidden bit', 'VIDEO_FORBIDDEN_BIT', 'video', annexB('a801af')],
  [
    'an overwritten start code',
    'VIDEO_START_CODE_LOST',
    'video',
    annexB(`460150${overwritten}${hevcSlice}`),
    annexB(vps, hevcSps, hevcPps),
  ],
  ['a picture before all parameter sets', 'NO_SPS_PPS', 'noParameterSets', annexB(hevcSlice)],
  ['a picture without a VPS', 'NO_SPS_PPS', 'noParameterSets', annexB(hevcSps, hevcPps, hevcSlice)],
  ['a VPS that is cut off', 'VPS_CUT_OFF', 'vps', annexB(vps.slice(0, 12), hevcSps, hevcPps, hevcSlice)],
  [
    'a VPS without its reserved ones',
    'VPS_INVALID',
    'vps',
    annexB('40010c01fffe', hevcSps, hevcPps, hevcSlice),
  ],
  ['an SPS that is cut off', 'SPS_CUT_OFF', 'sps', annexB(vps, hevcSps.slice(0, 30), hevcPps, hevcSlice)],
  ['a PPS that is cut off', 'PPS_CUT_OFF', 'pps', annexB(vps, hevcSps, hevcPps.slice(0, 6), hevcSlice)],
];

const aac: readonly BadPacket[] = [
  ['no sync word', 'ADTS_SYNC', 'adts', patched(adts, 0, 0)],
  ['half a header', 'ADTS_CUT_OFF', 'adts', adts.subarray(0, 5)],
  ['half a frame', 'ADTS_CUT_OFF', 'adts', adts.subarray(0, adts.length - 1)],
  ['another layer', 'ADTS_LAYER', 'adts', patched(adts, 1, 0xf7)],
  ['a reserved profile', 'ADTS_PROFILE', 'adts', patched(adts, 1, 0xf9, 0xcc)],
  ['a reserved sample rate', 'ADTS_SAMPLE_RATE', 'adts', patched(adts, 2, 0x7c)],
  ['a frame shorter than its header', 'ADTS_FRAME_LENGTH', 'adts', patched(adts, 4, 0, 0x9f)],
  ['raw data blocks without their positions', 'ADTS_RAW_DATA_BLOCKS', 'adts', patched(adts, 6, 0xfd)],
  ['no channels', 'ADTS_NO_CHANNELS', 'adts', patched(adts, 3, adts[3]! & 0x3f)],
];

const mpeg: readonly BadPacket[] = [
  ['no sync word', 'MP3_SYNC', 'audio', patched(mp3, 0, 0)],
  ['half a frame', 'MP3_CUT_OFF', 'audio', mp3.subarray(0, 200)],
  ['another layer', 'MP3_HEADER_INVALID', 'audio', patched(mp3, 1, 0xfd)],
  ['no bit rate', 'MP3_HEADER_INVALID', 'audio', patched(mp3, 2, 0x00)],
];

/** For each codec a good packet, which brings all that it needs, and bad ones. */
export const badPackets: readonly {
  readonly name: string;
  readonly track: 'video' | 'audio';
  readonly codecs: Pick<ChannelOptions, 'video' | 'audio'>;
  readonly good: Uint8Array;
  readonly bad: readonly BadPacket[];
}[] = [
  { name: 'H.264', track: 'video', codecs: { video: 'h264' }, good: keyFrame!, bad: h264 },
  { name: 'H.265', track: 'video', codecs: { video: 'h265' }, good: hevcPacket, bad: h265 },
  { name: 'AAC', track: 'audio', codecs: { audio: 'aac' }, good: adts, bad: aac },
  { name: 'MP3', track: 'audio', codecs: { audio: 'mp3' }, good: mp3, bad: mpeg },
];
