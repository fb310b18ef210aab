import { expect, test } from 'vitest';
import { bye, senderReport } from '../testing/rtp.js';
import { readRtcp, writeReceiverReport } from './rtcp.js';

function read(bytes: Uint8Array): unknown[] {
  const told: unknown[] = [];
  readRtcp(bytes, 0, bytes.length, {
    onSenderReport: (report) => told.push(report),
    onBye: (ssrc) => told.push(ssrc),
  });
  return told;
}

test('a sender report relates wall clock and RTP clock', () => {
  // 2020-01-01 00:00:00.5 UTC: 3,786,825,600 s since 1900, and half of 2^32.
  const report = Buffer.from(
    '80c80006 11223344 e1b65f80 80000000 fffffff0 00000001 00000002'.replaceAll(' ', ''),
    'hex',
  );
  expect(read(report)).toEqual([
    { ssrc: 0x11223344, ntpTime: 1_577_836_800_500, compactNtp: 0x5f808000, rtpTime: 0xfffffff0 },
  ]);
});

test('a compound packet is read to its end, and what is not known is passed over', () => {
  const sourceDescription = Buffer.from('81ca0003000000010102414200000000', 'hex');
  const compound = Buffer.concat([senderReport(1, 0, 9), sourceDescription, bye(1)]);
  expect(read(compound)).toMatchObject([{ ssrc: 1, rtpTime: 9 }, 1]);
});

test('a packet cut off anywhere gives what is whole, and nothing else', () => {
  const compound = Buffer.concat([senderReport(1, 0, 9), bye(7)]);
  for (let end = 0; end < compound.length; end++) {
    expect(read(compound.subarray(0, end)), `${end} bytes`).toHaveLength(end >= 28 ? 1 : 0);
  }
});

test('lengths and counts that lie are not believed', () => {
  expect(read(Buffer.from('80c80001000000010000000000000000', 'hex'))).toEqual([]);
  expect(read(Buffer.from('9fcb000100000007', 'hex'))).toEqual([7]);
  expect(read(Buffer.from('00c8000600000000', 'hex'))).toEqual([]);
});

test('a receiver report has the form of RFC 3550 §6.4.2, with a canonical name behind it', () => {
  const report = writeReceiverReport(
    {
      ssrc: 0xa1a2a3a4,
      sourceSsrc: 0xb1b2b3b4,
      fractionLost: 0.25,
      cumulativeLost: 0x010203,
      highestSequence: 0x0001_ffff,
      jitter: 18.6,
      lastReport: 0xc1c2c3c4,
      delay: 1000,
    },
    'abc',
  );
  expect(report.toString('hex')).toBe(
    '81c90007a1a2a3a4b1b2b3b4' +
      '40010203' +
      '0001ffff' +
      '00000013' +
      'c1c2c3c4' +
      '00010000' +
      '81ca0003a1a2a3a4' +
      '0103616263000000',
  );
  for (let length = 0; length < 9; length++) {
    const { length: bytes } = writeReceiverReport({ ...zero, ssrc: 1 }, 'x'.repeat(length));
    expect(bytes % 4).toBe(0);
  }
});

const zero = {
  ssrc: 0,
  sourceSsrc: 0,
  fractionLost: 1,
  cumulativeLost: 1e9,
  highestSequence: -1,
  jitter: 1e12,
  lastReport: 0,
  delay: 1e12,
};

test('values past what a field holds are written as the largest that it does', () => {
  expect(writeReceiverReport(zero, '').subarray(12, 32).toString('hex')).toBe(
    'ff7fffffffffffffffffffff00000000ffffffff',
  );
});
