import { describe, expect, test } from 'vitest';
import type { SegmentReport, SegmentStream } from '../events.js';
import { ChannelSegments } from './channel-segments.js';

const start = { type: 'streamStart', trigger: 0, time: 0 } as const;
const end = { type: 'streamEnd', alarmDuration: 0, time: 0 } as const;
const stream = { streamName: 'camera' } as SegmentStream;

function newSegments(first: 'open' | 'awaited' | 'standby' = 'open'): {
  segments: ChannelSegments;
  told: SegmentReport[];
} {
  const told: SegmentReport[] = [];
  const segments = new ChannelSegments({ segmentEnded: (report) => void told.push(report) }, first);
  return { segments, told };
}

describe('the segments of a channel', () => {
  test('begin with the first, and count up with each start after an end', () => {
    const { segments } = newSegments();
    expect(segments.state).toEqual({ number: 1, isOpen: true });
    segments.onSent(start);
    expect(segments.state).toEqual({ number: 1, isOpen: true });
    segments.onSent(end);
    segments.onSent(end);
    expect(segments.state).toEqual({ number: 1, isOpen: false });
    segments.onSent(start);
    expect(segments.state).toEqual({ number: 2, isOpen: true });
  });

  test('wait for the first start where there is a pre-roll, and an end before it ends nothing', () => {
    const { segments, told } = newSegments('awaited');
    expect(segments.state).toEqual({ number: 0, isOpen: false });
    segments.onSent(end);
    segments.onEnd(0);
    expect([segments.state, told]).toEqual([{ number: 0, isOpen: false }, []]);
    segments.onSent(start);
    expect(segments.state).toEqual({ number: 1, isOpen: true });
  });

  test('are told of once each, with the streams that brought them to their end', () => {
    const { segments, told } = newSegments();
    segments.onSent(end);
    segments.onSent(start);
    segments.onSent(end);
    segments.onLeft(1, stream);
    segments.onEnd(1);
    expect(told).toEqual([{ number: 1, streams: [stream] }]);
    segments.onEnd(1);
    segments.onShardDied();
    segments.onEnd(2);
    expect(told.slice(1)).toEqual([{ number: 2, streams: [] }]);
  });

  test('are not told of while they are open, whoever leaves them', () => {
    const { segments, told } = newSegments();
    segments.onLeft(1, stream);
    segments.onEnd(1);
    segments.onShardDied();
    expect(told).toEqual([]);
    segments.onSent(end);
    segments.onEnd(1);
    expect(told).toEqual([{ number: 1, streams: [] }]);
  });

  test('end in any order, the next one open meanwhile', () => {
    const { segments, told } = newSegments();
    for (const metadata of [end, start, end, start]) segments.onSent(metadata);
    segments.onLeft(2, stream);
    segments.onEnd(2);
    segments.onEnd(1);
    expect(told.map(({ number }) => number)).toEqual([2, 1]);
    expect(segments.state).toEqual({ number: 3, isOpen: true });
  });

  test('neither start nor end before the first destination, and go on with the first one behind it', () => {
    const { segments, told } = newSegments('standby');
    for (const { type } of [start, end])
      expect(() => segments.requireBorderAllowed({ ...start, ...end, type } as never)).toThrow(
        expect.objectContaining({
          code: 'ERR_CLOUDPUSH_INVALID_STATE',
          message: expect.stringContaining(`${type} was sent to a channel without a destination`),
        }),
      );
    const other = { type: 'disconnect', code: 7 } as const;
    segments.requireBorderAllowed(other);
    segments.onSent(other);
    expect(segments.state).toEqual({ number: 1, isOpen: true });
    segments.onAttached();
    segments.requireBorderAllowed(end);
    segments.onSent(end);
    expect(segments.state).toEqual({ number: 1, isOpen: false });
    segments.onAttached();
    expect(segments.state).toEqual({ number: 1, isOpen: false });
    segments.onEnd(1);
    expect(told).toHaveLength(1);
  });
});
