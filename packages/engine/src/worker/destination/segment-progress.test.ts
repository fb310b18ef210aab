import { FlvTag, TagRole, TagType } from '@cloudpush/muxer';
import { expect, test } from 'vitest';
import { PacketBlock } from '../channel/packet-block.js';
import { DestinationSegments, SegmentEndMarker, SegmentProgress } from './segment-progress.js';

function standing(segments: DestinationSegments): string[] {
  const { isOpen, isBetween, isAtRest, isOpening } = segments;
  return Object.entries({ isOpen, isBetween, isAtRest, isOpening }).flatMap(([name, is]) =>
    is ? [name] : [],
  );
}

test('a segment is open, handed over, and left, and the next one is opened behind it', () => {
  const segments = new DestinationSegments({ number: 1, isOpen: true });
  expect(standing(segments)).toEqual(['isOpen']);
  segments.current.state = 'ended';
  expect(standing(segments)).toEqual(['isBetween']);
  segments.current.state = 'left';
  expect(standing(segments)).toEqual(['isBetween', 'isAtRest']);
  expect(segments.start(2)).toBe(segments.current);
  expect([segments.current.number, standing(segments)]).toEqual([2, ['isOpening']]);
  segments.open();
  expect(standing(segments)).toEqual(['isOpen']);
});

test('the next one does not stand alone while the tail of the one before is on its way, or when it is lost', () => {
  const segments = new DestinationSegments({ number: 1, isOpen: true });
  segments.current.state = 'ended';
  const before = segments.current;
  segments.start(2);
  expect(standing(segments)).toEqual([]);
  before.state = 'left';
  expect(standing(segments)).toEqual(['isOpening']);
});

test('a destination that comes between two segments is neither at rest nor opening the next one', () => {
  const segments = new DestinationSegments({ number: 3, isOpen: false });
  expect(standing(segments)).toEqual(['isBetween']);
  segments.open();
  expect(standing(segments)).toEqual(['isBetween']);
  segments.start(4);
  expect(standing(segments)).toEqual([]);
});

test('frames, bytes and the time of the last tag are summed up', () => {
  const progress = new SegmentProgress(5, 'open');
  const roles = [TagRole.data, TagRole.keyFrame, TagRole.audioFrame, TagRole.disposableFrame];
  for (const [i, role] of roles.entries())
    progress.note(new FlvTag(TagType.video, role, i * 40, [new Uint8Array(10)], 10, 0));
  expect(progress.totals('name')).toEqual({
    number: 5,
    streamName: 'name',
    videoFrames: 2,
    audioFrames: 1,
    bytes: 40,
    duration: 120,
  });
});

test('the last tag takes its block along, and tells whether it arrived in the kernel', () => {
  const told: boolean[] = [];
  for (const taken of [true, false]) {
    const block = new PacketBlock({ returnBlock: () => {} }, 0, 0);
    new SegmentEndMarker(block, (left) => void told.push(left)).release(taken);
    expect(block.lost).toBe(!taken);
  }
  expect(told).toEqual([true, false]);
});
