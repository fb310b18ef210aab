// Packets in the form of RTSP, MP4 and Matroska: NAL units behind lengths and raw AAC frames, with their
// configuration beside them.

import { describe, expect, test } from 'vitest';
import type { FlvTag } from '../flv/flv-tag.js';
import { TagRole } from '../flv/flv-tag.js';
import type { AudioCodec, MediaPacket, VideoCodec } from '../media-packet.js';
import { isMissedWhenLost } from '../tracks/picture-loss.js';
import { Muxer } from './muxer.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

// x264: High, 176x144, and what a slice of its IDR and of its next picture begins with.
const sps = '6764000aacd9457b011000000300100000030320f1225960';
const pps = '68ebe3cb22c0';
const idr = '6588840047dae398';
const inter = '419a236c457fbc7c';
/** The second slice of that picture, and a picture that no other refers to. */
const furtherSlice = '415a236c457fbc7c';
const disposable = '019a236c457fbc7c';
/** The same SPS at level 1.1, which the record repeats. */
const otherSps = sps.replace('64000a', '64000b');

/** AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1.2), written out. */
const avcC = (set = sps, lengthSize = 4): Buffer =>
  hex(
    `01 ${set.slice(2, 8)} ${(0xfc + lengthSize - 1).toString(16)} e1 0018 ${set} 01 0006 ${pps} fd f8 f8 00`,
  );

// x265: Main, 80x48.
const hevcSets = [
  '40010c01ffff01600000030090000003000003001e959009',
  '42010101600000030090000003000003001ea028831659592e4caf016808000003000800000300c840',
  '4401c173d089',
];
const hevcIdr = '2801af1d';
const array = (nal: string): string =>
  `${(Number.parseInt(nal.slice(0, 2), 16) >> 1).toString(16)} 0001 ${(nal.length / 2).toString(16).padStart(4, '0')} ${nal}`;
/** HEVCDecoderConfigurationRecord (§8.3.3.1.2). */
const hvcC = (lengthSize = 4): Buffer =>
  hex(
    `01 01 60000000 900000000000 1e f000 fc fd f8 f8 0000 ${(0x0c + lengthSize - 1).toString(16).padStart(2, '0')} 03 ${hevcSets.map(array).join(' ')}`,
  );

const annexB = (...nals: string[]): Buffer => hex(nals.map((nal) => `00000001${nal}`).join(''));
const prefixed = (lengthSize: number, ...nals: string[]): Buffer =>
  hex(nals.map((nal) => (nal.length / 2).toString(16).padStart(2 * lengthSize, '0') + nal).join(''));

/** A packet that may be written to. */
function writable(data: Buffer, headroom = 48): Pick<MediaPacket, 'data' | 'headroom'> {
  const copy = new Uint8Array(new SharedArrayBuffer(headroom + data.length), headroom);
  copy.set(data);
  return { data: copy, headroom };
}

interface Muxed {
  readonly tags: FlvTag[];
  readonly bodies: string[];
}

function mux(muxer: Muxer, codec: VideoCodec, packet: Partial<MediaPacket>): Muxed {
  const tags: FlvTag[] = [];
  muxer.video(codec, { data: new Uint8Array(0), headroom: 0, dts: 0, pts: 0, ...packet }, tags);
  return { tags, bodies: bodiesOf(tags) };
}

function muxAudio(muxer: Muxer, codec: AudioCodec, packet: Partial<MediaPacket>): Muxed {
  const tags: FlvTag[] = [];
  muxer.audio(codec, { data: new Uint8Array(0), headroom: 0, dts: 0, pts: 0, ...packet }, tags);
  return { tags, bodies: bodiesOf(tags) };
}

const bodiesOf = (tags: readonly FlvTag[]): string[] =>
  tags.map(({ parts }) => Buffer.concat(parts).toString('hex'));

const error = (code: string) => expect.objectContaining({ code: `ERR_CLOUDPUSH_${code}` });

describe('length-prefixed H.264', () => {
  test('gives the record as the sequence header, and the sample as it is', () => {
    const muxer = new Muxer();
    const data = prefixed(4, idr);
    const { bodies } = mux(muxer, 'h264', { data, configuration: avcC() });
    expect(bodies).toEqual([`1700000000${avcC().toString('hex')}`, `1701000000${data.toString('hex')}`]);
    expect(muxer.videoParameters).toMatchObject({ codec: 'h264', profile: 100, level: 10 });
  });

  test.each([1, 2, 3, 4])('with lengths of %i bytes it is what Annex-B gives', (lengthSize) => {
    for (const place of [(data: Buffer) => ({ data, headroom: 0 }), writable]) {
      const byteStream = new Muxer();
      mux(byteStream, 'h264', { data: annexB(sps, pps) });
      const sample = new Muxer();
      const configuration = avcC(sps, lengthSize);
      for (const nals of [[idr], ['0910', inter, furtherSlice], [disposable]]) {
        const expected = mux(byteStream, 'h264', { data: annexB(...nals) });
        const given = mux(sample, 'h264', { ...place(prefixed(lengthSize, ...nals)), configuration });
        expect(given.bodies).toEqual(expected.bodies);
        expect(given.tags.map(({ role }) => role)).toEqual(expected.tags.map(({ role }) => role));
      }
    }
  });

  test('stays in the memory of its packet', () => {
    const muxer = new Muxer();
    const configuration = avcC();
    mux(muxer, 'h264', { data: prefixed(4, idr), configuration });
    const packet = writable(prefixed(4, inter, furtherSlice));
    const [frame] = mux(muxer, 'h264', { ...packet, configuration }).tags;
    expect(frame!.parts).toHaveLength(1);
    expect(frame!.parts[0]!.buffer).toBe(packet.data.buffer);
    expect(frame).toMatchObject({ headroom: 43, size: 5 + packet.data.length });
  });

  test('of what is read only, all NAL units behind the first length share a part', () => {
    const muxer = new Muxer();
    const configuration = avcC();
    mux(muxer, 'h264', { data: prefixed(4, idr), configuration });
    const data = prefixed(4, inter, furtherSlice, furtherSlice);
    const before = data.toString('hex');
    const [frame] = mux(muxer, 'h264', { data, configuration }).tags;
    expect(frame!.parts).toHaveLength(2);
    expect(data.toString('hex')).toBe(before);
  });

  test('drops what decoders ignore, and empty NAL units', () => {
    const muxer = new Muxer();
    const { bodies } = mux(muxer, 'h264', {
      ...writable(prefixed(4, '0cff80', '', idr)),
      configuration: avcC(),
    });
    expect(bodies[1]).toBe(`1701000000${prefixed(4, idr).toString('hex')}`);
  });

  test('another record is another sequence header; the same bytes are not', () => {
    const muxer = new Muxer();
    const data = prefixed(4, idr);
    mux(muxer, 'h264', { data, configuration: avcC() });
    expect(mux(muxer, 'h264', { data, configuration: avcC() }).tags).toHaveLength(1);
    const { bodies } = mux(muxer, 'h264', { data, configuration: avcC(otherSps) });
    expect(bodies[0]).toBe(`1700000000${avcC(otherSps).toString('hex')}`);
    expect(muxer.videoParameters).toMatchObject({ level: 11 });
  });

  test('a record takes the place of the sets before', () => {
    const muxer = new Muxer();
    const data = prefixed(4, idr);
    const second = '68532e3cb22c'; // pic_parameter_set_id 1
    mux(muxer, 'h264', { data: prefixed(4, second, idr), configuration: avcC() });
    const { bodies } = mux(muxer, 'h264', { data, configuration: avcC(otherSps) });
    expect(bodies[0]).toBe(`1700000000${avcC(otherSps).toString('hex')}`);
  });

  test('parameter sets in the samples are taken, with a record that has none', () => {
    const muxer = new Muxer();
    const configuration = hex('0164000affe000');
    const refused = () => mux(muxer, 'h264', { data: prefixed(4, idr), configuration });
    expect(refused).toThrow(error('NO_SPS_PPS'));
    const { bodies } = mux(muxer, 'h264', { data: prefixed(4, sps, pps, idr), configuration });
    expect(bodies[0]).toBe(`1700000000${avcC().toString('hex')}`);
  });

  test('packets with start codes may come before and after', () => {
    const muxer = new Muxer();
    mux(muxer, 'h264', { data: annexB(sps, pps, idr) });
    const configuration = avcC();
    const sample = prefixed(4, inter).toString('hex');
    for (const packet of [
      { data: prefixed(4, inter), configuration },
      { data: annexB(inter) },
      { data: prefixed(4, inter), configuration },
    ])
      expect(mux(muxer, 'h264', packet).bodies).toEqual([`2701000000${sample}`]);
  });

  test('a stream begins with a key frame, and goes on with one after a loss', () => {
    const muxer = new Muxer();
    const configuration = avcC();
    const picture = { data: prefixed(4, inter), configuration };
    expect(() => mux(muxer, 'h264', picture)).toThrow(error('VIDEO_NO_KEY_FRAME'));
    mux(muxer, 'h264', { data: prefixed(4, idr), configuration });
    mux(muxer, 'h264', picture);
    // A disposable picture is not missed; one that is cut off is.
    const cutOff = (nal: string) => ({ data: prefixed(4, nal).subarray(0, -1), configuration });
    expect(() => mux(muxer, 'h264', cutOff(disposable))).toThrow(error('VIDEO_CUT_OFF'));
    mux(muxer, 'h264', picture);
    expect(() => mux(muxer, 'h264', cutOff(inter))).toThrow(error('VIDEO_CUT_OFF'));
    expect(() => mux(muxer, 'h264', picture)).toThrow(error('VIDEO_NO_KEY_FRAME'));
    mux(muxer, 'h264', { data: prefixed(4, idr), configuration });
  });

  test('slices in packets of their own are put together', () => {
    const muxer = new Muxer({ slices: 'join' });
    const configuration = avcC();
    const tags: FlvTag[] = [];
    const send = (nal: string, dts: number) =>
      muxer.video('h264', { data: prefixed(2, nal), headroom: 0, dts, pts: dts, configuration: short }, tags);
    const short = avcC(sps, 2);
    send(idr, 0);
    expect(() => send('6542210011f6b8e6', 0)).toThrow(error('VIDEO_PICTURE_TORN'));
    for (const dts of [40, 80]) {
      send(idr, dts);
      send('6542210011f6b8e6', dts);
    }
    muxer.flush(tags);
    expect(configuration).not.toEqual(short);
    const frames = tags.filter(({ role }) => role === TagRole.keyFrame);
    expect(frames.map(({ timestamp }) => timestamp)).toEqual([0, 40, 80]);
    expect(bodiesOf(frames)[2]).toBe(`1701000000${prefixed(4, idr, '6542210011f6b8e6').toString('hex')}`);
  });

  test('two pictures in a packet become two tags', () => {
    const muxer = new Muxer();
    const { bodies } = mux(muxer, 'h264', { data: prefixed(4, idr, '0910', inter), configuration: avcC() });
    expect(bodies.slice(1)).toEqual([
      `1701000000${prefixed(4, idr).toString('hex')}`,
      `2701000000${prefixed(4, '0910', inter).toString('hex')}`,
    ]);
  });

  test('what the caller has encrypted is told apart by its lengths, or is one NAL unit', () => {
    const muxer = new Muxer();
    const configuration = avcC();
    const clear = {
      data: prefixed(4, '65ffffff', '65eeeeee'),
      configuration,
      encrypted: true,
      keyFrame: true,
    };
    expect(mux(muxer, 'h264', clear).bodies[1]).toBe(`1701000000${clear.data.toString('hex')}`);
    const opaque = { data: hex('feedbeef'), configuration, encrypted: true, keyFrame: true };
    expect(mux(muxer, 'h264', opaque).bodies).toEqual(['170100000000000004feedbeef']);
  });

  test.each([
    ['a record that is cut off', '0164000affe10018', prefixed(4, idr), 'VIDEO_CONFIGURATION_INVALID'],
    ['no bytes', '', prefixed(4, idr), 'VIDEO_CONFIGURATION_INVALID'],
    [
      'sets behind start codes',
      annexB(sps, pps).toString('hex'),
      prefixed(4, idr),
      'VIDEO_CONFIGURATION_INVALID',
    ],
    ['an SPS that is cut off', '0164000affe10004674d400a00', prefixed(4, idr), 'SPS_CUT_OFF'],
    ['a packet with start codes', avcC().toString('hex'), annexB(idr, idr), 'VIDEO_CUT_OFF'],
    ['half a length', avcC().toString('hex'), hex('0000'), 'VIDEO_CUT_OFF'],
    ['lengths of nothing', avcC().toString('hex'), hex('00000000'), 'VIDEO_CUT_OFF'],
  ])('refuses %s, and goes on with the next good packet', (_, configuration, data, code) => {
    const muxer = new Muxer();
    mux(muxer, 'h264', { data: prefixed(4, idr), configuration: avcC() });
    expect(() => mux(muxer, 'h264', { data, configuration: hex(configuration) })).toThrow(error(code));
    mux(muxer, 'h264', { data: prefixed(4, idr), configuration: avcC() });
  });

  test('the error says when a packet has start codes', () => {
    const refused = () => mux(new Muxer(), 'h264', { data: annexB(idr, idr), configuration: avcC() });
    expect(refused).toThrow(/a packet with start codes has no configuration/);
  });

  test('a muxer that goes on with the stream does not repeat its sequence header', () => {
    const first = new Muxer();
    const packet = { data: prefixed(4, idr), configuration: avcC() };
    mux(first, 'h264', packet);
    const second = new Muxer({ resume: { state: first.state!, elapsed: 0 } });
    expect(mux(second, 'h264', { ...packet, dts: 40, pts: 40 }).tags).toHaveLength(1);
  });

  test('isMissedWhenLost looks behind the lengths', () => {
    const sei = '0605112233445566';
    const configuration = avcC();
    expect(isMissedWhenLost('h264', prefixed(4, sei, inter), configuration)).toBe(true);
    expect(isMissedWhenLost('h264', prefixed(4, sei, disposable), configuration)).toBe(false);
    expect(isMissedWhenLost('h264', prefixed(2, sei, inter), avcC(sps, 2))).toBe(true);
    expect(isMissedWhenLost('h265', prefixed(1, '4e010511', hevcIdr), hvcC(1))).toBe(true);
    expect(isMissedWhenLost('h265', prefixed(1, '4e010511'), hvcC(1))).toBe(false);
  });
});

describe('length-prefixed H.265', () => {
  test.each([1, 2, 4])('with lengths of %i bytes it is what Annex-B gives', (lengthSize) => {
    const byteStream = new Muxer();
    mux(byteStream, 'h265', { data: annexB(...hevcSets) });
    const expected = mux(byteStream, 'h265', { data: annexB(hevcIdr) });
    const data = prefixed(lengthSize, hevcIdr);
    const given = mux(new Muxer(), 'h265', { ...writable(data), configuration: hvcC(lengthSize) });
    expect(given.bodies).toEqual(expected.bodies);
    expect(given.bodies[1]).toBe(
      `93${hex('68766331').toString('hex')}${prefixed(4, hevcIdr).toString('hex')}`,
    );
  });

  test('SEI in the record is not taken for a parameter set', () => {
    const record = Buffer.concat([hvcC(), hex('27 0001 0004 4e010511')]);
    record[22] = 4;
    const { bodies } = mux(new Muxer(), 'h265', { data: prefixed(4, hevcIdr), configuration: record });
    expect(bodies[0]).toContain(hevcSets[2]);
    expect(bodies[0]).not.toContain('4e010511');
  });
});

describe('raw AAC', () => {
  const raw = hex('21100504');
  /** AAC LC, 44.1 kHz, stereo. */
  const lc = hex('1210');

  test('is sent behind the AudioSpecificConfig as it was given', () => {
    const muxer = new Muxer();
    const { bodies } = muxAudio(muxer, 'aac', { data: raw, configuration: lc });
    expect(bodies).toEqual(['af001210', `af01${raw.toString('hex')}`]);
    expect(muxer.audioParameters).toMatchObject({
      sampleRate: 44_100,
      channels: 2,
      objectType: 2,
      samplesPerFrame: 1024,
    });
    expect(muxAudio(muxer, 'aac', { data: raw, configuration: hex('1210') }).tags).toHaveLength(1);
  });

  test.each([48, 2, 1, 0])('with %i bytes of headroom', (headroom) => {
    const muxer = new Muxer();
    const packet = writable(raw, headroom);
    const { tags, bodies } = muxAudio(muxer, 'aac', { ...packet, configuration: lc });
    expect(bodies[1]).toBe(`af01${raw.toString('hex')}`);
    const isInPlace = headroom >= 2;
    expect(tags[1]!.parts).toHaveLength(isInPlace ? 1 : 2);
    if (isInPlace) expect(tags[1]).toMatchObject({ headroom: headroom - 2 });
  });

  // ISO/IEC 14496-3 §1.6.2.1: HE-AAC named first, and behind the core's configuration, with and without PS;
  // 960 samples; 5.1.
  test.each([
    ['2b118800', { sampleRate: 48_000, channels: 2, objectType: 5, samplesPerFrame: 2048 }],
    ['eb098800', { sampleRate: 48_000, channels: 2, objectType: 29, samplesPerFrame: 2048 }],
    ['139056e5a54800', { sampleRate: 44_100, channels: 2, objectType: 5, samplesPerFrame: 2048 }],
    ['138856e5a54880', { sampleRate: 44_100, channels: 2, objectType: 29, samplesPerFrame: 2048 }],
    ['1214', { sampleRate: 44_100, channels: 2, objectType: 2, samplesPerFrame: 960 }],
    ['11b0', { sampleRate: 48_000, channels: 6, objectType: 2, samplesPerFrame: 1024 }],
    ['17800bb810', { sampleRate: 6000, channels: 2, objectType: 2, samplesPerFrame: 1024 }],
  ])('the configuration %s is understood, and sent as it is', (config, parameters) => {
    const muxer = new Muxer();
    const { bodies } = muxAudio(muxer, 'aac', { data: raw, configuration: hex(config) });
    expect(muxer.audioParameters).toMatchObject(parameters);
    expect(bodies[0]).toBe(`af00${config}`);
  });

  test('another configuration is another sequence header, also to and from ADTS', () => {
    const muxer = new Muxer();
    const adts = hex('fff15080017ffc21100504');
    muxAudio(muxer, 'aac', { data: raw, configuration: lc });
    expect(muxAudio(muxer, 'aac', { data: raw, configuration: hex('1190') }).bodies[0]).toBe('af001190');
    expect(muxer.audioParameters).toMatchObject({ sampleRate: 48_000 });
    expect(muxAudio(muxer, 'aac', { data: adts }).bodies).toEqual(['af001210', 'af0121100504']);
    expect(muxer.audioParameters).toMatchObject({ sampleRate: 44_100 });
    expect(muxAudio(muxer, 'aac', { data: raw, configuration: hex('1190') }).bodies[0]).toBe('af001190');
    expect(muxAudio(muxer, 'aac', { data: adts }).bodies[0]).toBe('af001210');
  });

  test('refuses ADTS headers in front of frames that have a configuration, unless they may be ciphertext', () => {
    const muxer = new Muxer();
    const data = hex('fff15080017ffc21100504');
    expect(() => muxAudio(muxer, 'aac', { data, configuration: lc })).toThrow(
      error('AUDIO_CONFIGURATION_INVALID'),
    );
    const packet = { data, configuration: lc, encrypted: true };
    expect(muxAudio(muxer, 'aac', packet).bodies[1]).toBe(`af01${data.toString('hex')}`);
  });

  test.each(['', '12', '6fff', '1200'])(
    'refuses the configuration "%s", and goes on with a good one',
    (config) => {
      const muxer = new Muxer();
      const refused = () => muxAudio(muxer, 'aac', { data: raw, configuration: hex(config) });
      expect(refused).toThrow(error('AUDIO_CONFIGURATION_INVALID'));
      expect(muxAudio(muxer, 'aac', { data: raw, configuration: lc }).tags).toHaveLength(2);
    },
  );
});

describe('other codecs', () => {
  test('Opus takes its OpusHead beside the packets', () => {
    const head = hex('4f707573 48656164 01 06 0000 80bb0000 0000 01 04 02 00 04 01 02 03 05');
    const muxer = new Muxer();
    const { bodies } = muxAudio(muxer, 'opus', { data: hex('fc00'), configuration: head });
    expect(bodies[0]).toBe(`90${hex('4f707573').toString('hex')}${head.toString('hex')}`);
    expect(muxer.audioParameters).toMatchObject({ channels: 6 });
    const refused = () => muxAudio(muxer, 'opus', { data: hex('fc00'), configuration: hex('00') });
    expect(refused).toThrow(error('AUDIO_CONFIGURATION_INVALID'));
  });

  test('a configuration of a codec that has none is not looked at', () => {
    const data = Buffer.concat([hex('fffb10c0'), Buffer.alloc(100)]);
    expect(muxAudio(new Muxer(), 'mp3', { data, configuration: hex('00') }).tags).toHaveLength(1);
  });
});
