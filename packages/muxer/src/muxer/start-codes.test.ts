// Start codes that memory or network have overwritten: none of them is lost without a word.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { AccessUnitSplitter } from '../elementary/access-unit-splitter.js';
import { type FlvTag, TagRole } from '../flv/flv-tag.js';
import { findStartCodePrefix } from '../nal/nal-unit-index.js';
import { Muxer } from './muxer.js';

type Codec = 'h264' | 'h265';

const delimiters = { h264: '0000000109f0', h265: '00000001460150' };
const startCode = '00000001';
/** SEI behind a start code of four bytes. */
const userData = {
  h264: Buffer.from(`${startCode}0605010180`, 'hex'),
  h265: Buffer.from(`${startCode}4e0105010180`, 'hex'),
};

function clip(name: string): { codec: Codec; pictures: Buffer[] } {
  const codec = name.endsWith('h264') ? 'h264' : 'h265';
  const splitter = new AccessUnitSplitter(codec);
  const data = readFileSync(new URL(`../../../../test/fixtures/${name}`, import.meta.url));
  const pictures = [...splitter.push(data), ...splitter.flush()].map((unit) => Buffer.from(unit.data));
  return { codec, pictures };
}

/** Muxes the pictures, 40 ms apart; gives what was told of which of them, and how many have gone out. */
function mux(codec: Codec, pictures: readonly Buffer[]): { told: string[]; out: number } {
  const told: string[] = [];
  let at = 0;
  const tell = ({ code }: { code: string }): void =>
    void told.push(`${at} ${code.replace('ERR_CLOUDPUSH_', '')}`);
  const muxer = new Muxer({ onWarning: tell });
  const tags: FlvTag[] = [];
  for (const picture of pictures) {
    const data = Buffer.from(picture);
    try {
      muxer.video(codec, { data, headroom: 0, dts: 40 * at, pts: 40 * at }, tags);
    } catch (error) {
      tell(error as { code: string });
    }
    at++;
  }
  try {
    muxer.flush(tags);
  } catch (error) {
    tell(error as { code: string });
  }
  return { told, out: tags.filter(({ role }) => role > TagRole.videoSequenceHeader).length };
}

function startCodesOf(data: Uint8Array): number[] {
  const places: number[] = [];
  for (let at = findStartCodePrefix(data, 0); at >= 0; at = findStartCodePrefix(data, at + 3))
    places.push(at);
  return places;
}

/** Its three bytes, or four. */
function overwrite(data: Buffer, at: number): void {
  data.fill(0x55, data[at - 1] === 0 ? at - 1 : at, at + 3);
}

const overwritten: Record<string, (data: Buffer, at: number) => void> = {
  'by other bytes': overwrite,
  'with the byte in front of it': (data, at) => data.fill(0xff, Math.max(0, at - 1), at + 3),
  'in one bit': (data, at) => {
    data[at + 1] = 0x40;
  },
};

const clips = ['plain.h264', 'bframes.h264', 'slices.h264', 'plain.h265', 'bframes.h265'];

describe.each(clips)('%s', (name) => {
  const { codec, pictures } = clip(name);
  // Key frames are 25 pictures apart.
  const damaged = [25, 26, 27];

  test('undamaged, is told nothing of', () => {
    expect(mux(codec, pictures)).toEqual({ told: [], out: pictures.length });
  });

  test.each(Object.keys(overwritten))('with any start code overwritten %s, is told of', (how) => {
    for (const which of damaged)
      for (const at of startCodesOf(pictures[which]!)) {
        const changed = [...pictures];
        changed[which] = Buffer.from(pictures[which]!);
        overwritten[how]!(changed[which]!, at);
        const { told } = mux(codec, changed);
        expect({ which, at, first: told[0]?.split(' ')[0] }).toEqual({ which, at, first: String(which) });
      }
  });
});

describe.each(['plain.h264', 'plain.h265'])('%s, with a delimiter in front of each picture', (name) => {
  const { codec, pictures } = clip(name);
  const delimited = pictures.map((data) => Buffer.concat([Buffer.from(delimiters[codec], 'hex'), data]));

  test('undamaged, is told nothing of', () => {
    expect(mux(codec, delimited)).toEqual({ told: [], out: pictures.length });
  });

  test('does not go on behind a picture that a delimiter has swallowed, up to the next key frame', () => {
    const at = startCodesOf(delimited[20]!)[1]!;
    overwrite(delimited[20]!, at);
    const { told, out } = mux(codec, delimited);
    expect(told.slice(0, 2)).toEqual(['20 VIDEO_START_CODE_LOST', '21 VIDEO_NO_KEY_FRAME']);
    expect(told.at(-1)).toBe('24 VIDEO_NO_KEY_FRAME');
    expect(out).toBe(pictures.length - 5);
  });
});

describe.each(['plain.h264', 'plain.h265'])('a parameter set of %s that goes on behind its end', (name) => {
  const { codec, pictures } = clip(name);
  const sets = startCodesOf(pictures[0]!).slice(0, codec === 'h264' ? 2 : 3);
  const [end] = startCodesOf(pictures[0]!).slice(sets.length);

  test('is not taken: no other sequence header is sent', () => {
    const changed = Buffer.from(pictures[25]!);
    const behind = startCodesOf(changed)[sets.length]!;
    // Where the picture itself is hidden, it is refused: another NAL unit is put in between.
    const withUserData = Buffer.concat([
      changed.subarray(0, behind),
      userData[codec],
      changed.subarray(behind),
    ]);
    overwrite(withUserData, behind + 1);
    const tags: FlvTag[] = [];
    const muxer = new Muxer();
    for (const [at, data] of [pictures[0]!, withUserData].entries())
      muxer.video(codec, { data: Buffer.from(data), headroom: 0, dts: at, pts: at }, tags);
    expect(tags.map(({ role }) => role)).toEqual([
      TagRole.videoSequenceHeader,
      TagRole.keyFrame,
      TagRole.keyFrame,
    ]);
  });

  test('that was the first of its kind gives way to the one that ends where it should', () => {
    const changed = [...pictures];
    changed[0] = Buffer.from(pictures[0]!);
    overwrite(changed[0], end!);
    const { told, out } = mux(codec, changed);
    expect(told).toEqual(['25 VIDEO_START_CODE_LOST']);
    expect(out).toBe(pictures.length);
  });
});

describe('a picture of fewer slices than those before it', () => {
  const { codec, pictures } = clip('slices.h264');
  /** With the slices from one on put into one NAL unit, as if they had become one: nothing is lost. */
  const fewer = (data: Buffer): Buffer => {
    const changed = Buffer.from(data);
    overwrite(changed, startCodesOf(changed).at(-1)!);
    return changed;
  };

  test('goes out, and is told', () => {
    const changed = pictures.map((data, at) => (at === 30 ? fewer(data) : data));
    expect(mux(codec, changed)).toEqual({ told: ['30 VIDEO_START_CODE_LOST'], out: pictures.length });
  });

  test('is told no more once all are so', () => {
    const changed = pictures.map((data, at) => (at < 30 ? data : fewer(data)));
    const { told, out } = mux(codec, changed);
    expect(told.length).toBeLessThan(5);
    expect(told.at(-1)!.startsWith('3')).toBe(true);
    expect(out).toBe(pictures.length);
  });
});

test('what follows a lone delimiter, or SEI, and only looks like a start code, is no picture', () => {
  const { codec, pictures } = clip('plain.h264');
  // An SEI whose payload holds what could be a slice, but not behind its end.
  const sei = Buffer.from(`${startCode}06050b55555555658880004755558080`, 'hex');
  const { told, out } = mux(codec, [pictures[0]!, sei, pictures[1]!]);
  expect({ told, out }).toEqual({ told: [], out: 2 });
});
