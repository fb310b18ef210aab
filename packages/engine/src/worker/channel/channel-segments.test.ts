import type { FlvTag } from '@cloudpush/muxer';
import { TagRole } from '@cloudpush/muxer';
import { decodeAmf0 } from '@cloudpush/transport';
import { beforeEach, expect, test } from 'vitest';
import { ChannelCounter } from '../../memory/counters.js';
import type { StreamMetadata } from '../../metadata/types.js';
import { channelConfig } from '../../options/stream-config.js';
import type { SegmentState, SegmentTotals } from '../../protocol/stream.js';
import type { DestinationStream } from '../destination/destination-stream.js';
import { type FakePacket, FakeShard } from '../testing/fake-shard.js';
import { ADTS, H264_INTER, H264_KEY, H264_SETS, H264_SLICE } from '../testing/media.js';
import { ChannelMuxer } from './channel-muxer.js';
import { ChannelProblems } from './channel-problems.js';
import { ChannelSegments } from './channel-segments.js';
import { FanOut } from './fan-out.js';
import type { BlockReturn, PacketBlock } from './packet-block.js';
import type { SegmentMark } from './segment-tracker.js';
import { TagOutput } from './tag-output.js';
import { TrackWait } from './track-wait.js';

const CHANNEL = 1;
const START: StreamMetadata = { type: 'streamStart', trigger: 'face', time: 0 };
const END: StreamMetadata = { type: 'streamEnd', alarmDuration: 0, time: 0 };

/** A destination that takes every tag. */
class FakeDestination {
  readonly tags: { readonly tag: FlvTag; readonly mark: SegmentMark | undefined }[] = [];
  readonly counters = { dropped: { audio: 1, video: 2 } };
  readonly backlog = { full: false, mayDrop: false, reconsider: () => {}, skipToKeyFrame: () => {} };
  readonly number: number;

  constructor(number: number) {
    this.number = number;
  }

  offer(tag: FlvTag, _block: PacketBlock, _description: unknown, mark: SegmentMark | undefined): void {
    this.tags.push({ tag, mark });
  }

  skipPicture(): void {}

  /** Names of the data messages, and marks, in their order. */
  get messages(): string[] {
    return this.tags
      .filter(({ tag }) => tag.role === TagRole.data)
      .map(({ tag, mark }) =>
        `${decodeAmf0(tag.parts[0]!)[0]} ${mark?.border ?? ''}${mark?.number ?? ''}`.trim(),
      );
  }
}

let shard: FakeShard;

beforeEach(() => {
  shard = new FakeShard();
});

interface Setting {
  readonly segment?: SegmentState;
  readonly preRoll?: number;
  readonly standby?: boolean;
}

function setUp({ segment = { number: 1, isOpen: true }, preRoll, standby = false }: Setting = {}) {
  const config = { ...channelConfig({}), encryption: {}, segment, source: undefined, preRoll, standby };
  const faults: Error[] = [];
  const problems = new ChannelProblems(CHANNEL, shard, (fault) => void faults.push(fault));
  const muxer = new ChannelMuxer(config, undefined, () => {});
  const fanOut = new FanOut(CHANNEL, shard);
  const tracks = new TrackWait(config.tracks, () => {}, shard.clock);
  const parts = { channel: CHANNEL, context: shard, fanOut, muxer, problems, tracks };
  const output = new TagOutput(parts);
  const segments = new ChannelSegments({ ...parts, output }, config);
  const destinations = [new FakeDestination(3), new FakeDestination(4)] as const;
  for (const one of destinations) fanOut.add(one as unknown as DestinationStream);
  const owner: BlockReturn = { returnBlock: ({ index }) => shard.returnBlock(index) };
  const tell = (metadata: StreamMetadata, pts?: number): readonly number[] => {
    const packet = shard.metadata(owner, metadata, pts);
    return segments.onMetadata(packet.descriptor, packet.block).map((kept) => {
      kept.block.release();
      return kept.pts;
    });
  };
  const keep = ({ descriptor, block }: FakePacket): void => segments.keep(descriptor, block);
  return { segments, muxer, output, tracks, destinations, owner, tell, keep, faults };
}

const totals = (number: number): SegmentTotals => ({
  number,
  streamName: 'name',
  videoFrames: 0,
  audioFrames: 0,
  bytes: 0,
  duration: 0,
});

function count(counter: ChannelCounter): number {
  return shard.counters.channels.get(CHANNEL, counter);
}

test('segments are numbered from where the channel is, and open from their start to their end', () => {
  const { segments, tell, destinations } = setUp({ segment: { number: 4, isOpen: false } });
  expect([segments.isOpen, segments.state]).toEqual([false, { number: 4, isOpen: false }]);
  tell(START);
  expect([segments.isOpen, segments.state, segments.isSettled]).toEqual([
    true,
    { number: 5, isOpen: true },
    true,
  ]);
  tell(END);
  expect([segments.isOpen, segments.state, segments.isSettled]).toEqual([
    false,
    { number: 5, isOpen: false },
    false,
  ]);
  for (const { messages } of destinations)
    expect(messages).toEqual(['onStreamStart start5', 'onStreamEnd end5']);
  expect(shard.blocksInUse).toBe(0);
});

test('a start within a segment, and other metadata, is a message like any other', () => {
  const { segments, tell, destinations } = setUp();
  tell(START);
  tell({ type: 'disconnect', code: 7 });
  expect(segments.state).toEqual({ number: 1, isOpen: true });
  expect(destinations[0].messages).toEqual(['onStreamStart', 'onDisconnect']);
});

test('each destination is told its own numbers, and not those of the others', () => {
  const { tell, destinations } = setUp();
  tell({ type: 'dropFrames', audio: 5, video: 6 });
  const [, fields] = decodeAmf0(destinations[1].tags[0]!.tag.parts[0]!);
  expect(fields).toMatchObject({ audio: 5, video: 6, measuredAudio: 1, measuredVideo: 2 });
});

test('the segment ends when both destinations have brought it there, or one has and the other is over', () => {
  const { segments, tell } = setUp();
  tell(END);
  segments.onLeft(3, totals(1), true);
  expect(shard.told).toEqual(['segmentLeft']);
  segments.onLeft(4, totals(1), false);
  expect(shard.reports.slice(1)).toEqual([
    { type: 'segmentLeft', channel: CHANNEL, destination: 4, totals: totals(1), taken: false },
    { type: 'segmentEnd', channel: CHANNEL, segment: 1 },
  ]);
  expect(segments.isSettled).toBe(false);
  tell(START);
  expect(segments.isSettled).toBe(true);
  tell(END);
  tell(START);
  expect(segments.isSettled).toBe(false);
  segments.onLeft(3, totals(2), true);
  segments.leave(4);
  expect(shard.of('segmentEnd').map(({ segment }) => segment)).toEqual([1, 2]);
  expect(segments.isSettled).toBe(true);
});

test('between two segments media is refused, and metadata but for a start and keys', () => {
  const { segments, tell, keep, owner, destinations } = setUp();
  tell(END);
  keep(shard.audio(owner, ADTS, 0));
  tell({ type: 'disconnect', code: 7 });
  tell(END);
  expect(count(ChannelCounter.packetsBetweenSegments)).toBe(3);
  expect(shard.of('problem')).toHaveLength(1);
  tell({ type: 'videoEncrypt', mode: 'none' });
  expect(count(ChannelCounter.packetsBetweenSegments)).toBe(3);
  expect([segments.isOpen, shard.blocksInUse]).toEqual([false, 0]);
  expect(destinations[0].messages).toEqual(['onStreamEnd end1']);
});

test('a segment that ends waits for no further track', () => {
  const { tell, tracks } = setUp();
  tracks.note(true, false);
  expect(tracks.holds).toBe(true);
  tell({ type: 'disconnect', code: 7 });
  expect(tracks.holds).toBe(true);
  tell(END);
  expect(tracks.holds).toBe(false);
});

test.each([START, END])('a border goes out whatever its time is: $type', (metadata) => {
  const isOpen = metadata === END;
  const { segments, tell, destinations } = setUp({ segment: { number: 1, isOpen } });
  tell(metadata, Number.POSITIVE_INFINITY);
  expect(shard.of('problem')).toHaveLength(1);
  expect(segments.isOpen).toBe(!isOpen);
  expect(destinations[0].tags.map(({ mark }) => mark?.border)).toEqual([isOpen ? 'end' : 'start']);
});

test('a message without a time that can be is refused, and a fault of ours is the end of the channel', () => {
  const { tell, destinations, faults, muxer } = setUp();
  tell({ type: 'disconnect', code: 7 }, Number.POSITIVE_INFINITY);
  expect([count(ChannelCounter.packetsInvalid), destinations[0].tags, faults]).toEqual([1, [], []]);
  const fault = new TypeError('no such field');
  muxer.stamp = () => {
    throw fault;
  };
  tell({ type: 'disconnect', code: 7 });
  expect([count(ChannelCounter.packetsInvalid), faults, shard.blocksInUse]).toEqual([1, [fault], 0]);
});

test('metadata is gone from the pool once it was read', () => {
  const { segments, owner } = setUp();
  const packet = shard.metadata(owner, { type: 'videoEncrypt', mode: 'keyFrames', key: 'a secret' });
  expect(shard.payload(packet).includes('a secret')).toBe(true);
  segments.onMetadata(packet.descriptor, packet.block);
  expect(shard.payload(packet).every((byte) => byte === 0)).toBe(true);
});

test('with a pre-roll, media between two segments is kept, and comes first in the next one', () => {
  const { tell, keep, owner, destinations } = setUp({ preRoll: 1000, segment: { number: 1, isOpen: false } });
  keep(shard.audio(owner, ADTS, 0));
  keep(shard.keyFrame(owner, H264_KEY, 40));
  keep(shard.video(owner, H264_INTER, 80));
  keep(shard.audio(owner, ADTS, 90));
  expect(tell(START, 5000)).toEqual([40, 80, 90]);
  expect([count(ChannelCounter.packetsBetweenSegments), shard.blocksInUse]).toEqual([0, 0]);
  // The segment's clock begins with what was kept.
  tell({ type: 'disconnect', code: 7 }, 5000);
  expect(destinations[0].tags.map(({ tag }) => tag.timestamp)).toEqual([0, 4960]);
});

test('what falls out of the pre-roll goes out nowhere, but the muxer has read its parameter sets', () => {
  const { segments, keep, owner, destinations, muxer } = setUp({
    preRoll: 1000,
    segment: { number: 1, isOpen: false },
  });
  keep(shard.keyFrame(owner, H264_KEY, 0));
  expect(muxer.hasVideo).toBe(false);
  keep(shard.keyFrame(owner, H264_KEY, 2000));
  keep(shard.keyFrame(owner, H264_KEY, 4000));
  expect([muxer.hasVideo, destinations[0].tags]).toEqual([true, []]);
  expect(shard.told).toContain('stream');
  keep(shard.video(owner, H264_INTER, 4040));
  segments.relieve();
  expect(shard.blocksInUse).toBe(2);
  segments.giveUp();
  expect(shard.blocksInUse).toBe(0);
});

test('a picture that falls out of the pre-roll does not wait for further slices', () => {
  const { segments, keep, owner, muxer } = setUp({ preRoll: 1000, segment: { number: 1, isOpen: false } });
  keep(shard.video(owner, H264_SETS, 0));
  keep(shard.video(owner, H264_SLICE, 0));
  for (const pts of [2000, 4000]) keep(shard.keyFrame(owner, H264_KEY, pts));
  expect([muxer.hasVideo, muxer.heldPicture]).toEqual([true, 0]);
  segments.giveUp();
  expect(shard.blocksInUse).toBe(0);
});

test('before the first destination the latest group of pictures is kept, which it is told of once, and begins with', () => {
  const { segments, keep, owner, muxer } = setUp({ standby: true });
  expect([segments.isOpen, segments.isSettled]).toEqual([false, false]);
  keep(shard.video(owner, H264_INTER, 0));
  expect(shard.of('standingBy')).toEqual([]);
  for (const [index, picture] of [H264_KEY, H264_INTER, H264_KEY, H264_INTER].entries()) {
    keep(shard.video(owner, picture, 40 * (index + 1)));
  }
  expect(shard.of('standingBy')).toEqual([{ type: 'standingBy', channel: CHANNEL }]);
  const kept = segments.begin('found');
  expect(kept.map(({ pts }) => pts)).toEqual([120, 160]);
  expect([segments.isOpen, segments.begin('found'), muxer.stamp(120)]).toEqual([true, [], 0]);
  for (const { block } of kept) block.release();
  expect(shard.blocksInUse).toBe(0);
});

test('the first destination is told of where it has come before a key frame, and not again behind one', () => {
  const { segments } = setUp({ standby: true });
  expect(segments.begin('found')).toEqual([]);
  expect(shard.of('standingBy')).toEqual([{ type: 'standingBy', channel: CHANNEL }]);
  segments.begin('found');
  expect(shard.of('standingBy')).toHaveLength(1);
  const { segments: ready, keep, owner } = setUp({ standby: true });
  keep(shard.keyFrame(owner, H264_KEY, 0));
  for (const { block } of ready.begin('found')) block.release();
  expect(shard.of('standingBy')).toHaveLength(2);
});

test('one that was opened without a destination, and goes on between two segments, waits for the next start', () => {
  const segment = { number: 2, isOpen: false };
  const { segments, tell, keep, owner, destinations } = setUp({ standby: true, segment });
  expect([segments.begin('found'), segments.state]).toEqual([[], segment]);
  keep(shard.keyFrame(owner, H264_KEY, 0));
  expect(tell(START)).toEqual([0]);
  expect(segments.state).toEqual({ number: 3, isOpen: true });
  expect(destinations[0].messages).toEqual(['onStreamStart start3']);
  expect(shard.of('standingBy')).toEqual([]);
});
