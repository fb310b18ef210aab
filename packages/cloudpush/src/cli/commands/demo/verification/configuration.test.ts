import { expect, test } from 'vitest';
import { ReceivedConfiguration, SentConfiguration } from './configuration.js';

const bytes = (text: string) => Buffer.from(text.replaceAll(' ', ''), 'hex');

const SPS = '00000001 6764001f';
const PPS = '00000001 68ee3c80';
const OTHER_PPS = '00000001 68ee3c81';
const SLICE = '00000001 65888421';

function sent(...packets: string[]): string {
  const configuration = new SentConfiguration();
  for (const packet of packets) {
    configuration.see({ codec: 'h264', data: bytes(packet) });
  }
  return configuration.text;
}

test('parameter sets stay in force until others take their place', () => {
  expect(sent()).toBe('');
  const first = sent(SPS + PPS + SLICE);
  expect(first).not.toBe('');
  expect(sent(SPS + PPS + SLICE, SLICE)).toBe(first);
  expect(sent(SPS + PPS + SLICE, OTHER_PPS + SLICE)).toBe(sent(SPS + OTHER_PPS));
  expect(sent(SPS + PPS + SLICE, OTHER_PPS + SLICE)).not.toBe(first);
  expect(sent(SPS + PPS, OTHER_PPS, PPS)).toBe(first);
});

test.each([
  ['h264', SPS + PPS],
  ['h265', '00000001 40010c 00000001 420101 00000001 4401c1'],
] as const)('a sequence header of %s says the same as parameter sets in the stream', (codec, sets) => {
  const expected = new SentConfiguration();
  expected.see({ codec, data: bytes(sets) });
  const received = new ReceivedConfiguration();
  received.seeSequenceHeader({ codec, data: bytes(sets) });
  expect(received.text).toBe(expected.text);
  received.seeSequenceHeader({ codec, data: bytes(sets.replace(/.$/, '2')) });
  expect(received.text).not.toBe(expected.text);
});

test('parameter sets beside a sequence header neither stand in for it nor contradict it', () => {
  const received = new ReceivedConfiguration();
  received.seeSample({ codec: 'h264', data: bytes(SPS + PPS + SLICE) });
  expect(received.text).toBe('');
  received.seeSequenceHeader({ codec: 'h264', data: bytes(SPS + PPS) });
  received.seeSample({ codec: 'h264', data: bytes(PPS + SLICE) });
  expect(received.text).toBe(sent(SPS + PPS));
  received.seeSample({ codec: 'h264', data: bytes(OTHER_PPS + SLICE) });
  expect(received.text).not.toBe(sent(SPS + PPS));
  received.seeSequenceHeader({ codec: 'h264', data: bytes(SPS + PPS) });
  expect(received.text).toBe(sent(SPS + PPS));
});

test('the AudioSpecificConfig that goes with an ADTS header is that of 14496-3', () => {
  const audio = new SentConfiguration();
  // AAC-LC at 44.1 kHz in stereo: the well-known 12 10.
  audio.see({ codec: 'aac', data: bytes('fff1508001 7ffc 21') });
  expect(audio.text).toBe('1210');
  const received = new ReceivedConfiguration();
  received.seeSequenceHeader({ codec: 'aac', data: bytes('1210') });
  expect(received.text).toBe(audio.text);
});
