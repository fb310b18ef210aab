import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type { ColorInfo } from './colour/color-info.js';
import { AccessUnitSplitter } from './elementary/access-unit-splitter.js';
import type { EncryptionMode } from './encryption/encryption-parameters.js';
import { FlvDecryptor } from './encryption/flv-decryptor.js';
import { SampleEncryptor } from './encryption/sample-encryptor.js';
import { MuxerError, type MuxerErrorCode, muxerErrors } from './errors.js';
import { FlvDemuxer } from './flv/flv-demuxer.js';
import { FlvReader } from './flv/flv-reader.js';
import { FlvTag, TagRole, TagType } from './flv/flv-tag.js';
import { limits } from './limits.js';
import type { AudioCodec, MediaPacket, VideoCodec } from './media-packet.js';
import { Muxer } from './muxer/muxer.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const start = '00000001';
const sps = `${start}6764000aacd9457b011000000300100000030320f1225960`;
const pps = `${start}68ebe3cb22c0`;
const idr = `${start}6588840047dae398`;
const inter = `${start}419a236c457fbc7c`;
const vps = `${start}40010c01ffff01600000030090000003000003001e959009`;
const good = { h264: hex(sps + pps + idr), aac: hex('fff150400 13ffc2100'), mp3: mp3('fffb10c0') };

function mp3(header: string): Buffer {
  return Buffer.concat([hex(header), Buffer.alloc(100)]);
}

/**
 * An AAC frame that carries the beginning of a sample header (docs/encryption.md), decrypted without a key.
 */
function decryptAudio(rest: string): void {
  const size = (16 + rest.length / 2).toString(16);
  const payload = hex(`af0181${size}3817ef74861b402f92adbd75972d766f${rest}`);
  new FlvDecryptor({ keys: [] }).decrypt({ type: TagType.audio, timestamp: 0, payload });
}

type Provoke = (muxer: Muxer) => void;

const packet = (data: Buffer, more: Partial<MediaPacket> = {}): MediaPacket => ({
  data,
  headroom: 0,
  dts: 10,
  pts: 10,
  ...more,
});
const video =
  (data: string | Buffer, codec: VideoCodec = 'h264', more: Partial<MediaPacket> = {}): Provoke =>
  (muxer) =>
    muxer.video(codec, packet(typeof data === 'string' ? hex(data) : data, more), []);
const audio =
  (data: string | Buffer, codec: AudioCodec = 'aac'): Provoke =>
  (muxer) =>
    muxer.audio(codec, packet(typeof data === 'string' ? hex(data) : data), []);
const both =
  (...steps: Provoke[]): Provoke =>
  (muxer) => {
    for (const step of steps) step(muxer);
  };
const large = (): Buffer => Buffer.concat([good.h264, Buffer.alloc(limits.messageSize, 1)]);
const repeated = (nal: string, size: number): Buffer => Buffer.concat([hex(nal), Buffer.alloc(size, 1)]);

/** Every cause there is, by a packet or file that has it. */
const causes: Record<MuxerErrorCode, Provoke> = {
  ERR_CLOUDPUSH_CODEC_UNKNOWN: video(idr, 'theora' as VideoCodec),
  ERR_CLOUDPUSH_COLOR_INFO_INVALID: (muxer) => {
    muxer.colorInfo = { hdrCll: null } as unknown as ColorInfo;
  },
  ERR_CLOUDPUSH_INVALID_OPTION: () => new Muxer({ slices: 'some' as 'whole' }),
  ERR_CLOUDPUSH_HEADROOM_INVALID: (muxer) =>
    muxer.video('h264', { ...packet(new Uint8Array(9) as Buffer), headroom: 1 }, []),
  ERR_CLOUDPUSH_TIMESTAMP_INVALID: video(good.h264, 'h264', { dts: Number.POSITIVE_INFINITY }),
  ERR_CLOUDPUSH_TIMESTAMP_STEP_BACK: both(video(good.h264), video(good.h264, 'h264', { dts: 9, pts: 9 })),
  ERR_CLOUDPUSH_TIMESTAMP_JUMP: both(
    video(good.h264),
    video(good.h264, 'h264', { dts: 2 ** 32, pts: 2 ** 32 }),
  ),
  ERR_CLOUDPUSH_TIMESTAMP_BEFORE_START: both(
    audio(good.aac),
    video(good.h264, 'h264', { dts: -1000, pts: -1000 }),
  ),
  ERR_CLOUDPUSH_COMPOSITION_OFFSET_RANGE: video(good.h264, 'h264', { pts: 10 + 2 ** 23 }),

  ERR_CLOUDPUSH_VIDEO_EMPTY: video(''),
  ERR_CLOUDPUSH_VIDEO_TOO_LARGE: (muxer) => video(large())(muxer),
  ERR_CLOUDPUSH_VIDEO_NO_START_CODE: video('6588840047dae398'),
  ERR_CLOUDPUSH_VIDEO_CUT_OFF: both(video(sps + pps), video(`${start}65`)),
  ERR_CLOUDPUSH_VIDEO_FORBIDDEN_BIT: video(`${start}e588840047dae398`),
  ERR_CLOUDPUSH_VIDEO_NAL_HEADER_INVALID: video(`${start}2800af1d`, 'h265'),
  ERR_CLOUDPUSH_VIDEO_NAL_UNIT_LIMIT: video(
    start + `0000010901`.repeat(limits.nalUnitsPerPacket + 1).slice(8),
  ),
  ERR_CLOUDPUSH_VIDEO_SLICE_INVALID: both(video(sps + pps), video(`${start}658b02ff`)),
  ERR_CLOUDPUSH_VIDEO_NO_KEY_FRAME: both(video(sps + pps), video(inter)),
  ERR_CLOUDPUSH_VIDEO_KEY_FRAME_HINT: video(good.h264, 'h264', { keyFrame: false }),
  ERR_CLOUDPUSH_VIDEO_CONFIGURATION_INVALID: (muxer) =>
    muxer.video('h264', { ...packet(hex('000000026588')), configuration: hex('0164000affe1') }, []),
  ERR_CLOUDPUSH_VIDEO_PICTURE_TORN: both(video(good.h264), video(`${start}6508840047dae398`)),
  ERR_CLOUDPUSH_VIDEO_START_CODE_LOST: both(video(good.h264), video(`${start}09105555556588840047dae398`)),
  ERR_CLOUDPUSH_AV1_OBU_INVALID: video('8a00', 'av1'),
  ERR_CLOUDPUSH_AV1_SEQUENCE_HEADER_INVALID: video('0a01e0', 'av1'),
  ERR_CLOUDPUSH_AV1_NO_SEQUENCE_HEADER: video('3201 10', 'av1'),
  ERR_CLOUDPUSH_VP9_HEADER_INVALID: video('00112233', 'vp9'),
  ERR_CLOUDPUSH_VIDEO_PENDING_LIMIT: video(repeated(`${start}06`, limits.pendingNalBytes)),

  ERR_CLOUDPUSH_NO_SPS_PPS: video(idr),
  ERR_CLOUDPUSH_PARAMETER_SETS_MISMATCH: both(video(`${sps}${start}685ae3cb22c0`), video(idr)),
  ERR_CLOUDPUSH_PARAMETER_SETS_TOO_LARGE: (muxer) => {
    video(sps)(muxer);
    // ue(id) of 128 to 254 is 15 bits; then ue(0) and the rest of the PPS, with zeros and ones behind its
    // end.
    for (let id = 128; id < 145; id++) {
      const bits = `${(id + 1).toString(2).padStart(15, '0')}1101011111000111100101100100010110`.padEnd(
        56,
        '0',
      );
      const bytes = bits.match(/.{8}/g)!.map((byte) => Number.parseInt(byte, 2));
      video(repeated(`${start}68${Buffer.from(bytes).toString('hex')}`, 65_000))(muxer);
    }
  },
  ERR_CLOUDPUSH_SPS_CUT_OFF: video(sps.slice(0, 20)),
  ERR_CLOUDPUSH_SPS_INVALID: video(`${start}6764000a0421ff`),
  ERR_CLOUDPUSH_SPS_TOO_LARGE: video(repeated(sps, 0x1_0000)),
  ERR_CLOUDPUSH_PPS_CUT_OFF: video(`${start}68eb`),
  ERR_CLOUDPUSH_PPS_INVALID: video(`${start}680080ff`),
  ERR_CLOUDPUSH_PPS_TOO_LARGE: video(repeated(pps, 0x1_0000)),
  ERR_CLOUDPUSH_VPS_CUT_OFF: video(vps.slice(0, -20), 'h265'),
  ERR_CLOUDPUSH_VPS_INVALID: video(`${start}40010c010001`, 'h265'),
  ERR_CLOUDPUSH_VPS_TOO_LARGE: video(repeated(vps, 0x1_0000), 'h265'),

  ERR_CLOUDPUSH_ADTS_SYNC: audio('00f15040013ffc2100'),
  ERR_CLOUDPUSH_ADTS_CUT_OFF: audio('fff15040013ffc21'),
  ERR_CLOUDPUSH_ADTS_LAYER: audio('fff75040013ffc2100'),
  ERR_CLOUDPUSH_ADTS_PROFILE: audio('fff9d040013ffc2100'),
  ERR_CLOUDPUSH_ADTS_SAMPLE_RATE: audio('fff17440013ffc2100'),
  ERR_CLOUDPUSH_ADTS_FRAME_LENGTH: audio('fff1504000dffc2100'),
  ERR_CLOUDPUSH_ADTS_RAW_DATA_BLOCKS: audio('fff15040013ffd2100'),
  ERR_CLOUDPUSH_ADTS_NO_CHANNELS: audio('fff15000013ffc2100'),

  ERR_CLOUDPUSH_AUDIO_FRAME_LIMIT: (muxer) =>
    audio(Buffer.alloc(8 * (limits.framesPerAudioPacket + 1), hex('fff15040011ffc21')))(muxer),
  ERR_CLOUDPUSH_AUDIO_EMPTY: audio('', 'mp3'),
  ERR_CLOUDPUSH_AUDIO_CONFIGURATION_INVALID: (muxer) =>
    muxer.audio('aac', { ...packet(hex('21100504')), configuration: hex('ff') }, []),
  ERR_CLOUDPUSH_AUDIO_TOO_LARGE: (muxer) => audio(Buffer.alloc(limits.messageSize), 'opus')(muxer),
  ERR_CLOUDPUSH_MP3_SYNC: audio(mp3('00fb10c0'), 'mp3'),
  ERR_CLOUDPUSH_MP3_CUT_OFF: audio(mp3('fffb10c0').subarray(0, 90), 'mp3'),
  ERR_CLOUDPUSH_MP3_HEADER_INVALID: audio(mp3('fffbf0c0'), 'mp3'),
  ERR_CLOUDPUSH_OPUS_INVALID: audio('ff00', 'opus'),
  ERR_CLOUDPUSH_FLAC_INVALID: audio('664c6143 00000022', 'flac'),
  ERR_CLOUDPUSH_FLAC_NO_STREAM_INFO: audio('fff8690800', 'flac'),
  ERR_CLOUDPUSH_AC3_SYNC: audio('00770000000000', 'ac3'),
  ERR_CLOUDPUSH_AC3_CUT_OFF: audio('0b770000004040', 'ac3'),
  ERR_CLOUDPUSH_AC3_HEADER_INVALID: audio('0b770000c04040', 'ac3'),

  ERR_CLOUDPUSH_DATA_TOO_LARGE: (muxer) => muxer.scriptData(packet(Buffer.alloc(limits.messageSize + 1)), []),
  ERR_CLOUDPUSH_ENCRYPTION_MODE_INVALID: () =>
    new SampleEncryptor('video').configure({ mode: 'some' as EncryptionMode, key: 'k' }),
  ERR_CLOUDPUSH_ENCRYPTION_KEY_INVALID: () =>
    new SampleEncryptor('video').configure({ mode: 'allFrames', key: '' }),
  ERR_CLOUDPUSH_ENCRYPTION_CODEC: () => {
    const encryptor = new SampleEncryptor('video');
    encryptor.configure({ mode: 'allFrames', key: 'k' });
    encryptor.encrypt(new FlvTag(TagType.video, TagRole.keyFrame, 0, [hex('906176303100')], 6, 0), false);
  },
  ERR_CLOUDPUSH_DECRYPTION_NO_KEY: () => decryptAudio(`01${'00'.repeat(20)}`),
  ERR_CLOUDPUSH_DECRYPTION_DAMAGED: () => decryptAudio('02'),
  ERR_CLOUDPUSH_FLV_SIGNATURE: () => void new FlvReader().push(hex('464c58010500000009')),
  ERR_CLOUDPUSH_FLV_TAG_INVALID: () =>
    void new FlvReader().push(hex('464c56010500000009 00000000 03000000000000000000 00')),
  ERR_CLOUDPUSH_FLV_CODEC: () => void new FlvDemuxer().demux({ type: 9, timestamp: 0, payload: hex('12') }),
};

/** Causes that are no bytes of the packet: order, and options. */
const placeless =
  /EMPTY|INVALID_OPTION|ENCRYPTION_[MKC]|NO_KEY_FRAME|KEY_FRAME_HINT|PICTURE_TORN|TIMESTAMP|COMPOSITION|CODEC_UNKNOWN|HEADROOM|COLOR_INFO/;

test.each(Object.entries(causes))(
  '%s is provoked by its cause, and the next good packets go through',
  (code, provoke) => {
    let caught: unknown;
    const muxer = new Muxer({
      onWarning: (warning) => {
        caught = warning;
      },
    });
    try {
      provoke(muxer);
    } catch (error) {
      caught = error;
    }
    expect(caught).toBeInstanceOf(MuxerError);
    const error = caught as MuxerError;
    expect(error.code).toBe(code);
    expect(error.class).toBe('fatal');
    const { fault, actual, permitted, offset } = error.details;
    expect(fault).toBe(muxerErrors[error.code].fault);
    expect(actual, 'the actual value').toBeDefined();
    expect(permitted, 'the permitted value').toBeDefined();
    if (!placeless.test(code)) expect(offset, 'the offset').toBeTypeOf('number');
    expect(error.message).toContain(String(actual));
    expect(error.message).toContain(String(permitted));

    const tags: FlvTag[] = [];
    muxer.video('h264', packet(good.h264, { dts: 100, pts: 100 }), tags);
    muxer.audio('aac', packet(good.aac, { dts: 100, pts: 100 }), tags);
    muxer.audio('mp3', packet(good.mp3, { dts: 130, pts: 130 }), tags);
    // The stream may have been seen to send slices apart.
    muxer.flush(tags);
    expect(tags.filter(({ role }) => role > 1)).toHaveLength(3);
  },
);

test('a splitter gives up an access unit that no message can hold, and goes on', () => {
  const splitter = new AccessUnitSplitter('h264');
  splitter.push(good.h264);
  const filling = Buffer.alloc(4 * 2 ** 20, 1);
  expect(() => {
    for (let i = 0; i < 6; i++) splitter.push(filling);
  }).toThrow(expect.objectContaining({ code: 'ERR_CLOUDPUSH_VIDEO_TOO_LARGE' }));
  splitter.push(good.h264);
  expect(splitter.flush().length).toBeGreaterThan(0);
});

test('every code is in the table of the README, with its meaning', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8').replace(/ +/g, ' ');
  for (const [code, { fault, text }] of Object.entries(muxerErrors)) {
    expect(readme).toContain(`| \`${code}\` | ${fault} | ${text} |`);
  }
});

test('what stands in the place of a codec is not repeated when it is no name', () => {
  const muxer = new Muxer();
  const packet = { data: good.h264, headroom: 0, pts: 0, dts: 0 };
  expect(() => muxer.video(good.h264 as never, packet, [])).toThrow(
    'the codec is not known (actual a value of type object, permitted h264, h265, av1, vp9)',
  );
  expect(() => muxer.audio('x'.repeat(41) as never, packet, [])).toThrow('actual a value of type string');
});

test('bytes are not split as a codec that was not named', () => {
  expect(() => new AccessUnitSplitter('avc' as 'h264')).toThrow(
    'the codec is not known (actual avc, permitted h264, h265)',
  );
});
