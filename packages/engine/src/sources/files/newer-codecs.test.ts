// Files of the newer codecs, as a foreign encoder wrote them.

import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import type { SourcePacket } from '../packet.js';
import { FORMATS, formatByContent, formatByName } from './formats.js';

const fixture = (name: string) =>
  readFileSync(new URL(`../../../../../test/fixtures/${name}`, import.meta.url));

function parse(name: string, size: number): { packets: SourcePacket[]; notices: readonly string[] } {
  const bytes = fixture(name);
  const parser = FORMATS[formatByName(name)!].createParser(undefined);
  const packets: SourcePacket[] = [];
  for (let at = 0; at < bytes.length; at += size) packets.push(...parser.push(bytes.subarray(at, at + size)));
  return { packets: [...packets, ...parser.end()], notices: parser.notices };
}

/** Packets as ffprobe counts them, the codec, and ms between the starts of the last two. */
const FILES = [
  ['tone.flac', 'flac', 5, 96],
  ['tone.ac3', 'ac3', 13, 32],
  ['tone.eac3', 'eac3', 13, 32],
  ['tone.opus', 'opus', 21, 20],
  ['pictures-vp9.ivf', 'vp9', 10, 40],
  ['pictures-av1.ivf', 'av1', 10, 40],
  ['pictures-av1.obu', 'av1', 10, 40],
] as const;

test.each(FILES)('%s: every frame is a packet, at its time', (name, codec, count, step) => {
  const { packets } = parse(name, 1 << 20);
  const frames = packets.filter(({ isHeader }) => isHeader !== true);
  expect(frames).toHaveLength(count);
  expect(new Set(packets.map((packet) => packet.codec))).toEqual(new Set([codec]));
  expect(frames[0]).toMatchObject({ dts: 0, keyFrame: true });
  expect(frames.at(-1)!.dts - frames.at(-2)!.dts).toBeCloseTo(step, 3);
  expect(packets.filter(({ isHeader }) => isHeader === true)).toHaveLength(/flac|opus/.test(codec) ? 1 : 0);
});

test.each(FILES)('%s: the packets are the same, however its bytes are cut', (name) => {
  const whole = parse(name, 1 << 20);
  for (const size of [1, 37, 1000]) {
    const parts = parse(name, size);
    if (!isDeepStrictEqual(parts, whole)) expect(parts).toEqual(whole);
  }
});

test.each(FILES)('%s is told by its content', (name) => {
  expect(formatByContent(fixture(name))).toBe(formatByName(name));
});

test.each([
  ['a.flac', 'fLaC but nothing of it, and more than enough bytes', /STREAMINFO/],
  ['a.opus', 'no Ogg page, which needs more bytes than these', /an Ogg page was expected/],
  ['a.ivf', 'no IVF header, which has thirty-two bytes', /does not begin with an IVF header/],
  ['a.obu', 'no OBU', /a unit of AV1 with its size was expected/],
])('%s that holds something else is refused', (name, content, message) => {
  const parser = FORMATS[formatByName(name)!].createParser(undefined);
  expect(() => parser.push(Buffer.from(content))).toThrow(message);
});
