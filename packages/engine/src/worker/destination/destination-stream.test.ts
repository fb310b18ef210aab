import { FlvTag, TagRole, TagType } from '@cloudpush/muxer';
import type { Releasable, RtmpPublisher } from '@cloudpush/transport';
import { beforeEach, expect, test } from 'vitest';
import { type DestinationConfig, destinationConfig } from '../../options/destination-config.js';
import { CodecTrial } from '../channel/codec-trial.js';
import { HeldPackets } from '../channel/held-packets.js';
import { PacketBlock } from '../channel/packet-block.js';
import type { SegmentMark } from '../channel/segment-tracker.js';
import { FakePublisher } from '../testing/fake-connection.js';
import { FakeShard } from '../testing/fake-shard.js';
import type { DestinationOwner } from './destination-owner.js';
import { DestinationStream } from './destination-stream.js';
import { StreamHeaders } from './stream-headers.js';

const HEADER = new FlvTag(TagType.video, TagRole.videoSequenceHeader, 0, [new Uint8Array([0x17, 0])], 2, 0);

/** The stream of a destination that publishes, and what its test says of all around it. */
class Fixture {
  readonly shard = new FakeShard();
  readonly told: string[] = [];
  isClosing = false;
  waitsForTrack = false;
  publisher: FakePublisher | undefined = new FakePublisher();
  /** A connection that waits to take the stream up; null: one that has yet to be made. */
  next: FakePublisher | null | undefined;
  readonly stream: DestinationStream;

  constructor({ hasVideo = true, highWatermark = 1000 } = {}) {
    const fixture = this;
    const { told, shard } = this;
    const config: DestinationConfig = destinationConfig(
      { url: 'rtmp://127.0.0.1/live/a', highWatermark: { bytes: highWatermark } },
      { maxPacket: 65_536 },
    );
    const channel = {
      number: 0,
      get waitsForTrack() {
        return fixture.waitsForTrack;
      },
      beginWithoutTrack: () => {
        told.push('without track');
        fixture.waitsForTrack = false;
      },
      bitrates: { audio: undefined, video: undefined },
      heldPackets: new HeldPackets(shard.clock),
      isLeftBehind: () => false,
      onFull: () => void told.push('full'),
      onRoom: () => void told.push('room'),
      onRefused: () => void told.push('refused'),
    };
    this.stream = new DestinationStream(0, config, {
      owner: {
        get isClosing() {
          return fixture.isClosing;
        },
        onMoved: () => void told.push('moved'),
        onMoving: () => void told.push('moving'),
        onSegmentEnd: ({ number }, taken) => void told.push(`segment ${number} ${taken ? 'left' : 'lost'}`),
        onEmpty: () => void told.push('empty'),
      },
      channel: channel as unknown as DestinationOwner,
      context: shard,
      connections: {
        get publisher() {
          return fixture.publisher as unknown as RtmpPublisher | undefined;
        },
        streamName: 'name',
        get canMove() {
          return fixture.next !== undefined;
        },
        move: () => {
          fixture.publisher = fixture.next ?? undefined;
          fixture.next = undefined;
          return fixture.publisher as unknown as RtmpPublisher | undefined;
        },
        nextStream: () => {
          told.push('next stream');
          return fixture.publisher === undefined;
        },
        endStream: () => void told.push('end stream'),
        watch: () => {},
        remake: () => undefined,
        forgetFlaw: () => undefined,
        destroy: ({ message }) => void told.push(`destroyed: ${message}`),
      },
      trial: new CodecTrial(),
      headers: new StreamHeaders(hasVideo ? [HEADER] : []),
      segment: { number: 1, isOpen: true },
      openSpool: undefined,
    });
    if (hasVideo) this.send(TagRole.keyFrame);
    told.length = 0;
  }

  /** Offers a tag of 100 bytes in a turn of its own. */
  send(role: TagRole, timestamp = 0, mark?: SegmentMark): PacketBlock {
    const block = this.offer(role, timestamp, mark);
    block.release();
    this.shard.flush();
    return block;
  }

  offer(role: TagRole, timestamp = 0, mark?: SegmentMark): PacketBlock {
    const tag = new FlvTag(TagType.video, role, timestamp, [new Uint8Array(100).fill(0x27)], 100, 0);
    const block = new PacketBlock({ returnBlock: () => {} }, 0, 0);
    this.stream.offer(tag, block, undefined, mark);
    return block;
  }

  endSegment(number: number): void {
    this.send(TagRole.data, 100, { border: 'end', number });
  }

  startSegment(number: number): void {
    this.send(TagRole.data, 0, { border: 'start', number });
  }

  get sent(): TagRole[] {
    return this.publisher?.sent.map(({ role }) => role) ?? [];
  }
}

const { keyFrame, interFrame, audioFrame, videoSequenceHeader: header } = TagRole;
let fixture: Fixture;

beforeEach(() => {
  fixture = new Fixture();
});

test('a stream begins at the end of the turn, behind its headers, and then each tag goes at once', () => {
  fixture = new Fixture({ hasVideo: false });
  fixture.offer(audioFrame);
  expect(fixture.sent).toEqual([]);
  fixture.shard.flush();
  expect(fixture.sent).toEqual([audioFrame]);
  fixture.offer(audioFrame, 21);
  expect(fixture.sent).toEqual([audioFrame, audioFrame]);
});

test('the beginning waits for the second track, unless the queue has no room for it, or nothing follows', () => {
  for (const end of ['tracks', 'room', 'closing'] as const) {
    fixture = new Fixture({ hasVideo: false, highWatermark: 400 });
    fixture.waitsForTrack = true;
    fixture.send(audioFrame);
    expect(fixture.sent).toEqual([]);
    if (end === 'room') for (let i = 0; i < 2; i++) fixture.send(audioFrame);
    else if (end === 'closing') fixture.isClosing = true;
    else fixture.waitsForTrack = false;
    if (end !== 'room') fixture.stream.sendWaiting();
    expect(fixture.sent[0]).toBe(audioFrame);
    expect(fixture.told.includes('without track')).toBe(end === 'room');
  }
});

test('tags wait while there is no room, and go out in their order once there is', () => {
  fixture.publisher!.isWritable = false;
  fixture.send(interFrame, 40);
  for (const timestamp of [80, 120]) fixture.send(interFrame, timestamp);
  expect(fixture.stream.backlog.length).toBe(2);
  fixture.publisher!.isWritable = true;
  fixture.stream.onDrain();
  expect(fixture.publisher!.sent.map(({ timestamp }) => timestamp).slice(-3)).toEqual([40, 80, 120]);
  expect(fixture.told.at(-1)).toBe('empty');
});

test('after a loss the stream goes on at a key frame, and a stream that rests loses nothing', () => {
  for (const isLost of [false, true]) {
    fixture = new Fixture();
    const { publisher } = fixture;
    fixture.publisher = undefined;
    fixture.send(interFrame, 40);
    fixture.stream.onDown(isLost);
    fixture.send(interFrame, 80);
    fixture.publisher = publisher;
    fixture.stream.onPublishing();
    fixture.send(keyFrame, 120);
    const inter = isLost ? [] : [interFrame, interFrame];
    expect(fixture.sent.slice(2)).toEqual([header, ...inter, keyFrame]);
  }
});

test('a segment is over when its last tag is handed over, has left when the kernel has it, and not when it is lost', () => {
  for (const taken of [true, false]) {
    fixture = new Fixture();
    const held: Releasable[] = [];
    fixture.publisher!.held = held;
    fixture.endSegment(1);
    const { segments } = fixture.stream;
    expect([segments.isBetween, segments.isAtRest, fixture.told]).toEqual([
      true,
      false,
      ['end stream', 'empty'],
    ]);
    held[0]!.release(taken);
    expect([segments.isBetween, segments.isAtRest]).toEqual([true, taken]);
    expect(fixture.told.at(-1)).toBe(`segment 1 ${taken ? 'left' : 'lost'}`);
  }
});

test('the next segment waits until its stream is published, and begins with headers of its own', () => {
  fixture.endSegment(1);
  fixture.startSegment(2);
  fixture.send(keyFrame, 40);
  expect([fixture.told.includes('next stream'), fixture.told.includes('moving')]).toEqual([true, false]);
  const before = fixture.sent.length;
  expect(fixture.stream.backlog.length).toBe(2);
  fixture.stream.onNextStream();
  expect(fixture.sent.slice(before)).toEqual([header, TagRole.data, keyFrame]);
});

test('the next segment may need another connection, which is a move', () => {
  fixture.endSegment(1);
  fixture.publisher = undefined;
  fixture.startSegment(2);
  expect(fixture.told.slice(-2)).toEqual(['next stream', 'moving']);
  fixture.publisher = new FakePublisher();
  fixture.stream.onPublishing();
  fixture.stream.sendWaiting();
  expect(fixture.sent).toEqual([TagRole.data]);
});

test('the stream moves to a connection that waits for it at a key frame, and not before', () => {
  const next = new FakePublisher();
  fixture.next = next;
  fixture.send(interFrame, 40);
  expect([next.sent, fixture.told]).toEqual([[], []]);
  fixture.send(keyFrame, 80);
  expect(fixture.sent).toEqual([header, keyFrame]);
  expect(fixture.told[0]).toBe('moved');
});

test('without video it moves at any frame of sound; where the connection has yet to be made, it waits for that', () => {
  fixture = new Fixture({ hasVideo: false });
  fixture.send(audioFrame);
  fixture.told.length = 0;
  fixture.next = null;
  fixture.send(audioFrame, 21);
  expect([fixture.told, fixture.stream.backlog.length]).toEqual([['moving'], 1]);
  fixture.publisher = new FakePublisher();
  fixture.stream.onPublishing();
  fixture.stream.sendWaiting();
  expect(fixture.sent).toEqual([audioFrame]);
});

test('what is offered at the end is not held', () => {
  fixture.stream.end();
  fixture.publisher!.held = [];
  fixture.send(interFrame, 40);
  expect([fixture.stream.backlog.length, fixture.stream.offeredBytes]).toEqual([0, 100]);
  expect(fixture.publisher!.held).toEqual([]);
});

test('an error in the flush of the turn ends the connection', () => {
  fixture.stream.destroy(new Error('no such field'));
  expect(fixture.told).toEqual(['destroyed: no such field']);
});
