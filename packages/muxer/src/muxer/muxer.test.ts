import { describe, expect, test } from 'vitest';
import type { ColorInfo } from '../colour/color-info.js';
import { type FlvTag, TagRole, TagType } from '../flv/flv-tag.js';
import type { MediaPacket } from '../media-packet.js';
import { Muxer } from './muxer.js';

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

// NAL units of x264 and x265, as far as the muxer looks at them.
const sps = '6764000aacd9457b011000000300100000030320f1225960';
const pps = '68ebe3cb22c0';
const otherSps = '6742c00ad9057b011000000300100000030320f1226480';
const otherPps = '68cb83cb20';
const idr = '6588840047dae398';
const inter = '419a236c457fbc7c';
const disposable = '019e626a42dff8';
/** A further slice of the picture of `idr`: first_mb_in_slice 1. */
const idrRest = '65422100 11f6b8e6'.replace(' ', '');
const hevcSets = [
  '40010c01ffff01600000030090000003000003001e959009',
  '42010101600000030090000003000003001ea028831659592e4caf016808000003000800000300c840',
  '4401c173d089',
];
const hevcIdr = '2801af1d80bc63fd';
const hevcInter = '0201d0195f84318e';

const annexB = (nals: readonly string[], startCode = '00000001'): Buffer =>
  hex(nals.map((nal) => startCode + nal).join(''));
const lengths = (nals: readonly string[]): string =>
  nals.map((nal) => (nal.length / 2).toString(16).padStart(8, '0') + nal).join('');

function readOnly(data: Buffer, dts = 0, more: Partial<MediaPacket> = {}): MediaPacket {
  return { data, headroom: 0, dts, pts: dts, ...more };
}

/** The packet in a SharedArrayBuffer, behind `headroom` writable bytes. */
function writable(data: Buffer, dts = 0, headroom = 48): MediaPacket {
  const view = new Uint8Array(new SharedArrayBuffer(headroom + data.length), headroom);
  view.set(data);
  return { data: view, headroom, dts, pts: dts };
}

function mux(muxer: Muxer, packet: MediaPacket, codec: 'h264' | 'h265' = 'h264'): FlvTag[] {
  const tags: FlvTag[] = [];
  muxer.video(codec, packet, tags);
  return tags;
}

const body = (tag: FlvTag | undefined): string => Buffer.concat(tag!.parts).toString('hex');
const roles = (tags: readonly FlvTag[]): number[] => tags.map(({ role }) => role);

describe('in place', () => {
  test('4-byte start codes become lengths where they stand, and the header goes into the headroom', () => {
    const packet = writable(annexB([sps, pps, idr]));
    const [header, frame] = mux(new Muxer(), packet);
    expect(header!.role).toBe(TagRole.videoSequenceHeader);
    expect(frame!.parts).toHaveLength(1);
    const [part] = frame!.parts;
    expect(part!.buffer).toBe(packet.data.buffer);
    expect(part!.byteOffset).toBe(48 - 5);
    expect(frame!.headroom).toBe(48 - 5);
    expect(body(frame)).toBe(`1701000000${lengths([sps, pps, idr])}`);
    expect(frame!.size).toBe(part!.length);
  });

  test('a 3-byte start code in front takes one byte of headroom for its length', () => {
    const muxer = new Muxer();
    const [, frame] = mux(muxer, writable(hex(`000001${sps}00000001${pps}00000001${idr}`)));
    expect(frame!.parts).toHaveLength(1);
    expect(frame!.headroom).toBe(48 - 6);
    expect(body(frame)).toBe(`1701000000${lengths([sps, pps, idr])}`);
  });

  test('3-byte start codes inside make slices, with neighbours sharing one', () => {
    const packet = writable(hex(`00000001${sps}00000001${pps}000001${idr}00000001${idrRest}`));
    const [, frame] = mux(new Muxer(), packet);
    expect(frame!.parts).toHaveLength(4); // header and length, SPS and PPS, length, both slices
    expect(frame!.parts.filter(({ buffer }) => buffer === packet.data.buffer)).toHaveLength(2);
    expect(body(frame)).toBe(`1701000000${lengths([sps, pps, idr, idrRest])}`);
  });

  test('a headroom that is too small makes slices', () => {
    const [, frame] = mux(new Muxer(), writable(annexB([sps, pps, idr]), 0, 3));
    expect(frame!.parts.length).toBeGreaterThan(1);
    expect(body(frame)).toBe(`1701000000${lengths([sps, pps, idr])}`);
  });

  test('an Enhanced RTMP header of 8 bytes needs more room than one of 5', () => {
    const muxer = new Muxer();
    mux(muxer, writable(annexB([...hevcSets, hevcIdr])), 'h265');
    const packet = { ...writable(annexB([hevcInter]), 40), pts: 120 };
    const [frame] = mux(muxer, packet, 'h265');
    expect(frame!.headroom).toBe(48 - 8);
    expect(body(frame)).toBe(`a168766331000050${lengths([hevcInter])}`);
  });
});

describe('read only', () => {
  test.each(['000001', '00000001', '000000000001'])(
    'slices with start code %s leave the packet as it is',
    (code) => {
      const data = annexB([sps, pps, idr], code);
      const before = Buffer.from(data);
      const [, frame] = mux(new Muxer(), readOnly(data));
      expect(body(frame)).toBe(`1701000000${lengths([sps, pps, idr])}`);
      expect(data.equals(before)).toBe(true);
      expect(frame!.headroom).toBeGreaterThanOrEqual(18);
      const payload = frame!.parts.filter(
        ({ buffer, byteOffset }) => buffer === data.buffer && byteOffset >= data.byteOffset,
      );
      expect(payload.length).toBeGreaterThan(0);
    },
  );
});

describe('NAL units', () => {
  test('delimiters and SEI stay in the sample, filler does not', () => {
    const nals = ['0910', sps, pps, '0605010180', '0cff80', idr, '0cffff80'];
    const [, frame] = mux(new Muxer(), writable(annexB(nals)));
    expect(body(frame)).toBe(`1701000000${lengths(['0910', sps, pps, '0605010180', idr])}`);
  });

  test.each<['h264' | 'h265', string, readonly string[]]>([
    ['h264', 'empty ones', ['', '']],
    [
      'h264',
      'unspecified and reserved types',
      ['00', '0061ff', '11ff', '12', '16ff', '17ff', '18ff', '78', '1f80'],
    ],
    ['h265', 'empty ones', ['', '']],
    ['h265', 'reserved slices', ['1401ff', '1e01af', '2c01af', '3e01af', '2c00', '2c']],
    ['h265', 'unspecified and reserved types', ['52', '5e01ff', '60', '7e00ff', '7eff', '7e']],
    ['h265', 'types besides pictures with half a header', ['46', '4e', '4e00ff']],
  ])('%s: %s are dropped wherever they are, and the picture goes on', (codec, _, ignored) => {
    const sets = codec === 'h264' ? [sps, pps] : hevcSets;
    const slice = codec === 'h264' ? idr : hevcIdr;
    const nals = [...ignored, ...sets, ...ignored, slice, ...ignored];
    for (const code of ['000001', '00000001']) {
      for (const packet of [readOnly(annexB(nals, code)), writable(annexB(nals, code))]) {
        const [header, frame] = mux(new Muxer(), packet, codec);
        expect(header!.role).toBe(TagRole.videoSequenceHeader);
        expect(frame!.role).toBe(TagRole.keyFrame);
        expect(body(frame).slice(10)).toBe(lengths([...sets, slice]));
      }
    }
  });

  test('a packet of nothing but what decoders ignore is no picture, and no fault', () => {
    const muxer = new Muxer();
    mux(muxer, readOnly(annexB([sps, pps, idr])));
    expect(mux(muxer, readOnly(annexB(['00ff', '0cff80']), 20))).toEqual([]);
    expect(body(mux(muxer, readOnly(annexB([inter]), 40))[0])).toBe(`2701000000${lengths([inter])}`);
  });

  test('SEI that comes on its own goes in front of the next picture', () => {
    const muxer = new Muxer();
    expect(mux(muxer, readOnly(annexB([sps, pps])))).toEqual([]);
    expect(mux(muxer, readOnly(annexB(['0605010180'])))).toEqual([]);
    const [, first] = mux(muxer, writable(annexB([idr]), 0));
    expect(body(first)).toBe(`1701000000${lengths(['0605010180', idr])}`);
    const [second] = mux(muxer, writable(annexB([inter]), 40));
    expect(body(second)).toBe(`2701000000${lengths([inter])}`);
  });

  test('roles follow nal_ref_idc, and a recovery point is a key frame', () => {
    const muxer = new Muxer();
    mux(muxer, readOnly(annexB([sps, pps, idr])));
    expect(roles(mux(muxer, readOnly(annexB([inter]), 40)))).toEqual([TagRole.interFrame]);
    expect(roles(mux(muxer, readOnly(annexB([disposable]), 80)))).toEqual([TagRole.disposableFrame]);
    expect(roles(mux(muxer, readOnly(annexB(['0606010480', inter]), 120)))).toEqual([TagRole.keyFrame]);
  });

  test.each<['h264' | 'h265', readonly string[], string]>([
    ['h264', [sps, pps, idr], inter],
    ['h265', [...hevcSets, hevcIdr], hevcInter],
  ])(
    '%s: what is in a picture counts, whatever keyFrame says, and the contradiction is told once',
    (codec, first, next) => {
      const told: unknown[] = [];
      const muxer = new Muxer({ onWarning: ({ code, details }) => told.push([code, details.actual]) });
      // As the sample program of the C SDK has it: 0 with the IDR picture, and 1 from then on.
      const tags = mux(muxer, readOnly(annexB(first), 0, { keyFrame: false }), codec);
      expect(roles(tags)).toEqual([TagRole.videoSequenceHeader, TagRole.keyFrame]);
      for (let i = 1; i < 4; i++) {
        const [frame] = mux(muxer, readOnly(annexB([next]), 40 * i, { keyFrame: true }), codec);
        expect(frame!.role).toBe(TagRole.interFrame);
        expect(body(frame).slice(0, 1)).toBe(codec === 'h264' ? '2' : 'a');
      }
      expect(told).toEqual([['ERR_CLOUDPUSH_VIDEO_KEY_FRAME_HINT', 'false']]);
    },
  );

  test('a keyFrame that is right is not told of, and none does not make a key frame', () => {
    const told: unknown[] = [];
    const muxer = new Muxer({ onWarning: (warning) => told.push(warning) });
    mux(muxer, readOnly(annexB([sps, pps, idr]), 0, { keyFrame: true }));
    mux(muxer, readOnly(annexB([inter]), 40, { keyFrame: false }));
    mux(muxer, readOnly(annexB(['0606010480', inter]), 80, { keyFrame: true }));
    expect(told).toEqual([]);
    expect(() => mux(new Muxer(), readOnly(annexB([sps, pps, inter]), 0, { keyFrame: true }))).toThrow(
      expect.objectContaining({ code: 'ERR_CLOUDPUSH_VIDEO_NO_KEY_FRAME' }),
    );
  });

  test('a recovery point in a packet of its own makes the next picture a key frame', () => {
    const muxer = new Muxer();
    mux(muxer, readOnly(annexB([sps, pps])));
    mux(muxer, readOnly(annexB(['0606010480'])));
    expect(roles(mux(muxer, readOnly(annexB([inter]))))).toEqual([
      TagRole.videoSequenceHeader,
      TagRole.keyFrame,
    ]);
    expect(roles(mux(muxer, readOnly(annexB([inter]), 40)))).toEqual([TagRole.interFrame]);
  });

  test('SEI of a picture that is refused does not go to the next one', () => {
    const muxer = new Muxer();
    mux(muxer, readOnly(annexB([sps, pps])));
    mux(muxer, readOnly(annexB(['0605010180'])));
    expect(() => mux(muxer, readOnly(annexB([inter])))).toThrow();
    expect(body(mux(muxer, readOnly(annexB([idr]), 40))[1])).toBe(`1701000000${lengths([idr])}`);
  });

  test.each([0, 48])('SEI of its own goes behind the delimiter of its picture (headroom %d)', (headroom) => {
    const muxer = new Muxer();
    mux(muxer, readOnly(annexB([sps, pps])));
    mux(muxer, readOnly(annexB(['0605010180'])));
    const packet = { ...writable(annexB(['0910', idr, idrRest])), headroom };
    const [, frame] = mux(muxer, packet);
    expect(body(frame)).toBe(`1701000000${lengths(['0910', '0605010180', idr, idrRest])}`);
    expect(frame!.size).toBe(Buffer.concat(frame!.parts).length);
  });

  test('a suffix SEI without its picture is dropped', () => {
    const muxer = new Muxer();
    mux(muxer, readOnly(annexB([...hevcSets, hevcIdr])), 'h265');
    expect(mux(muxer, readOnly(annexB(['5001840180'])), 'h265')).toEqual([]);
    const [frame] = mux(muxer, readOnly(annexB([hevcInter]), 40), 'h265');
    expect(body(frame)).toBe(`a368766331${lengths([hevcInter])}`);
  });

  test('a further slice with a PPS that has not come is refused', () => {
    const other = '65882cff00112233'; // pic_parameter_set_id 10
    expect(() => mux(new Muxer(), readOnly(annexB([sps, pps, idr, other])))).toThrow(
      expect.objectContaining({ code: 'ERR_CLOUDPUSH_PARAMETER_SETS_MISMATCH' }),
    );
  });

  test('an encrypted body is not looked at', () => {
    const muxer = new Muxer();
    const [, frame] = mux(muxer, readOnly(annexB([sps, pps, '65ffffffff']), 0, { encrypted: true }));
    expect(frame!.role).toBe(TagRole.keyFrame);
  });
});

describe('a picture that the caller has encrypted', () => {
  const encrypted = (data: Buffer, dts: number, keyFrame?: boolean) =>
    readOnly(data, dts, { encrypted: true, keyFrame });

  test.each([
    ['opaque bytes', 'd1fe7700', 'd1fe7700'],
    ['opaque bytes with a start code in them', 'd1fe000001e7', 'd1fe000001e7'],
    ['two zeros and no start code', '0000ff', '0000ff'],
    ['a start code and opaque bytes', '00000001d1fe00', 'd1fe00'],
    ['a start code and opaque bytes with another in them', '000001d1fe000001aa', 'd1fe000001aa'],
  ])('as %s is one NAL unit as it is, and keyFrame says what it is', (_, data, nal) => {
    const muxer = new Muxer();
    mux(muxer, readOnly(annexB([sps, pps])));
    const first = mux(muxer, { ...writable(hex(data)), encrypted: true, keyFrame: true });
    expect(roles(first)).toEqual([TagRole.videoSequenceHeader, TagRole.keyFrame]);
    expect(body(first[1])).toBe(`1701000000${lengths([nal])}`);
    for (const [i, keyFrame] of [false, undefined].entries()) {
      const [frame] = mux(muxer, encrypted(hex(data), 40 + 40 * i, keyFrame));
      expect(frame!.role).toBe(TagRole.interFrame);
      expect(body(frame)).toBe(`2701000000${lengths([nal])}`);
    }
  });

  test('as opaque bytes is one NAL unit of H.265, too', () => {
    const muxer = new Muxer();
    mux(muxer, readOnly(annexB(hevcSets)), 'h265');
    const [, frame] = mux(muxer, encrypted(hex('aa000003ff'), 0, true), 'h265');
    expect(body(frame)).toBe(`9368766331${lengths(['aa000003ff'])}`);
  });

  test('as opaque bytes needs parameter sets, and a first key frame, as any other', () => {
    const muxer = new Muxer();
    const refused = (keyFrame: boolean, code: string) =>
      expect(() => mux(muxer, encrypted(hex('d1fe77'), 0, keyFrame))).toThrow(
        expect.objectContaining({ code: `ERR_CLOUDPUSH_${code}` }),
      );
    refused(true, 'NO_SPS_PPS');
    mux(muxer, readOnly(annexB([sps, pps])));
    refused(false, 'VIDEO_NO_KEY_FRAME');
    expect(mux(muxer, encrypted(hex('d1fe77'), 0, true))).toHaveLength(2);
    expect(() => mux(muxer, readOnly(hex('d1fe77'), 40))).toThrow(
      expect.objectContaining({ code: 'ERR_CLOUDPUSH_VIDEO_NO_START_CODE' }),
    );
  });

  test('in its bodies alone is what keyFrame says, and without keyFrame what its NAL unit types say', () => {
    const muxer = new Muxer();
    mux(muxer, encrypted(annexB([sps, pps, '65ffffffff']), 0));
    const [asTold] = mux(muxer, encrypted(annexB(['65ffffffff']), 40, false));
    expect(asTold!.role).toBe(TagRole.interFrame);
    expect(mux(muxer, encrypted(annexB(['65ffffffff']), 80))[0]!.role).toBe(TagRole.keyFrame);
    expect(mux(muxer, encrypted(annexB(['41ffffffff']), 120))[0]!.role).toBe(TagRole.interFrame);
  });
});

describe('behind a picture that was refused', () => {
  const noKeyFrame = expect.objectContaining({ code: 'ERR_CLOUDPUSH_VIDEO_NO_KEY_FRAME' });
  const started = (): Muxer => {
    const muxer = new Muxer();
    mux(muxer, readOnly(annexB([sps, pps, idr])));
    return muxer;
  };
  const refuse = (muxer: Muxer, packet: MediaPacket, codec: 'h264' | 'h265' = 'h264') =>
    expect(() => mux(muxer, packet, codec)).toThrow();

  test.each<[string, MediaPacket]>([
    ['a key frame of a PPS that has not come', readOnly(annexB(['65882cff00112233']), 40)],
    ['a picture of a PPS that has not come', readOnly(annexB(['41985fff00112233']), 40)],
    ['a picture without a time', readOnly(annexB([inter]), Number.POSITIVE_INFINITY)],
    ['a picture with the forbidden bit', readOnly(annexB([`c1${inter.slice(2)}`]), 40)],
    ['a picture without its start code', readOnly(hex(inter), 40)],
    ['a picture with its length in front', readOnly(hex(lengths([inter])), 40)],
  ])('%s, no picture goes out up to the next key frame', (_, packet) => {
    const muxer = started();
    refuse(muxer, packet);
    for (const nal of [inter, disposable, inter])
      expect(() => mux(muxer, readOnly(annexB([nal]), 80))).toThrow(noKeyFrame);
    expect(roles(mux(muxer, readOnly(annexB([idr]), 120)))).toEqual([TagRole.keyFrame]);
    expect(roles(mux(muxer, readOnly(annexB([inter]), 160)))).toEqual([TagRole.interFrame]);
  });

  test.each<[string, MediaPacket]>([
    ['a picture that no other refers to', readOnly(annexB([disposable]), Number.POSITIVE_INFINITY)],
    ['an empty packet', readOnly(hex(''), 40)],
    ['empty NAL units', readOnly(annexB(['', '']), 40)],
    ['bytes that look like no picture', readOnly(hex('01020304'), 40)],
    ['a broken SPS of its own', readOnly(annexB(['6764000a0421ff']), 40)],
  ])('that was %s, the next ones go out', (_, packet) => {
    const muxer = started();
    refuse(muxer, packet);
    expect(roles(mux(muxer, readOnly(annexB([inter]), 80)))).toEqual([TagRole.interFrame]);
  });

  test('H.265 goes on at the next random access point, and does not wait for a picture that no other refers to', () => {
    const muxer = new Muxer();
    mux(muxer, readOnly(annexB([...hevcSets, hevcIdr])), 'h265');
    const trailN = `00${hevcInter.slice(2)}`;
    refuse(muxer, readOnly(annexB([trailN]), Number.POSITIVE_INFINITY), 'h265');
    expect(roles(mux(muxer, readOnly(annexB([hevcInter]), 40), 'h265'))).toEqual([TagRole.interFrame]);
    refuse(muxer, readOnly(annexB([hevcInter]), Number.POSITIVE_INFINITY), 'h265');
    expect(() => mux(muxer, readOnly(annexB([hevcInter]), 80), 'h265')).toThrow(noKeyFrame);
    expect(roles(mux(muxer, readOnly(annexB([hevcIdr]), 120), 'h265'))).toEqual([TagRole.keyFrame]);
  });

  test('that was lost before it came, no picture goes out up to the next key frame', () => {
    const muxer = started();
    muxer.awaitKeyFrame();
    expect(() => mux(muxer, readOnly(annexB([inter]), 40))).toThrow(noKeyFrame);
    expect(roles(mux(muxer, readOnly(annexB(['0606010480', inter]), 80)))).toEqual([TagRole.keyFrame]);
  });
});

describe('sequence headers', () => {
  test('avcC with the High fields, once, and again only when its bytes change', () => {
    const muxer = new Muxer();
    const [header] = mux(muxer, readOnly(annexB([sps, pps, idr])));
    const record = `0164000affe10018${sps}010006${pps}fdf8f800`;
    expect(body(header)).toBe(`1700000000${record}`);
    expect(roles(mux(muxer, readOnly(annexB([sps, pps, idr]), 40)))).toEqual([TagRole.keyFrame]);
    const changed = mux(muxer, readOnly(annexB([otherSps, otherPps, idr]), 80));
    expect(roles(changed)).toEqual([TagRole.videoSequenceHeader, TagRole.keyFrame]);
    expect(body(changed[0])).toBe(`17000000000142c00affe10017${otherSps}010005${otherPps}`);
  });

  test('of parameter sets in packets of their own comes with the next picture', () => {
    const muxer = new Muxer();
    mux(muxer, readOnly(annexB([sps, pps, idr])));
    expect(mux(muxer, readOnly(annexB([otherSps]), 40))).toEqual([]);
    expect(mux(muxer, readOnly(annexB([otherPps]), 40))).toEqual([]);
    expect(roles(mux(muxer, readOnly(annexB([idr]), 40)))).toEqual([
      TagRole.videoSequenceHeader,
      TagRole.keyFrame,
    ]);
  });

  test('is not lost when the picture that it comes with is refused', () => {
    const muxer = new Muxer();
    mux(muxer, readOnly(annexB([sps, pps, idr]), 100));
    expect(() => mux(muxer, readOnly(annexB([otherSps, otherPps, idr]), Number.POSITIVE_INFINITY))).toThrow();
    expect(roles(mux(muxer, readOnly(annexB([idr]), 140)))).toEqual([
      TagRole.videoSequenceHeader,
      TagRole.keyFrame,
    ]);
  });

  // x264 with sps-id=1: SPS 1, PPS 1 and the head of an IDR slice that refers to it.
  const sps1 = '6742c00d568141fb011000000300100000030320f142aa';
  const pps1 = '6848e0fc80';
  const idr1 = '658841025f1088ab';

  test('hold the active SPS and its PPS alone, and come again with every switch', () => {
    const muxer = new Muxer();

    const headers = [[sps, pps, idr], [sps1, pps1, idr1], [idr], [idr1]].map((nals, i) => {
      const tags = mux(muxer, readOnly(annexB(nals), 40 * i));
      return [body(tags[0]).slice(10), muxer.videoParameters!.profile];
    });
    const [first, second] = headers;
    expect(first![0]).toMatch(/^0164000affe10018/);
    expect(second).toEqual([`0142c00dffe10017${sps1}010005${pps1}`, 66]);
    expect(headers.slice(2)).toEqual([first, second]);
  });

  test('of an encrypted stream follow the sets that came last', () => {
    const muxer = new Muxer();
    const encrypted = (nals: readonly string[], dts: number) => {
      mux(muxer, readOnly(annexB(nals), dts, { encrypted: true }));
      return muxer.videoParameters!.profile;
    };
    expect(encrypted([sps, pps, '65ffffffff'], 0)).toBe(100);
    expect(encrypted([sps1, pps1, '65ffffffff'], 40)).toBe(66);
    expect(encrypted(['65ffffffff'], 80)).toBe(66);
    expect(encrypted([sps, pps, '65ffffffff'], 120)).toBe(100);
  });

  test('do not hold what comes behind the first slice: that is for the next picture', () => {
    const muxer = new Muxer();
    const [header] = mux(muxer, readOnly(annexB([sps, pps, idr, otherSps, otherPps])));
    expect(body(header)).toContain(sps);
    expect(body(header)).not.toContain(otherSps);
    expect(muxer.videoParameters!.profile).toBe(100);
    expect(body(mux(muxer, readOnly(annexB([idr]), 40))[0])).toContain(otherSps);
  });

  test('stay within a message: parameter sets that are too many bytes together are refused', () => {
    const muxer = new Muxer();
    const filled = (id: number) => {
      // ue(id), ue(0), then the rest of the PPS above; zeros and ones behind its end do not matter.
      const code = (id + 1).toString(2);
      const bits = `${'0'.repeat(code.length - 1)}${code}110101111100011110010110010001011`;
      const bytes = bits.padEnd(Math.ceil(bits.length / 8) * 8, '0').match(/.{8}/g)!;
      const start = bytes.map((byte) => Number.parseInt(byte, 2).toString(16).padStart(2, '0')).join('');
      return `68${start}${'01'.repeat(65_000)}`;
    };
    mux(muxer, readOnly(annexB([sps])));
    for (let id = 0; id < 16; id++) mux(muxer, readOnly(annexB([filled(id)])));
    expect(() => mux(muxer, readOnly(annexB([filled(16)])))).toThrow(
      expect.objectContaining({
        code: 'ERR_CLOUDPUSH_PARAMETER_SETS_TOO_LARGE',
        details: expect.objectContaining({ offset: 4 }),
      }),
    );
    expect(() => mux(muxer, readOnly(annexB([filled(3)])))).not.toThrow();
  });

  test('parameters are the same object until something in them changes', () => {
    const muxer = new Muxer();
    mux(muxer, readOnly(annexB([sps, pps, idr])));
    const parameters = muxer.videoParameters;
    // Another PPS changes the header, but nothing that the parameters tell.
    expect(roles(mux(muxer, readOnly(annexB([sps, '685ae3cb22c0', idr]), 40)))).toEqual([
      TagRole.videoSequenceHeader,
      TagRole.keyFrame,
    ]);
    expect(muxer.videoParameters).toBe(parameters);
    expect(() => mux(muxer, readOnly(annexB([otherSps, otherPps, idr]), Number.POSITIVE_INFINITY))).toThrow();
    expect(muxer.videoParameters).toBe(parameters);
    mux(muxer, readOnly(annexB([idr]), 80));
    expect(muxer.videoParameters).not.toBe(parameters);
  });

  test('parameters follow the active parameter sets', () => {
    const muxer = new Muxer();
    expect(muxer.videoParameters).toBeUndefined();
    mux(muxer, readOnly(annexB([sps, pps, idr])));
    expect(muxer.videoParameters).toMatchObject({
      codecString: 'avc1.64000a',
      frameRate: 25,
      reorderDepth: 2,
      videoCodecId: 7,
    });
    mux(muxer, readOnly(annexB([otherSps, otherPps, idr]), 40));
    expect(muxer.videoParameters).toMatchObject({ profile: 66, reorderDepth: 0 });
  });

  test('for late starters are fresh copies, audio first', () => {
    const muxer = new Muxer();
    expect(muxer.sequenceHeaders(7)).toEqual([]);
    const [header] = mux(muxer, readOnly(annexB([sps, pps, idr])));
    muxer.audio('aac', readOnly(hex('fff15040013ffc2100')), []);
    const [audio, video, ...more] = muxer.sequenceHeaders(7);
    expect(more).toEqual([]);
    expect([audio!.timestamp, video!.timestamp]).toEqual([7, 7]);
    expect(body(audio)).toBe('af001208');
    expect(body(video)).toBe(body(header));
    expect(video!.parts[0]).not.toBe(header!.parts[0]);
    expect(muxer.sequenceHeaders(0)[1]!.parts[0]).not.toBe(video!.parts[0]);
  });
});

describe('H.265', () => {
  test.each([
    ['enhanced', '9068766331', '9368766331', 1752589105],
    ['legacy', '1c00000000', '1c01000000', 12],
  ] as const)('in its %s form', (hevcForm, headerStart, frameStart, codecId) => {
    const muxer = new Muxer({ hevcForm });
    const [header, frame] = mux(muxer, writable(annexB([...hevcSets, hevcIdr])), 'h265');
    const record = [
      '0101600000009000000000001ef000fcfdf8f800000f03',
      ...hevcSets.map(
        (set, i) => `${['20', '21', '22'][i]}0001${(set.length / 2).toString(16).padStart(4, '0')}${set}`,
      ),
    ].join('');
    expect(body(header)).toBe(headerStart + record);
    expect(body(frame)).toBe(frameStart + lengths([...hevcSets, hevcIdr]));
    expect(muxer.videoParameters!.videoCodecId).toBe(codecId);
  });

  test('changes its form behind a new sequence header', () => {
    const muxer = new Muxer();
    mux(muxer, readOnly(annexB([...hevcSets, hevcIdr])), 'h265');
    muxer.hevcForm = 'legacy';
    const tags = mux(muxer, readOnly(annexB([hevcInter]), 40), 'h265');
    expect(tags.map((tag) => body(tag).slice(0, 4))).toEqual(['1c00', '2c01']);
    expect(muxer.hevcForm).toBe('legacy');
  });

  test('goes on in another form without a header when the tags so far have been converted', () => {
    const muxer = new Muxer();
    mux(muxer, readOnly(annexB([...hevcSets, hevcIdr])), 'h265');
    muxer.convertHevc('legacy');
    const tags = mux(muxer, readOnly(annexB([...hevcSets, hevcIdr]), 40), 'h265');
    expect(tags.map((tag) => body(tag).slice(0, 4))).toEqual(['1c01']);
    expect([muxer.hevcForm, muxer.videoParameters!.videoCodecId]).toEqual(['legacy', 12]);
    expect(body(muxer.sequenceHeaders(0)[0]).slice(0, 4)).toBe('1c00');
  });
});

describe('time', () => {
  test('composition offsets are signed, 24 bits, and add no rounding errors', () => {
    const muxer = new Muxer();
    const at = (dts: number, pts: number) => {
      const tag = mux(muxer, { data: annexB([sps, pps, idr]), headroom: 0, dts, pts }).at(-1)!;
      return [tag.timestamp, hex(body(tag)).readIntBE(2, 3)];
    };
    expect(at(1000, 1066.67)).toEqual([0, 67]);
    expect(at(1033.33, 1033.33)).toEqual([33, 0]);
    expect(at(1066.67, 1040)).toEqual([67, -27]);
    expect(at(1100, 1100 + 2 ** 23 - 1)).toEqual([100, 2 ** 23 - 1]);
  });

  test('a missing dts comes from pts and the reorder depth of the SPS', () => {
    const muxer = new Muxer();
    const stamps = [0, 120, 40, 80].map((pts, i) => {
      const nals = i === 0 ? [sps, pps, idr] : [inter];
      return mux(muxer, { data: annexB(nals), headroom: 0, dts: Number.NaN, pts }).at(-1)!;
    });
    // Two frames of delay: the first is shown 80 ms after it is decoded.
    expect(stamps.map(({ timestamp }) => timestamp)).toEqual([0, 40, 80, 120]);
    expect(stamps.map((tag) => hex(body(tag)).readIntBE(2, 3))).toEqual([80, 160, 40, 40]);
  });

  test('derived decoding times go on when the clock of the presentation times has been set', () => {
    for (const set of [-5000, -1e12, 1e12]) {
      const warnings: unknown[] = [];
      const muxer = new Muxer({ onWarning: ({ details }) => warnings.push(details.actual) });
      const at = (pts: number, nals = [inter]) => {
        const tag = mux(muxer, { data: annexB(nals), headroom: 0, dts: Number.NaN, pts }).at(-1)!;
        return [tag.timestamp, tag.timestamp + hex(body(tag)).readIntBE(2, 3)];
      };
      const pts = [0, 120, 40, 80, 240, 160, 200];
      const out = pts.map((time, i) => at(time + (i > 3 ? set : 0), i === 0 ? [sps, pps, idr] : [inter]));
      // Pictures in whose place the clock was set are shown in time, but for what is left of the delay.
      expect(out.slice(0, 4)).toEqual([
        [0, 80],
        [40, 200],
        [80, 120],
        [120, 160],
      ]);
      const decoding = out.map(([stamp]) => stamp!);
      expect(decoding).toEqual([...decoding].sort((a, b) => a - b));
      expect(decoding.at(-1)).toBeLessThan(300);
      for (const [stamp, shown] of out) expect(shown).toBeGreaterThanOrEqual(stamp!);
      expect(warnings).toHaveLength(1);
    }
  });

  test('a presentation time that no composition offset holds is told, and the picture shown when it is decoded', () => {
    const told: unknown[] = [];
    const muxer = new Muxer({ onWarning: ({ code, details }) => told.push([code, details.actual]) });
    mux(muxer, readOnly(annexB([sps, pps, idr])));
    const [frame] = mux(muxer, { ...readOnly(annexB([inter]), 40), pts: 2 ** 23 + 40 });
    expect(body(frame)).toBe(`2701000000${lengths([inter])}`);
    expect(told).toEqual([['ERR_CLOUDPUSH_COMPOSITION_OFFSET_RANGE', 2 ** 23]]);
  });

  test('a stream of few frames a second may begin behind another track without its dts', () => {
    const muxer = new Muxer();
    muxer.audio('aac', readOnly(hex('fff15040013ffc2100')), []);
    const slow = hex(annexB([sps, pps, idr]).toString('hex'));
    expect(mux(muxer, { data: slow, headroom: 0, dts: Number.NaN, pts: -990 }).at(-1)!.timestamp).toBe(0);
  });

  test('the first packet may have its dts before the wrap of the clock, and its pts behind it', () => {
    const muxer = new Muxer({ inputClock: 'wrapping32' });
    const packet = { data: annexB([sps, pps, idr]), headroom: 0, dts: 2 ** 32 - 40, pts: 40 };
    const tag = mux(muxer, packet).at(-1)!;
    expect([tag.timestamp, hex(body(tag)).readIntBE(2, 3)]).toEqual([0, 80]);
    expect(mux(muxer, readOnly(annexB([inter]), 0))[0]!.timestamp).toBe(40);
  });

  test('goes on over the wrap of a 32-bit clock', () => {
    const muxer = new Muxer({ inputClock: 'wrapping32' });
    mux(muxer, readOnly(annexB([sps, pps, idr]), 2 ** 32 - 20));
    expect(mux(muxer, readOnly(annexB([inter]), 20))[0]!.timestamp).toBe(40);
  });

  test('script data is in order with the media, also without a time of its own', () => {
    const muxer = new Muxer();
    const tags: FlvTag[] = [];
    const untimed = { data: hex('0200'), headroom: 0, dts: Number.NaN, pts: Number.NaN };
    muxer.scriptData(untimed, tags);
    mux(muxer, readOnly(annexB([sps, pps, idr]), 500));
    mux(muxer, readOnly(annexB([inter]), 540));
    muxer.scriptData(untimed, tags);
    muxer.scriptData({ ...untimed, dts: 560, pts: 560 }, tags);
    expect(tags.map(({ timestamp }) => timestamp)).toEqual([0, 40, 60]);
    expect(tags.every(({ type, role }) => type === TagType.scriptData && role === TagRole.data)).toBe(true);
  });
});

describe('codec', () => {
  test('changes in mid-stream at a key frame', () => {
    const muxer = new Muxer();
    mux(muxer, readOnly(annexB([sps, pps, idr])));
    const tags = mux(muxer, readOnly(annexB([...hevcSets, hevcIdr]), 40), 'h265');
    expect(roles(tags)).toEqual([TagRole.videoSequenceHeader, TagRole.keyFrame]);
    expect(muxer.videoParameters!.codec).toBe('h265');
  });

  test('does not change by a packet that is refused', () => {
    const muxer = new Muxer();
    mux(muxer, readOnly(annexB([sps, pps, idr])));
    expect(() => mux(muxer, readOnly(annexB([hevcInter]), 40), 'h265')).toThrow();
    expect(roles(mux(muxer, readOnly(annexB([inter]), 80)))).toEqual([TagRole.interFrame]);
  });
});

test('colorInfo of the caller is sent once, before the key frame that follows', () => {
  const info = { colorConfig: { bitDepth: 10, colorPrimaries: 9 } };
  const muxer = new Muxer({ colorInfo: info });
  const tags = mux(muxer, readOnly(annexB([...hevcSets, hevcIdr])), 'h265');
  expect(roles(tags)).toEqual([TagRole.videoSequenceHeader, TagRole.videoMetadata, TagRole.keyFrame]);
  // Enhanced RTMP "Metadata Frame" in AMF0: a string, then an object of an object of numbers.
  const amf = [
    ...['020009', Buffer.from('colorInfo').toString('hex'), '03'],
    ...['000b', Buffer.from('colorConfig').toString('hex'), '03'],
    ...['0008', Buffer.from('bitDepth').toString('hex'), '004024000000000000'],
    ...['000e', Buffer.from('colorPrimaries').toString('hex'), '004022000000000000'],
    '000009000009',
  ].join('');
  expect(body(tags[1])).toBe(`a468766331${amf}`);
  expect(roles(mux(muxer, readOnly(annexB([hevcIdr]), 40), 'h265'))).toEqual([TagRole.keyFrame]);
  const late = muxer.sequenceHeaders(50);
  expect(roles(late)).toEqual([TagRole.videoSequenceHeader, TagRole.videoMetadata]);
  expect(body(late[1])).toBe(body(tags[1]));
  muxer.colorInfo = 'never';
  const reset = mux(muxer, readOnly(annexB([hevcIdr]), 80), 'h265');
  expect(body(reset[0])).toBe(`a468766331020009${Buffer.from('colorInfo').toString('hex')}03000009`);
});

test('a VP9 stream in 4:4:0, which its record cannot express, is refused', () => {
  // uncompressed_header() (VP9 §6.2): profile 1, key frame, sync code, BT.601, subsampling 0 and 1, 64 × 64.
  const bits = `10100010${(0x498342).toString(2).padStart(24, '0')}00100100000000001111110000000000111111`;
  const data = Buffer.from(
    bits
      .padEnd(96, '0')
      .match(/.{8}/g)!
      .map((byte) => Number.parseInt(byte, 2)),
  );
  expect(() => new Muxer().video('vp9', readOnly(data), [])).toThrow(
    expect.objectContaining({
      code: 'ERR_CLOUDPUSH_VP9_HEADER_INVALID',
      details: expect.objectContaining({ actual: '4:4:0' }),
    }),
  );
});

test.each([null, 7, { colorConfig: null }, { hdrMdcv: 'yes' }])('colorInfo %j is refused', (option) => {
  const colorInfo = option as unknown as ColorInfo;
  const refusal = expect.objectContaining({ code: 'ERR_CLOUDPUSH_COLOR_INFO_INVALID' });
  expect(() => new Muxer({ colorInfo })).toThrow(refusal);
  const muxer = new Muxer();
  expect(() => {
    muxer.colorInfo = colorInfo;
  }).toThrow(refusal);
  expect(muxer.colorInfo).toBe('auto');
});

test('HDR that SEI has told outlives a new PPS, and not a new SPS', () => {
  // x265: content light level 1000 and 400 cd/m² (23008-2 §D.2.35) in a prefix SEI.
  const light = '4e01900403e8019080';
  const muxer = new Muxer();
  const first = mux(muxer, readOnly(annexB([...hevcSets, light, hevcIdr])), 'h265');
  expect(roles(first)).toContain(TagRole.videoMetadata);
  // The same PPS as number 1: ue(0), one bit, becomes ue(1), 010.
  const otherPps1 = '4401505cf422 40'.replaceAll(' ', '');
  expect(roles(mux(muxer, readOnly(annexB([otherPps1, hevcIdr]), 40), 'h265'))).toEqual([
    TagRole.videoSequenceHeader,
    TagRole.keyFrame,
  ]);
});

test('an AV1 sequence header of any length goes into the record with its size', () => {
  // libaom; the temporal unit is cut behind the header, whose OBU then ends with the packet and needs no
  // size.
  const sequenceHeader = '00000003 2cfbcdaf9004'.replaceAll(' ', '');
  const keyFrame = '320110';
  for (const [padding, size] of [
    [0, '0a'],
    [200, 'd201'],
    [20_000, 'aa9c01'],
  ] as const) {
    const muxer = new Muxer();
    const unsized = hex(`08${sequenceHeader}${'00'.repeat(padding)}`);
    muxer.video('av1', readOnly(unsized), []);
    const tags: FlvTag[] = [];
    muxer.video('av1', readOnly(hex(keyFrame)), tags);
    const record = body(tags[0]).slice(2 * (5 + 4));
    expect(record.slice(0, 2 + size.length)).toBe(`0a${size}`);
    expect(record.length / 2).toBe(unsized.length + size.length / 2);
  }
});

test('HDR that SEI has told ends with its sequence', () => {
  const muxer = new Muxer();
  mux(muxer, readOnly(annexB([...hevcSets, '4e01900403e8019080', hevcIdr])), 'h265');
  // The VPS with a byte behind its end is another one.
  const otherVps = '40010c01ffff01600000030090000003000003001e95900980';
  const tags = mux(muxer, readOnly(annexB([otherVps, hevcIdr]), 40), 'h265');
  expect(roles(tags)).toEqual([TagRole.videoSequenceHeader, TagRole.videoMetadata, TagRole.keyFrame]);
});

describe('HDR that SEI has told, when a stream switches between two sequences that are both known', () => {
  // The SPS as number 1, a PPS 1 that refers to it, and an IDR picture under that: ue(0), one bit, becomes
  // ue(1), 010.
  const otherSets = [
    '42010101600000030090000003000003001e480a20c596564b932bc05a020000030002000003003210',
    '440148173d0890',
  ];
  const otherIdr = '280193c7602f18ff40';
  const light = '4e01900403e8019080';
  const otherLight = '4e01900407d0032080';

  /**
   * The light level that the muxer sends in front of a picture: nothing new, or maxFall and maxCLL, or
   * none at all.
   */
  function told(tags: FlvTag[]): 'nothing' | 'none' | 'some' {
    const metadata = tags.find(({ role }) => role === TagRole.videoMetadata);
    if (metadata === undefined) return 'nothing';
    return body(metadata).includes(Buffer.from('hdrCll').toString('hex')) ? 'some' : 'none';
  }

  function start(): Muxer {
    const muxer = new Muxer();
    expect(told(mux(muxer, readOnly(annexB([...hevcSets, ...otherSets, light, hevcIdr])), 'h265'))).toBe(
      'some',
    );
    return muxer;
  }

  test('does not go over to the other, nor come back', () => {
    const muxer = start();
    expect(told(mux(muxer, readOnly(annexB([hevcIdr]), 40), 'h265'))).toBe('nothing');
    expect(told(mux(muxer, readOnly(annexB([otherIdr]), 80), 'h265'))).toBe('none');
    expect(told(mux(muxer, readOnly(annexB([hevcIdr]), 120), 'h265'))).toBe('nothing');
  });

  test('holds on when the picture that switches tells the same again, in its packet or ahead of it', () => {
    const muxer = start();
    expect(told(mux(muxer, readOnly(annexB([light, otherIdr]), 40), 'h265'))).toBe('nothing');
    mux(muxer, readOnly(annexB([light]), 80), 'h265');
    expect(told(mux(muxer, readOnly(annexB([hevcIdr]), 80), 'h265'))).toBe('nothing');
    expect(told(mux(muxer, readOnly(annexB([otherIdr]), 120), 'h265'))).toBe('none');
  });

  test('gives way to what the picture that switches tells', () => {
    const muxer = start();
    expect(told(mux(muxer, readOnly(annexB([otherLight, otherIdr]), 40), 'h265'))).toBe('some');
    expect(told(mux(muxer, readOnly(annexB([otherIdr]), 80), 'h265'))).toBe('nothing');
  });

  test('is not forgotten for an SPS that no picture uses', () => {
    const muxer = new Muxer();
    expect(told(mux(muxer, readOnly(annexB([...hevcSets, light, hevcIdr])), 'h265'))).toBe('some');
    expect(told(mux(muxer, readOnly(annexB([...otherSets, hevcIdr]), 40), 'h265'))).toBe('nothing');
  });
});
