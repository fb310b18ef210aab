import { describe, expect, test } from 'vitest';
import { type FlvTag, TagRole } from '../flv/flv-tag.js';
import { limits } from '../limits.js';
import type { MediaPacket } from '../media-packet.js';
import type { SliceHandling } from '../tracks/picture-assembler.js';
import { Muxer } from './muxer.js';
import type { MuxerOptions } from './muxer-options.js';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');

/** NAL units of x264 and x265, as far as the muxer looks at them, with further slices of their pictures. */
const streams = {
  h264: {
    sets: ['6764000aacd9457b011000000300100000030320f1225960', '68ebe3cb22c0'],
    key: ['6588840047dae398', further('6588840047dae398', 1)],
    inter: ['419a236c457fbc7c', further('419a236c457fbc7c', 1)],
    second: ['419a436c457fbc7c', further('419a436c457fbc7c', 1)],
    disposable: ['019e626a42dff8', further('019e626a42dff8', 1)],
    delimiter: '0910',
    sei: '0605010180',
    trailing: '0b',
    header: ['17', '27'],
  },
  h265: {
    sets: [
      '40010c01ffff01600000030090000003000003001e959009',
      '42010101600000030090000003000003001ea028831659592e4caf016808000003000800000300c840',
      '4401c173d089',
    ],
    key: ['2801af1d80bc63fd', '28012f1d80bc63fd'],
    inter: ['0201d0195f84318e', '020150195f84318e'],
    second: ['0201d0295f84318e', '020150295f84318e'],
    disposable: ['0001d0195f84318e', '000150195f84318e'],
    delimiter: '460150',
    sei: '4e0105010180',
    trailing: '5001840180',
    header: ['93', 'a3'],
  },
} as const;
type Codec = keyof typeof streams;
const codecs = Object.keys(streams) as Codec[];

/** The slice with first_mb_in_slice 1 in the place of 0: the code 010 for 1. */
function further(nal: string, from: number): string {
  const bits = [...Buffer.from(nal, 'hex')].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const changed = `${bits.slice(0, 8 * from)}010${bits.slice(8 * from + 1)}`;
  const bytes = changed.padEnd(Math.ceil(changed.length / 8) * 8, '1').match(/.{8}/g)!;
  return bytes.map((byte) => Number.parseInt(byte, 2).toString(16).padStart(2, '0')).join('');
}

const annexB = (nals: readonly string[], startCode = '00000001'): Buffer =>
  hex(nals.map((nal) => startCode + nal).join(''));
const lengths = (nals: readonly string[]): string =>
  nals.map((nal) => (nal.length / 2).toString(16).padStart(8, '0') + nal).join('');

class Stream {
  readonly muxer: Muxer;
  readonly #codec: Codec;

  constructor(codec: Codec, slices: SliceHandling = 'join', options: MuxerOptions = {}) {
    this.muxer = new Muxer({ ...options, slices });
    this.#codec = codec;
  }

  /**
   * Sends NAL units as one packet whose memory is overwritten afterwards; gives what came of it, sequence
   * headers left out.
   */
  send(nals: readonly string[], dts = 0, more: Partial<MediaPacket> = {}): string[] {
    const data = annexB(nals);
    const tags: FlvTag[] = [];
    let error = '';
    try {
      this.muxer.video(this.#codec, { data, headroom: 0, dts, pts: dts, ...more }, tags);
    } catch (thrown) {
      error = (thrown as { code: string }).code.replace(/^ERR_CLOUDPUSH_(VIDEO_)?/, '');
    }
    const came = shown(tags);
    if (this.muxer.heldPicture !== 0) data.fill(0xee);
    return error === '' ? came : [...came, error];
  }

  flush(): string[] {
    const tags: FlvTag[] = [];
    this.muxer.flush(tags);
    return shown(tags);
  }
}

/** Time, frame type and NAL units of each picture. */
function shown(tags: readonly FlvTag[]): string[] {
  return tags
    .filter(({ role }) => role !== TagRole.videoSequenceHeader)
    .map((tag) => {
      const body = Buffer.concat(tag.parts).toString('hex');
      expect(body.length).toBe(2 * tag.size);
      return `${tag.timestamp} ${body.slice(0, 2)} ${body.slice(10)}`;
    });
}

describe.each(codecs)('%s: slices in packets of their own', (codec) => {
  const { sets, key, inter, second, disposable, delimiter, sei, trailing, header } = streams[codec];
  const tag = (time: number, type: 0 | 1, ...nals: string[]): string =>
    `${time} ${header[type]} ${lengths(nals)}`;
  /** It has sent a picture in slices, and gone on with a key frame. */
  const apart = (): Stream => {
    const stream = new Stream(codec);
    stream.send([...sets, key[0]]);
    stream.send([key[1]]);
    return stream;
  };

  test('are refused where the picture has gone out; from the next key frame on they are put together', () => {
    const stream = new Stream(codec);
    expect(stream.send([...sets, key[0]])).toEqual([tag(0, 0, ...sets, key[0])]);
    expect(stream.send([key[1]])).toEqual(['PICTURE_TORN']);
    for (const nal of inter) expect(stream.send([nal], 40)).toEqual([]);
    // Pictures that refer to the torn one are left out.
    expect(stream.send([key[0]], 80)).toEqual(['NO_KEY_FRAME']);
    expect(stream.send([key[1]], 80)).toEqual([]);
    expect(stream.send([inter[0]], 120)).toEqual([tag(80, 0, ...key)]);
    expect(stream.send([inter[1]], 120)).toEqual([]);
    expect(stream.send([key[0]], 160)).toEqual([tag(120, 1, ...inter)]);
    expect(stream.flush()).toEqual([tag(160, 0, key[0])]);
    expect(stream.flush()).toEqual([]);
  });

  test('are put together from the first picture on when parameter sets came alone', () => {
    const stream = new Stream(codec, 'await');
    for (const set of sets) expect(stream.send([set])).toEqual([]);
    expect(stream.send([sei])).toEqual([]);
    expect(stream.send([key[0]])).toEqual([]);
    expect(stream.muxer.heldPicture).not.toBe(0);
    expect(stream.send([key[1]])).toEqual([]);
    expect(stream.send([inter[0]], 40)).toEqual([tag(0, 0, sei, ...key)]);
  });

  test('do not hold up a stream that has none: its first picture waits at most for the second', () => {
    const stream = new Stream(codec, 'await');
    stream.send([...sets]);
    expect(stream.send([key[0]])).toEqual([]);
    expect(stream.send([inter[0]], 40)).toEqual([tag(0, 0, key[0]), tag(40, 1, inter[0])]);
    expect(stream.send([second[0]], 80)).toEqual([tag(80, 1, second[0])]);
    const whole = new Stream(codec, 'await');
    expect(whole.send([...sets, key[0]])).toEqual([tag(0, 0, ...sets, key[0])]);
  });

  test('end with what belongs to the next picture, and take what belongs behind them along', () => {
    for (const next of [[delimiter], [sei], [sets[0]], [...sets, key[0]], [delimiter, inter[0]]]) {
      const stream = apart();
      stream.send([key[0]], 40);
      expect(stream.send([trailing], 40)).toEqual([]);
      expect(stream.send([key[1]], 40)).toEqual([]);
      expect(stream.send(next, 80)).toEqual([tag(40, 0, key[0], trailing, key[1])]);
    }
  });

  test('that lack the first of them are refused, and so is what refers to their picture', () => {
    const stream = apart();
    for (const nal of key) stream.send([nal], 40);
    expect(stream.flush()).toEqual([tag(40, 0, ...key)]);
    expect(stream.send([inter[1]], 80)).toEqual(['PICTURE_TORN']);
    stream.send([second[0]], 120);
    stream.send([second[1]], 120);
    expect(stream.send([key[0]], 160)).toEqual(['NO_KEY_FRAME']);
    stream.send([key[1]], 160);
    expect(stream.flush()).toEqual([tag(160, 0, ...key)]);
  });

  test('of another time are of another picture, and the one that is held lacks them', () => {
    const stream = apart();
    stream.send([key[0]], 40);
    expect(stream.send([inter[1]], 80)).toEqual(['PICTURE_TORN']);
    expect(stream.flush()).toEqual([]);
    stream.send([key[0]], 120);
    stream.send([key[1]], 120);
    expect(stream.flush()).toEqual([tag(120, 0, ...key)]);
  });

  test('that come with the rest of one picture and the first of the next are taken apart', () => {
    const stream = apart();
    stream.send([key[0]], 40);
    expect(stream.send([key[1], inter[0]], 40)).toEqual([tag(40, 0, ...key)]);
    stream.send([inter[1]], 40);
    expect(stream.flush()[0]).toMatch(new RegExp(`${lengths(inter)}$`));
  });

  test('of a picture that no other refers to cost that one alone', () => {
    const stream = new Stream(codec);
    stream.send([...sets, key[0]]);
    stream.send([disposable[0]], 40);
    expect(stream.send([disposable[1]], 40)).toEqual(['PICTURE_TORN']);
    stream.send([inter[0]], 80);
    expect(stream.flush()).toEqual([tag(80, 1, inter[0])]);
  });

  test('of such a picture cost that one alone, also behind a picture of which nothing can be read', () => {
    const stream = new Stream(codec);
    stream.send([...sets, key[0]]);
    const opaque: FlvTag[] = [];
    const data = hex('ab'.repeat(20));
    stream.muxer.video(codec, { data, headroom: 0, dts: 40, pts: 40, encrypted: true }, opaque);
    expect(opaque).toHaveLength(1);
    expect(stream.send([disposable[1]], 80)).toEqual(['PICTURE_TORN']);
    stream.send([inter[0]], 120);
    expect(stream.flush()).toEqual([tag(120, 1, inter[0])]);
  });

  test('are not waited for any more once many pictures have come whole', () => {
    const stream = apart();
    let time = 40;
    for (; stream.send([key[0]], time).length < 2; time += 40) expect(time).toBeLessThan(4000);
    expect(stream.send([key[0]], time + 40)).toEqual([tag(time + 40, 0, key[0])]);
  });

  test('are dropped when what was lost may have been one of them', () => {
    const stream = apart();
    stream.send([key[0]], 40);
    stream.muxer.awaitKeyFrame();
    expect(stream.flush()).toEqual([]);
    expect(stream.send([key[1]], 40)).toEqual(['PICTURE_TORN']);
  });

  test('are one picture of a time of its own, whose fault is told when it is whole', () => {
    const stream = apart();
    stream.send([key[0]], Number.POSITIVE_INFINITY);
    stream.send([key[1]], Number.POSITIVE_INFINITY);
    expect(stream.send([key[0]], 80)).toEqual(['TIMESTAMP_INVALID']);
    expect(stream.flush()).toEqual([tag(80, 0, key[0])]);
  });

  test.each([['with the next picture'], ['alone']])(
    'go out under the parameter sets that they came with, when others come %s',
    (how) => {
      const stream = apart();
      stream.send([key[0]], 40);
      stream.send([key[1]], 40);
      for (const nal of inter) stream.send([nal], 80);
      // The same sets of another level.
      const others = sets.map((set) =>
        set.replace('6764000a', '6764000b').replace('001e959009', '001f959009'),
      );
      others[1] = others[1]!.replace('001ea0', '001fa0');
      expect(others).not.toEqual(sets);
      const tags: FlvTag[] = [];
      const data = annexB(how === 'alone' ? others : [...others, key[0]]);
      stream.muxer.video(codec, { data, headroom: 0, dts: 120, pts: 120 }, tags);
      expect(shown(tags)).toEqual([tag(80, 1, ...inter)]);
      expect(tags.map(({ role }) => role)).toEqual([TagRole.interFrame]);
      if (how === 'alone') return;
      stream.muxer.flush(tags);
      expect(tags.slice(1).map(({ role }) => role)).toEqual([TagRole.videoSequenceHeader, TagRole.keyFrame]);
    },
  );

  test('do not make a picture larger than a message', () => {
    const stream = apart();
    const filling = 'ff'.repeat(limits.messageSize / 2 - 30);
    stream.send([key[0] + filling], 40);
    expect(stream.send([key[1] + filling], 40)).toEqual([]);
    expect(stream.send([key[1] + filling], 40)).toEqual(['TOO_LARGE']);
    expect(stream.flush()).toEqual([]);
  });

  test('are refused, each by itself, where packets are said to be whole', () => {
    const stream = new Stream(codec, 'whole');
    for (let time = 0; time < 120; time += 40) {
      expect(stream.send([...sets, key[0]], time)).toEqual([tag(time, 0, ...sets, key[0])]);
      expect(stream.send([key[1]], time)).toEqual(['PICTURE_TORN']);
    }
  });
});

test('a picture that cannot go out does not take the first one of another codec with it', () => {
  const { muxer } = new Stream('h264', 'await');
  const send = (codec: Codec, nals: readonly string[], dts: number, tags: FlvTag[] = []): FlvTag[] => {
    muxer.video(codec, { data: annexB(nals), headroom: 0, dts, pts: dts }, tags);
    return tags;
  };
  send('h264', [...streams.h264.sets, streams.h264.key[0]], 0);
  expect(() => send('h264', [streams.h264.key[1]], 0)).toThrow();
  send('h264', [streams.h264.key[0]], Number.POSITIVE_INFINITY);
  const tags: FlvTag[] = [];
  expect(() => send('h265', [...streams.h265.sets, streams.h265.key[0]], 80, tags)).toThrow('finite');
  expect(tags.map(({ role }) => role)).toEqual([TagRole.videoSequenceHeader, TagRole.keyFrame]);
});

describe.each(codecs)('%s: several pictures in a packet', (codec) => {
  const { sets, key, inter, second, delimiter, header } = streams[codec];
  const tag = (time: number, type: 0 | 1, ...nals: string[]): string =>
    `${time} ${header[type]} ${lengths(nals)}`;

  test.each([0, 48])('become a tag each, a frame duration apart (headroom %d)', (headroom) => {
    const stream = new Stream(codec);
    const nals = [...sets, ...key, delimiter, ...inter, ...second];
    const memory = Buffer.concat([Buffer.alloc(48), annexB(nals)]);
    const tags: FlvTag[] = [];
    stream.muxer.video(codec, { data: memory.subarray(48), headroom, dts: 0, pts: 0 }, tags);
    // 25 pictures a second, as the parameter sets say.
    const duration = 1000 / stream.muxer.videoParameters!.frameRate!;
    expect(shown(tags)).toEqual([
      tag(0, 0, ...sets, ...key),
      tag(duration, 1, delimiter, ...inter),
      tag(2 * duration, 1, ...second),
    ]);
  });

  test('go on over the wrap of a 32-bit clock', () => {
    const stream = new Stream(codec, 'join', { inputClock: 'wrapping32' });
    const pictures = stream.send([...sets, ...key, ...inter], 2 ** 32 - 10);
    expect(pictures.map((text) => Number(text.split(' ')[0]))).toEqual([0, 40]);
  });

  test('each are refused by themselves', () => {
    const stream = new Stream(codec);
    expect(stream.send([...inter, ...sets, ...key, ...second])).toHaveLength(3);
  });
});
