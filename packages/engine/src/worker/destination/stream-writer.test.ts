import { FlvTag, TagRole, TagType } from '@cloudpush/muxer';
import { type Releasable, RtmpError, RtmpErrorCode, type RtmpPublisher } from '@cloudpush/transport';
import { beforeEach, expect, test } from 'vitest';
import { FakeClock } from '../../base/testing/fake-clock.js';
import { DestinationCounter, newCounterMemory, ShardCounters } from '../../memory/counters.js';
import { CodecTrial } from '../channel/codec-trial.js';
import { HeldPackets } from '../channel/held-packets.js';
import { PacketBlock } from '../channel/packet-block.js';
import { FakePublisher } from '../testing/fake-connection.js';
import { Backlog } from './backlog.js';
import { DestinationCounters } from './destination-counters.js';
import { SegmentProgress } from './segment-progress.js';
import { StreamHeaders } from './stream-headers.js';
import { StreamWriter } from './stream-writer.js';

const LIMITS = { highWatermark: { bytes: 1e9, ms: 1e9 }, lowWatermark: { bytes: 1e9, ms: 1e9 } };

function tag(role: TagRole, timestamp = 0, type: TagType = TagType.video): FlvTag {
  // The first byte says: AVC, a key frame.
  return new FlvTag(type, role, timestamp, [new Uint8Array([0x17, 1, 0, 0, 0])], 5, 0);
}

const HEADER = tag(TagRole.videoSequenceHeader);

/** A writer, its connection, and what becomes of what it is given. */
class Fixture {
  readonly clock = new FakeClock();
  readonly counters = new ShardCounters(newCounterMemory(1));
  readonly refused: Error[] = [];
  readonly publisher = new FakePublisher();
  readonly segment = new SegmentProgress(1, 'open');
  readonly backlog: Backlog;
  readonly writer: StreamWriter;
  watches = 0;

  constructor({ endOfSequence = false, hasVideo = true } = {}) {
    const counters = new DestinationCounters(this.counters, 0);
    const owner = { isLeftBehind: () => false, onFull: () => {}, onRoom: () => {} };
    const heldPackets = new HeldPackets(this.clock);
    const limits = { ...LIMITS, overflow: 'reject' } as const;
    this.backlog = new Backlog(owner, limits, { heldPackets, counters, clock: this.clock });
    this.writer = new StreamWriter({
      owner: {
        bitrates: { audio: undefined, video: undefined },
        onRefused: (error) => void this.refused.push(error),
      },
      clock: this.clock,
      headers: new StreamHeaders(hasVideo ? [HEADER] : []),
      queue: this.backlog,
      trial: new CodecTrial(),
      counters,
      watchdog: { watch: () => void this.watches++ },
      endOfSequence,
      segment: this.segment,
      spool: undefined,
    });
  }

  send(role: TagRole, timestamp = 0, block?: PacketBlock): void {
    this.writer.send(this.self, tag(role, timestamp), block, undefined);
  }

  get self(): RtmpPublisher {
    return this.publisher as unknown as RtmpPublisher;
  }

  get sent(): TagRole[] {
    return this.publisher.sent.map(({ role }) => role);
  }
}

let fixture: Fixture;

beforeEach(() => {
  fixture = new Fixture();
});

const { videoSequenceHeader: header, keyFrame, interFrame } = TagRole;
/** `AVCPacketType` of the end of a sequence (E.4.3.1 of FLV 10.1). */
const END_OF_SEQUENCE = 2;

test('headers go out in front of the first frame of each connection, and of each segment', () => {
  const { writer } = fixture;
  expect(writer.isAtStart).toBe(true);
  fixture.send(keyFrame);
  expect(writer.isAtStart).toBe(false);
  fixture.send(interFrame);
  writer.onMoved();
  fixture.send(keyFrame);
  writer.onPublishing();
  fixture.send(keyFrame);
  writer.startSegment(new SegmentProgress(2, 'opening'));
  fixture.send(keyFrame);
  const start = [header, keyFrame];
  expect(fixture.sent).toEqual([...start, interFrame, ...start, ...start, ...start]);
});

test('the video sequence ends once, where it has begun, and where that is wanted', () => {
  fixture = new Fixture({ endOfSequence: true });
  fixture.writer.endSequence(fixture.self);
  expect(fixture.sent).toEqual([]);
  fixture.send(keyFrame, 40);
  for (let i = 0; i < 2; i++) fixture.writer.endSequence(fixture.self);
  expect(fixture.sent).toHaveLength(3);
  expect(fixture.publisher.sent.at(-1)).toMatchObject({ timestamp: 40, parts: [{ 1: END_OF_SEQUENCE }] });
  const unwanted = new Fixture();
  unwanted.send(keyFrame);
  unwanted.writer.endSequence(unwanted.self);
  expect(unwanted.sent).toEqual([header, keyFrame]);
});

test('a connection that says "no more" is watched until it drains; the next one has room at once', () => {
  const { writer, publisher } = fixture;
  fixture.send(keyFrame);
  expect([writer.isWritable, fixture.watches]).toEqual([true, 0]);
  publisher.isWritable = false;
  fixture.send(interFrame);
  expect([writer.isWritable, fixture.watches]).toEqual([false, 1]);
  writer.onDrain();
  expect(writer.isWritable).toBe(true);
  fixture.send(interFrame);
  writer.onMoved();
  expect(writer.isWritable).toBe(true);
});

test('what the connection cannot carry is let go of, told, and not counted; pictures wait for a key frame', () => {
  const { publisher, writer } = fixture;
  fixture.send(keyFrame);
  publisher.refusal = new RtmpError(RtmpErrorCode.messageTooLarge, 'publishing', 'too large');
  const returned: PacketBlock[] = [];
  const block = new PacketBlock({ returnBlock: (one) => void returned.push(one) }, 0, 0);
  fixture.send(TagRole.disposableFrame, 40);
  expect(fixture.backlog.skips(tag(interFrame))).toBe(false);
  fixture.send(interFrame, 80, block);
  expect([fixture.refused.length, returned]).toEqual([2, [block]]);
  expect(fixture.backlog.skips(tag(interFrame))).toBe(true);
  expect(fixture.counters.destinations.get(0, DestinationCounter.videoFrames)).toBe(1);
  expect(fixture.segment.totals('name')).toMatchObject({ videoFrames: 1, duration: 0 });
  expect(writer.isWritable).toBe(true);
});

test('only packets that came while the stream was published count for the latency', () => {
  const blocks = [0, 10, 20].map((at) => new PacketBlock({ returnBlock: () => {} }, 0, at));
  const [early, timely, late] = blocks as [PacketBlock, PacketBlock, PacketBlock];
  fixture.clock.pass(10);
  fixture.writer.onPublishing();
  fixture.send(keyFrame, 0, early);
  fixture.send(interFrame, 40, timely);
  fixture.writer.onDown();
  fixture.send(interFrame, 80, late);
  expect(blocks.map(({ timed }) => timed)).toEqual([false, true, false]);
});

test('a tag is let go of when the kernel has taken it', () => {
  const { publisher } = fixture;
  const held: Releasable[] = [];
  publisher.held = held;
  const block = new PacketBlock({ returnBlock: () => {} }, 0, 0);
  fixture.send(keyFrame, 0, block);
  expect(held).toEqual([block]);
});
