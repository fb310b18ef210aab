import { describe, expect, test } from 'vitest';
import type { SegmentStream } from '../events.js';
import { ChannelSegments } from './channel-segments.js';

const start = { type: 'streamStart', trigger: 0, time: 0 } as const;
const end = { type: 'streamEnd', alarmDuration: 0, time: 0 } as const;
const stream = { streamName: 'camera' } as SegmentStream;

describe('the segments of a channel', () => {
  test('begin with the first, and count up with each start after an end', () => {
    const segments = new ChannelSegments();
    expect(segments.state).toEqual({ number: 1, isOpen: true });
    segments.note(start);
    expect(segments.state).toEqual({ number: 1, isOpen: true });
    segments.note(end);
    segments.note(end);
    expect(segments.state).toEqual({ number: 1, isOpen: false });
    segments.note(start);
    expect(segments.state).toEqual({ number: 2, isOpen: true });
  });

  test('are reported once each, with the streams that brought them to their end', () => {
    const segments = new ChannelSegments();
    segments.note(end);
    segments.note(start);
    segments.note(end);
    segments.onLeft(1, stream);
    expect(segments.onEnd(1)).toEqual({ number: 1, streams: [stream] });
    expect(segments.onEnd(1)).toBeUndefined();
    expect(segments.onShardDied()).toEqual([{ number: 2, streams: [] }]);
    expect(segments.onEnd(2)).toBeUndefined();
  });
});
