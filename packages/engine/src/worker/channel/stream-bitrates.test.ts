import { FlvTag, TagRole, TagType } from '@cloudpush/muxer';
import { expect, test } from 'vitest';
import { StreamBitrates } from './stream-bitrates.js';

/** A second of 25 pictures or frames, of 1000 bytes each, for long enough to be measured. */
function run(bitrates: StreamBitrates, role: TagRole): void {
  for (let timestamp = 0; timestamp <= 20_000; timestamp += 40)
    bitrates.add(new FlvTag(TagType.video, role, timestamp, [], 1000, 0));
}

test('each track is measured by itself, and what is measured goes before what the caller has reported', () => {
  const bitrates = new StreamBitrates();
  bitrates.reported = { audio: 64_000, video: 1_000_000 };
  expect([bitrates.measured, bitrates.current]).toEqual([
    { audio: undefined, video: undefined },
    { audio: 64_000, video: 1_000_000 },
  ]);
  run(bitrates, TagRole.interFrame);
  expect(bitrates.measured.audio).toBeUndefined();
  expect(bitrates.current).toEqual({ audio: 64_000, video: bitrates.measured.video });
  expect(bitrates.measured.video).toBeGreaterThan(0);
  run(bitrates, TagRole.audioFrame);
  expect(bitrates.current).toEqual(bitrates.measured);
});

test('headers and data are no media', () => {
  const bitrates = new StreamBitrates();
  for (const role of [TagRole.data, TagRole.videoSequenceHeader]) run(bitrates, role);
  expect(bitrates.measured).toEqual({ audio: undefined, video: undefined });
});
