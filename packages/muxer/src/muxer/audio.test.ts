import { describe, expect, test } from 'vitest';
import { MuxerError } from '../errors.js';
import { FlvDemuxer } from '../flv/flv-demuxer.js';
import { type FlvTag, TagRole, TagType } from '../flv/flv-tag.js';
import type { AudioCodec } from '../media-packet.js';
import { Muxer } from './muxer.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');
const body = (tag: FlvTag): string => Buffer.concat(tag.parts).toString('hex');

function mux(codec: AudioCodec, data: Buffer, headroom = 0, muxer = new Muxer(), dts = 0): FlvTag[] {
  const memory = Buffer.alloc(headroom + data.length);
  memory.set(data, headroom);
  const tags: FlvTag[] = [];
  muxer.audio(codec, { data: memory.subarray(headroom), headroom, dts, pts: dts }, tags);
  return tags;
}

/**
 * An ADTS frame of `raw`; `b1` is the byte with ID and protection, `b2` profile and frequency, `b3` channels.
 */
function adts(raw: string, b1 = 'f1', b2 = '50', b3 = '40', afterHeader = ''): Buffer {
  const frame = hex(`ff${b1}${b2}${b3}001ffc${afterHeader}${raw}`);
  frame[3]! |= frame.length >> 11;
  frame[4] = frame.length >> 3;
  frame[5]! |= frame.length << 5;
  return frame;
}

describe('AAC', () => {
  test('without and with CRC, MPEG-4 and MPEG-2', () => {
    for (const frame of [adts('2100aa'), adts('2100aa', 'f0', '50', '40', '1234'), adts('2100aa', 'f9')]) {
      expect(mux('aac', frame).map(body)).toEqual(['af001208', 'af012100aa']);
      expect(mux('aac', frame, 48).map(body)).toEqual(['af001208', 'af012100aa']);
    }
  });

  test('in place: the tag header takes the last two bytes of the ADTS header', () => {
    const [, frame] = mux('aac', adts('2100aa'), 48);
    expect(frame!.parts).toHaveLength(1);
    expect(frame!.headroom).toBe(48 + 5);
  });

  test('several frames in a packet are stamped by samples, not by rounded durations', () => {
    const packet = Buffer.concat(new Array(100).fill(adts('2100')));
    for (const headroom of [0, 48]) {
      const tags = mux('aac', packet, headroom).slice(1);
      expect(tags.map(({ timestamp }) => timestamp)).toEqual(
        tags.map((_, i) => Math.round((i * 1024 * 1000) / 44_100)),
      );
      expect(tags.every((tag) => body(tag) === 'af012100')).toBe(true);
    }
  });

  test('the channel configuration and every sample rate are in the AudioSpecificConfig', () => {
    // ISO/IEC 14496-3 §1.6.2.1: object type 5 bits, frequency index 4, channels 4, three zero flags.
    for (let index = 0; index < 13; index++) {
      for (let channels = 1; channels < 8; channels++) {
        const b2 = ((1 << 6) | (index << 2) | (channels >> 2)).toString(16);
        const b3 = ((channels & 3) << 6).toString(16).padStart(2, '0');
        const [header] = mux('aac', adts('2100', 'f1', b2, b3));
        expect(hex(body(header!)).readUInt16BE(2)).toBe((2 << 11) | (index << 7) | (channels << 3));
      }
    }
  });

  test('a change in mid-stream sends a new sequence header', () => {
    const muxer = new Muxer();
    mux('aac', adts('2100'), 0, muxer);
    expect(muxer.audioParameters).toMatchObject({
      sampleRate: 44_100,
      channels: 1,
      audioCodecId: 10,
      objectType: 2,
    });
    const tags = mux('aac', adts('2100', 'f1', '4c', '80'), 0, muxer, 30);
    expect(tags.map(body)).toEqual(['af001190', 'af012100']);
    expect(muxer.audioParameters).toMatchObject({ sampleRate: 48_000, channels: 2 });
  });

  test('a program config element outlives the packet that it came in', () => {
    // ffmpeg's encoder, hexagonal: the element, then whatever else the raw data block holds.
    const element = 'a0990100040110800d4c61766335392e33372e313030';
    const packet = { data: adts(`${element}2100`, 'f1', '4c', '00'), headroom: 0, dts: 0, pts: 0 };
    const muxer = new Muxer();
    muxer.audio('aac', packet, []);
    packet.data.fill(0xff);
    // The same channels at another frequency: the configuration is made anew of what was kept.
    const [header] = mux('aac', adts('2100', 'f1', '50', '00'), 0, muxer, 30);
    expect(body(header!)).toBe('af00120004c808002008840d4c61766335392e33372e313030');
    expect(muxer.audioParameters!.channels).toBe(6);
  });

  test('several raw data blocks with their positions become tags of their own', () => {
    // §1.A.2.2.3: positions, CRC, then blocks with a CRC behind each; the second begins 5 bytes after the
    // first.
    const frame = adts('2101aa c1c1 2102bb c2c2', 'f0', '50', '40', '0005 9999');
    frame[6] = 0xfd; // number_of_raw_data_blocks_in_frame: 1
    for (const headroom of [0, 48]) {
      const tags = mux('aac', frame, headroom);
      expect(tags.map(body)).toEqual(['af001208', 'af012101aa', 'af012102bb']);
      expect(tags.map(({ timestamp }) => timestamp)).toEqual([0, 0, 23]);
    }
  });
});

describe('MP3', () => {
  // MPEG-1 layer III, 32 kbit/s at 44.1 kHz mono: 104 bytes.
  const frame = Buffer.concat([hex('fffb10c0'), Buffer.alloc(100, 7)]);

  test('each frame of a packet is a tag, stamped by samples', () => {
    for (const headroom of [0, 48]) {
      const tags = mux('mp3', Buffer.concat([frame, frame, frame]), headroom);
      expect(tags.map(({ timestamp }) => timestamp)).toEqual([0, 26, 52]);
      expect(tags.every((tag) => body(tag) === `2e${frame.toString('hex')}`)).toBe(true);
    }
  });
});

test('Opus without OpusHead gets one for what its packets tell', () => {
  const muxer = new Muxer();
  const tags = mux('opus', hex('fcaabb'), 48, muxer); // CELT 20 ms, stereo
  const head = '4f707573486561640102000080bb0000000000';
  expect(tags.map(body)).toEqual([`904f707573${head}`, '914f707573fcaabb']);
  expect(muxer.audioParameters).toMatchObject({ channels: 2, samplesPerFrame: 960 });
});

describe('FlvDemuxer', () => {
  const demux = (tags: readonly FlvTag[]) => {
    const demuxer = new FlvDemuxer();
    return tags.map((tag) =>
      demuxer.demux({ type: tag.type, timestamp: tag.timestamp, payload: hex(body(tag)) }),
    );
  };

  test('gives ADTS frames back', () => {
    const frame = adts('2100aa');
    const [config, sample] = demux(mux('aac', frame));
    expect(config).toMatchObject({ kind: 'config', codec: 'aac' });
    expect(Buffer.from(sample!.data).subarray(7).toString('hex')).toBe('2100aa');
    expect(Buffer.from(sample!.data).subarray(0, 5).toString('hex')).toBe(
      frame.subarray(0, 5).toString('hex'),
    );
  });

  test('puts a program config element back where ADTS has it', () => {
    // A quad layout by ffmpeg's encoder: AudioSpecificConfig with channel configuration 0.
    const config = hex('12000504040021100d4c61766335392e33372e313030');
    const [, sample] = demux([
      { type: 8, timestamp: 0, parts: [hex('af00'), config] } as unknown as FlvTag,
      { type: 8, timestamp: 0, parts: [hex('af012100')] } as unknown as FlvTag,
    ]);
    const muxer = new Muxer();
    const tags = mux('aac', Buffer.from(sample!.data), 0, muxer);
    expect(body(tags[0]!)).toBe(`af00${config.toString('hex')}`);
    expect(muxer.audioParameters!.channels).toBe(4);
  });

  test('takes an empty AudioSpecificConfig, as ffmpeg writes it first, for none yet', () => {
    const [first, config, sample] = demux(
      ['af00', 'af001190', 'af012100aa'].map(
        (payload) => ({ type: 8, timestamp: 0, parts: [hex(payload)] }) as unknown as FlvTag,
      ),
    );
    expect(first).toBeUndefined();
    expect(config).toMatchObject({ kind: 'config', codec: 'aac' });
    expect(Buffer.from(sample!.data).toString('hex')).toBe(adts('2100aa', 'f1', '4c', '80').toString('hex'));
  });

  test('skips what modifies a packet, and tells what it does not know', () => {
    const demuxer = new FlvDemuxer();
    const payload = hex('97 02 aabbcc 03 68766331 00000002 2801'); // ModEx of 3 bytes, then CodedFramesX
    expect(demuxer.demux({ type: 9, timestamp: 5, payload })).toMatchObject({
      codec: 'h265',
      keyFrame: true,
      dts: 5,
    });
    const unknown =
      (hexBody: string, type = 9) =>
      () =>
        demuxer.demux({ type, timestamp: 0, payload: hex(hexBody) });
    expect(unknown('12aabb')).toThrow(expect.objectContaining({ code: 'ERR_CLOUDPUSH_FLV_CODEC' }));
    expect(unknown('9078787878')).toThrow(expect.objectContaining({ code: 'ERR_CLOUDPUSH_FLV_CODEC' }));
    expect(unknown('2fff', 8)).not.toThrow();
    expect(unknown('3fff', 8)).toThrow(expect.objectContaining({ code: 'ERR_CLOUDPUSH_FLV_CODEC' }));
    expect(unknown('9068')).toThrow(expect.objectContaining({ code: 'ERR_CLOUDPUSH_FLV_TAG_INVALID' }));
    expect(unknown('1702000000')()).toBeUndefined();
  });
});

describe('parameters', () => {
  const streamInfo = (bits: number): Buffer => {
    // fLaC, a STREAMINFO block that is the last one (RFC 9639 §8.2): blocks of 4608, 48 kHz, 2 channels.
    const header = Buffer.alloc(42);
    header.set(hex('664c6143 80000022 1200 1200'));
    header.writeBigUInt64BE((48_000n << 44n) | (1n << 41n) | (BigInt(bits - 1) << 36n), 18);
    return header;
  };
  const silentMp3 = (header: string): Buffer => Buffer.concat([hex(header), Buffer.alloc(413)]);
  const ac3 = (header: string, size: number): Buffer => Buffer.concat([hex(header), Buffer.alloc(size - 8)]);

  // AC-3 (ATSC A/52 §5.3, §5.4.2): 48 kHz at 32 kbit/s is 128 bytes; stereo, then mono.
  test.each<[AudioCodec, Buffer[], Buffer]>([
    ['aac', [adts('2100')], adts('2100', 'f1', '4c')],
    ['mp3', [silentMp3('fffb90c4').subarray(0, 417)], silentMp3('fffb9004').subarray(0, 417)],
    ['opus', [hex('fc00')], hex('f000')],
    ['flac', [streamInfo(16), hex('fff85a1800ffffff')], hex('fff85a1800ffffff')],
    ['ac3', [ac3('0b77000000404000', 128)], ac3('0b77000000402000', 128)],
  ])('of %s are the same object until something in them changes', (codec, packets, other) => {
    const muxer = new Muxer();
    for (const packet of packets) mux(codec, packet, 0, muxer);
    const parameters = muxer.audioParameters;
    expect(parameters).toBeDefined();
    mux(codec, packets.at(-1)!, 0, muxer, 40);
    expect(muxer.audioParameters).toBe(parameters);
    if (codec === 'flac') mux(codec, streamInfo(24), 0, muxer, 80);
    mux(codec, other, 0, muxer, 80);
    expect(muxer.audioParameters).not.toBe(parameters);
    expect(muxer.audioParameters).not.toEqual(parameters);
    const changed = muxer.audioParameters;
    mux(codec, other, 0, muxer, 120);
    expect(muxer.audioParameters).toBe(changed);
  });

  test('that change and change back within a packet are the same object', () => {
    for (const [codec, a, b] of [
      ['mp3', silentMp3('fffb9004').subarray(0, 417), silentMp3('fffb90c4').subarray(0, 417)],
      ['aac', adts('2100'), adts('2100', 'f1', '4c')],
    ] as const) {
      const muxer = new Muxer();
      mux(codec, a, 0, muxer);
      const parameters = muxer.audioParameters;
      mux(codec, Buffer.concat([b, a]), 0, muxer, 40);
      expect(muxer.audioParameters).toBe(parameters);
    }
  });

  test.each([0, 48])(
    'FLAC: bare STREAMINFO is a stream header, too, for muxer and demuxer (headroom %d)',
    (headroom) => {
      const frame = hex('fff85a1800ffffff');
      const whole = new Muxer();
      const bare = new Muxer();
      mux('flac', streamInfo(24), 0, whole);
      expect(mux('flac', streamInfo(24).subarray(8), headroom, bare)).toEqual([]);
      const expected = mux('flac', frame, 0, whole).map(body);
      expect(mux('flac', frame, headroom, bare).map(body)).toEqual(expected);
      expect(bare.audioParameters).toEqual(whole.audioParameters);
      const payload = hex(`90664c6143${streamInfo(24).subarray(8).toString('hex')}`);
      expect(new FlvDemuxer().demux({ type: TagType.audio, timestamp: 0, payload })).toMatchObject({
        kind: 'config',
        codec: 'flac',
        data: new Uint8Array(hex(expected[0]!.slice(10))),
      });
    },
  );

  test('FLAC: a frame of 34 bytes is no stream header', () => {
    const muxer = new Muxer();
    mux('flac', streamInfo(16), 0, muxer);
    expect(mux('flac', Buffer.concat([hex('fff85a1800'), Buffer.alloc(29, 7)]), 0, muxer)).toHaveLength(2);
  });

  test('follow the sample size of a new FLAC stream header', () => {
    const muxer = new Muxer();
    for (const bits of [16, 24]) {
      mux('flac', streamInfo(bits), 0, muxer);
      mux('flac', hex('fff85a1800ffffff'), 0, muxer);
      expect(muxer.audioParameters!.sampleSize).toBe(bits);
    }
  });

  test('tell no frame length of an Opus stream that has several', () => {
    const muxer = new Muxer();
    mux('opus', hex('fc00'), 0, muxer);
    expect(muxer.audioParameters!.samplesPerFrame).toBe(960);
    for (const packet of ['f000', 'fc00']) {
      mux('opus', hex(packet), 0, muxer, 40);
      expect(muxer.audioParameters!.samplesPerFrame).toBeUndefined();
    }
  });
});

test('a packet may hold 1024 frames and no more', () => {
  const frames = (count: number) => Buffer.alloc(8 * count, hex('fff15040011ffc21'));
  expect(mux('aac', frames(1024))).toHaveLength(1025);
  expect(() => mux('aac', frames(1025))).toThrow(
    expect.objectContaining({
      code: 'ERR_CLOUDPUSH_AUDIO_FRAME_LIMIT',
      details: expect.objectContaining({ offset: 8 * 1024 }),
    }),
  );
});

describe('bytes that belong to no frame, and damaged frames', () => {
  const mp3Frame = (fill: number): Buffer => Buffer.concat([hex('fffb10c0'), Buffer.alloc(100, fill)]);
  const ac3Frame = (fill: number): Buffer => {
    const frame = Buffer.alloc(128, fill);
    hex('0b77 0000 00 40 43 10').copy(frame);
    return frame;
  };
  const kinds: [codec: AudioCodec, frame: (fill: number) => Buffer, headerSize: number][] = [
    ['aac', (fill) => adts(`21${fill.toString(16).padStart(2, '0').repeat(40)}`), 7],
    ['mp3', mp3Frame, 0],
    ['ac3', ac3Frame, 0],
  ];

  /** The tags of a packet, and the reports on it. */
  function tell(
    codec: AudioCodec,
    data: Buffer,
    headroom: number,
  ): { out: string[]; times: number[]; told: string[]; lost: number } {
    const told: string[] = [];
    let lost = 0;
    const onWarning = ({ code }: MuxerError, lostFrames = 0): void => {
      told.push(code);
      lost += lostFrames;
    };
    const muxer = new Muxer({ onWarning });
    const tags = mux(codec, data, headroom, muxer).filter(({ role }) => role === TagRole.audioFrame);
    return { out: tags.map((tag) => body(tag)), times: tags.map(({ timestamp }) => timestamp), told, lost };
  }

  describe.each(kinds)('of %s', (codec, frame, headerSize) => {
    const [a, b, c] = [frame(1), frame(2), frame(3)];
    const sound = ({ length }: Buffer, out: string): boolean => out.length / 2 >= length - headerSize;

    test.each([0, 48])('padding behind and between frames goes, without a word (headroom %d)', (headroom) => {
      const clean = tell(codec, Buffer.concat([a, b]), headroom);
      for (const padding of [1, 2, 3, 4, 7, 8, 300]) {
        const zeros = Buffer.alloc(padding);
        expect(tell(codec, Buffer.concat([a, zeros]), headroom)).toEqual(tell(codec, a, headroom));
        expect(tell(codec, Buffer.concat([a, zeros, b, zeros]), headroom)).toEqual(clean);
        expect(tell(codec, Buffer.concat([zeros, a, b]), headroom)).toEqual(clean);
      }
    });

    test.each([0, 48])('stray bytes are told, and cost no frame and no time (headroom %d)', (headroom) => {
      const clean = tell(codec, Buffer.concat([a, b]), headroom);
      for (const stray of ['07', 'ff', 'fff1', '0b00', '1234567890abcdef']) {
        for (const packet of [
          [hex(stray), a, b],
          [a, hex(stray), b],
          [a, b, hex(stray)],
        ]) {
          const { out, times, told, lost } = tell(codec, Buffer.concat(packet), headroom);
          expect([out, times, lost]).toEqual([clean.out, clean.times, 0]);
          expect(told).toHaveLength(1);
        }
      }
    });

    test.each([0, 48])('a damaged frame is told, and costs itself alone (headroom %d)', (headroom) => {
      const clean = tell(codec, Buffer.concat([a, b, c]), headroom);
      const headless = Buffer.from(b);
      headless[0] = 0x55;
      const whole = (i: number): string => clean.out[i]!;
      const damaged = tell(codec, Buffer.concat([a, headless, c]), headroom);
      expect(damaged.out).toEqual([whole(0), whole(2)]);
      expect(damaged.times).toEqual([clean.times[0], clean.times[2]]);
      expect([damaged.told.length, damaged.lost]).toEqual([1, 1]);
      const cut = tell(codec, Buffer.concat([a, b.subarray(0, b.length - 9), c, a]), headroom);
      expect(cut.out.filter((one) => clean.out.includes(one))).toHaveLength(3);
      expect(cut.lost).toBe(1);
      const half = tell(codec, Buffer.concat([a, b.subarray(0, 20)]), headroom);
      expect([half.out, half.lost]).toEqual([[whole(0)], 1]);
      expect(tell(codec, Buffer.concat([a, headless]), headroom).lost).toBe(1);
      expect(sound(a, whole(0))).toBe(true);
    });

    test('a packet without a frame is refused', () => {
      expect(() => mux(codec, Buffer.alloc(100))).toThrow(MuxerError);
      expect(() => mux(codec, a.subarray(0, 12))).toThrow(MuxerError);
    });
  });
});
