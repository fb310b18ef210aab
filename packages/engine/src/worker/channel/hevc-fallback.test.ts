import { FlvTag, TagRole, TagType } from '@cloudpush/muxer';
import { expect, test } from 'vitest';
import { HevcFallback } from './hevc-fallback.js';

const bytes = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const HVC1 = '68766331';

function tag(role: TagRole, ...parts: string[]): FlvTag {
  const made = parts.map(bytes);
  const size = made.reduce((sum, { length }) => sum + length, 0);
  return new FlvTag(TagType.video, role, 40, made, size, 16);
}

function bodyOf({ parts, size }: FlvTag): string {
  const body = Buffer.concat(parts);
  expect(body.length).toBe(size);
  return body.toString('hex');
}

test.each([
  ['a sequence header', tag(TagRole.videoSequenceHeader, `90 ${HVC1} 01020304`), '1c0000000001020304'],
  ['a key frame without an offset', tag(TagRole.keyFrame, `93 ${HVC1} aabb`), '1c01000000aabb'],
  ['a picture with an offset', tag(TagRole.interFrame, `a1 ${HVC1} fffff8 aabb`), '2c01fffff8aabb'],
  ['one in several parts', tag(TagRole.interFrame, `a1 ${HVC1} 000028`, 'aa', 'bbcc'), '2c01000028aabbcc'],
  ['the end of the sequence', tag(TagRole.data, `92 ${HVC1}`), '1c02000000'],
])('H.265 in its enhanced form becomes the same in the older one: %s', (_, given, expected) => {
  const before = bodyOf(given);
  const made = new HevcFallback().legacyOf(given)!;
  expect(bodyOf(made)).toBe(expected);
  expect([made.role, made.timestamp, made.headroom]).toEqual([given.role, given.timestamp, 0]);
  // Another connection may still have to write it.
  expect(bodyOf(given)).toBe(before);
});

test('a tag that several destinations wait to send is made anew once', () => {
  const fallback = new HevcFallback();
  const given = tag(TagRole.keyFrame, `93 ${HVC1} aabb`);
  expect(fallback.legacyOf(given)).toBe(fallback.legacyOf(given));
});

test('what the older form has no place for is left out, and other codecs and forms stay', () => {
  const fallback = new HevcFallback();
  expect(fallback.legacyOf(tag(TagRole.videoMetadata, `94 ${HVC1} 02`))).toBeUndefined();
  for (const other of ['17 01 000000 aa', '1c 01 000000 aa', '93 61763031 aa']) {
    const given = tag(TagRole.keyFrame, other);
    expect(fallback.legacyOf(given)).toBe(given);
  }
  const audio = new FlvTag(TagType.audio, TagRole.audioFrame, 0, [bytes('af 01 aabbccdd')], 6, 0);
  expect(fallback.legacyOf(audio)).toBe(audio);
});
