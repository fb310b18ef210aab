import { expect, test } from 'vitest';
import { interleavedPacket, nalUnitsOf, payloadsOf } from './h264-rtp.js';

test('an access unit is taken apart at start codes of either length', () => {
  const unit = Buffer.from([0, 0, 0, 1, 0x67, 1, 2, 0, 0, 1, 0x68, 3, 0, 0, 0, 1, 0x65, 4, 5, 0]);
  expect(nalUnitsOf(unit)).toEqual([Buffer.of(0x67, 1, 2), Buffer.of(0x68, 3), Buffer.of(0x65, 4, 5)]);
  expect(nalUnitsOf(Buffer.of(1, 2, 3))).toEqual([]);
});

test('a large NAL unit goes in fragments that make it up again', () => {
  const unit = Buffer.alloc(3001, 7);
  unit[0] = 0x65;
  const payloads = payloadsOf(Buffer.concat([Buffer.of(0, 0, 0, 1, 0x67, 1), Buffer.of(0, 0, 1), unit]));
  expect(payloads[0]).toEqual(Buffer.of(0x67, 1));
  const fragments = payloads.slice(1);
  // Indicator: the unit's importance and type 28; header: start, end, and the unit's type (RFC 6184 §5.8).
  expect(fragments.map((fragment) => [fragment[0], fragment[1]])).toEqual([
    [0x7c, 0x85],
    [0x7c, 0x05],
    [0x7c, 0x45],
  ]);
  expect(Math.max(...fragments.map(({ length }) => length))).toBe(1400);
  expect(Buffer.concat([Buffer.of(0x65), ...fragments.map((fragment) => fragment.subarray(2))])).toEqual(
    unit,
  );
});

test('a packet is written as RFC 3550 and RFC 2326 say', () => {
  const fields = {
    payloadType: 96,
    marker: true,
    sequenceNumber: 0x1_0002,
    timestamp: 90_000,
    ssrc: 0xdeadbeef,
  };
  expect(interleavedPacket(0, fields, Buffer.of(9, 8)).toString('hex')).toBe(
    '2400000e80e0000200015f90deadbeef0908',
  );
});
