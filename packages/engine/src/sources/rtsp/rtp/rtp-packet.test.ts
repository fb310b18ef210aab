import { expect, test } from 'vitest';
import { RtpPacket } from './rtp-packet.js';

function parse(hex: string): RtpPacket | undefined {
  const bytes = Buffer.from(`ffff${hex}ffff`, 'hex');
  const packet = new RtpPacket();
  return packet.parse(bytes, 2, bytes.length - 2) ? packet : undefined;
}

const fixed = '80e0 fffe 89abcdef fedcba98'.replaceAll(' ', '');

test('the fields of the header are read, unsigned', () => {
  expect(parse(`${fixed}aabb`)).toMatchObject({
    marker: true,
    payloadType: 96,
    sequence: 0xfffe,
    timestamp: 0x89abcdef,
    ssrc: 0xfedcba98,
    payloadStart: 14,
    payloadEnd: 16,
  });
});

test('contributing sources, an extension and padding are no payload', () => {
  const sources = `82${fixed.slice(2)}${'00000001'.repeat(2)}aa`;
  expect(parse(sources)).toMatchObject({ payloadStart: 22, payloadEnd: 23 });
  const extension = `90${fixed.slice(2)}bede000200000000${'00'.repeat(4)}aa`;
  expect(parse(extension)).toMatchObject({ payloadStart: 26, payloadEnd: 27 });
  const padded = `a0${fixed.slice(2)}aa000003`;
  expect(parse(padded)).toMatchObject({ payloadStart: 14, payloadEnd: 15 });
  const all = `b1${fixed.slice(2)}00000001bede0001${'00'.repeat(4)}aabb02`.replace(/bb02$/, '0002');
  expect(parse(all)).toMatchObject({ payloadStart: 26, payloadEnd: 27 });
});

test('an empty payload is permitted', () => {
  expect(parse(fixed)).toMatchObject({ payloadStart: 14, payloadEnd: 14 });
});

for (const [what, hex] of [
  ['too short', fixed.slice(0, -2)],
  ['of another version', `40${fixed.slice(2)}`],
  ['without its contributing sources', `8f${fixed.slice(2)}00000001`],
  ['without its extension header', `90${fixed.slice(2)}bede00`],
  ['with an extension longer than itself', `90${fixed.slice(2)}bedeffff00000000`],
  ['with padding of nothing', `a0${fixed.slice(2)}aa00`],
  ['with padding that reaches into the header', `a0${fixed.slice(2)}aa03`],
] as const) {
  test(`a packet ${what} is refused`, () => {
    expect(parse(hex)).toBeUndefined();
  });
}
