import { FlvTag, TagRole, TagType } from '@cloudpush/muxer';
import { describe, expect, test } from 'vitest';
import { type BlockReturn, PacketBlock } from '../channel/packet-block.js';
import { StreamDescription } from '../channel/stream-metadata-tracker.js';
import { type QueuedTag, SendQueue } from './send-queue.js';

function tagAt(timestamp: number, size = 10, role: TagRole = TagRole.interFrame): FlvTag {
  return new FlvTag(TagType.video, role, timestamp, [new Uint8Array(size)], size, 0);
}

function entry(tag: FlvTag, block?: PacketBlock, at: number = tag.timestamp): QueuedTag {
  return { tag, block, description: undefined, mark: undefined, at, isOnDisk: false };
}

class Returned implements BlockReturn {
  readonly blocks: number[] = [];
  returnBlock(block: PacketBlock): void {
    this.blocks.push(block.index);
  }
}

describe('SendQueue', () => {
  test('gives tags back in order, through many rounds of growing and shrinking', () => {
    const queue = new SendQueue();
    let expected = 0;
    for (let i = 0; i < 1000; i++) {
      queue.push(entry(tagAt(i)));
      if (i % 3 !== 0) expect(queue.shift()?.tag.timestamp).toBe(expected++);
    }
    while (queue.length > 0) expect(queue.shift()?.tag.timestamp).toBe(expected++);
    expect(expected).toBe(1000);
    expect(queue.shift()).toBeUndefined();
  });

  test('keeps the borders of segments, and finds nothing of the next one', () => {
    const queue = new SendQueue();
    const end = tagAt(2000, 10, TagRole.data);
    const start = tagAt(0, 10, TagRole.data);
    const audio = (at: number, timestamp: number): QueuedTag =>
      entry(tagAt(timestamp, 10, TagRole.audioFrame), undefined, at);
    for (const timestamp of [1000, 1500]) queue.push(audio(timestamp, timestamp));
    queue.push({ ...entry(end), mark: { border: 'end', number: 1 } });
    queue.push({ ...entry(start, undefined, 2100), mark: { border: 'start', number: 2 } });
    for (const timestamp of [100, 400]) queue.push(audio(2100 + timestamp, timestamp));
    expect(queue.ms).toBe(1500);
    const isFirstSegment = (tag: FlvTag): boolean => tag.timestamp === 100;
    expect(queue.find(isFirstSegment)).toBeUndefined();
    const isAudio = ({ role }: FlvTag): boolean => role === TagRole.audioFrame;
    expect(queue.removeOldest(isAudio, 1000, 400)).toBe(2);
    expect(queue.shift()!.tag).toBe(end);
    expect(queue.shift()!.tag).toBe(start);
    expect(queue.find(isFirstSegment)).toBeDefined();
    expect(queue.ms).toBe(300);
  });

  test.each([
    { dropped: [0], carrier: 40 },
    { dropped: [0, 40], carrier: 80 },
    { dropped: [0, 40, 80], carrier: 120 },
  ])(
    'lets the tag after a dropped one bring the description: $carrier ms after $dropped',
    ({ dropped, carrier }) => {
      const queue = new SendQueue();
      const description = descriptionOf(1);
      queue.push({ ...entry(tagAt(0)), description });
      for (const timestamp of [40, 80]) queue.push(entry(tagAt(timestamp)));
      queue.remove(({ timestamp }) => dropped.includes(timestamp));
      queue.push(entry(tagAt(120)));
      const bringing = [];
      for (let one = queue.shift(); one !== undefined; one = queue.shift())
        if (one.description === description) bringing.push(one.tag.timestamp);
      expect(bringing).toEqual([carrier]);
      expect(queue.takeOrphan()).toBeUndefined();
    },
  );

  test('gives the description of the last dropped tag to one that does not wait', () => {
    const queue = new SendQueue();
    const [older, newer] = [1, 2].map((version) => descriptionOf(version));
    queue.push({ ...entry(tagAt(0)), description: older });
    queue.push({ ...entry(tagAt(40)), description: newer });
    queue.remove(() => true);
    expect([queue.takeOrphan(), queue.takeOrphan()]).toEqual([newer, undefined]);
  });

  test('knows what waits in bytes and in milliseconds', () => {
    const queue = new SendQueue();
    expect([queue.bytes, queue.ms]).toEqual([0, 0]);
    for (const timestamp of [100, 140, 180]) queue.push(entry(tagAt(timestamp, 1000)));
    expect([queue.bytes, queue.ms]).toEqual([3000, 80]);
    queue.shift();
    expect([queue.bytes, queue.ms]).toEqual([2000, 40]);
  });

  test('measures the time in which tags came, whatever their stamps are', () => {
    const queue = new SendQueue();
    for (const [i, stamp] of [2 ** 32 - 20, 20, 3_600_000, 40].entries())
      queue.push(entry(tagAt(stamp), undefined, 5000.5 + i * 40));
    expect(queue.ms).toBe(120);
  });

  test('takes its age from its oldest frame, not from headers that were left behind', () => {
    const queue = new SendQueue();
    queue.push(entry(tagAt(0, 10, TagRole.videoSequenceHeader)));
    queue.push(entry(tagAt(500, 10, TagRole.keyFrame)));
    queue.push(entry(tagAt(540)));
    expect(queue.ms).toBe(40);
  });

  test('lets go of every block when it is cleared', () => {
    const queue = new SendQueue();
    const returned = new Returned();
    for (let i = 0; i < 5; i++) queue.push(entry(tagAt(i), new PacketBlock(returned, i, 0)));
    queue.shift()?.block?.release();
    queue.clear();
    expect(returned.blocks).toEqual([0, 1, 2, 3, 4]);
    expect([queue.length, queue.bytes, queue.ms]).toEqual([0, 0, 0]);
  });

  test('finds the first waiting tag that matches', () => {
    const queue = new SendQueue();
    const header = entry(tagAt(0, 1, TagRole.videoSequenceHeader));
    queue.push(header);
    queue.push(entry(tagAt(0, 1, TagRole.keyFrame)));
    const isHeader = (tag: FlvTag): boolean => tag.role === TagRole.videoSequenceHeader;
    expect(queue.find(isHeader)).toBe(header);
    queue.shift();
    expect(queue.find(isHeader)).toBeUndefined();
  });

  test('knows how many tags wait, also when some have left', () => {
    const queue = new SendQueue();
    for (let i = 0; i < 5; i++) queue.push(entry(tagAt(i)));
    const lengths = Array.from({ length: 5 }, () => {
      queue.shift();
      return queue.length;
    });
    expect(lengths).toEqual([4, 3, 2, 1, 0]);
  });

  test('finds a tag of the segment that is under way behind others', () => {
    const queue = new SendQueue();
    for (let i = 0; i < 5; i++) queue.push(entry(tagAt(i)));
    expect(queue.find(({ timestamp }) => timestamp === 3)?.tag.timestamp).toBe(3);
  });

  test('puts others in the place of tags, and lets go of those that get none', () => {
    const queue = new SendQueue();
    const returned = new Returned();
    for (let i = 0; i < 5; i++) queue.push(entry(tagAt(i), new PacketBlock(returned, i, 0)));
    queue.shift();
    const other = tagAt(2, 17);
    queue.replace((tag) => (tag.timestamp === 1 ? undefined : tag.timestamp === 2 ? other : tag));
    expect([returned.blocks, queue.length, queue.bytes]).toEqual([[1], 3, 37]);
    expect(queue.first?.tag).toBe(other);
  });
});

function descriptionOf(version: number): StreamDescription {
  const announced = { video: undefined, audio: undefined };
  return new StreamDescription({
    video: undefined,
    audio: undefined,
    announced,
    encryption: [],
    changed: [],
    version,
  });
}
