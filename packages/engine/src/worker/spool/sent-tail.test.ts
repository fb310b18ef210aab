import { FlvTag, TagRole, TagType } from '@cloudpush/muxer';
import { expect, test } from 'vitest';
import { GapRecord } from '../../spool/spool-gap.js';
import { PacketBlock } from '../channel/packet-block.js';
import { StreamHeaders } from '../destination/stream-headers.js';
import { SentTail } from './sent-tail.js';

const SIZE = 100;

class Fixture {
  readonly tail = new SentTail();
  readonly returned: number[] = [];

  group(position: number, at: number, tags = 1): void {
    this.tail.begin({ position, at, headers: new StreamHeaders(), segment: 1, disk: undefined });
    for (let i = 0; i < tags; i++) this.add(position + i);
  }

  add(number: number): FlvTag {
    const tag = new FlvTag(TagType.video, TagRole.keyFrame, 0, [new Uint8Array(SIZE)], SIZE, 0);
    const block = new PacketBlock({ returnBlock: ({ index }) => void this.returned.push(index) }, number, 0);
    this.tail.add({ tag, block, description: undefined, wall: 0 });
    return tag;
  }

  release(groups: readonly { release(): void }[]): void {
    for (const group of groups) group.release();
  }
}

test('groups are let go of when the server has all of them, and the group under way never', () => {
  const fixture = new Fixture();
  const { tail } = fixture;
  for (const position of [0, 1000, 2000]) fixture.group(position, position);
  fixture.release(tail.acknowledge(999));
  expect(fixture.returned).toEqual([]);
  fixture.release(tail.acknowledge(1999));
  expect(fixture.returned).toEqual([0]);
  fixture.release(tail.acknowledge(1e9));
  expect([fixture.returned, tail.groups.length, tail.bytes]).toEqual([[0, 1000], 1, SIZE]);
});

test('of a server that acknowledges nothing, a group goes when the one behind it is old enough', () => {
  const fixture = new Fixture();
  for (const at of [0, 2000, 4000]) fixture.group(at, at);
  fixture.release(fixture.tail.expire(1999));
  expect(fixture.returned).toEqual([]);
  fixture.release(fixture.tail.expire(2000));
  expect(fixture.returned).toEqual([0]);
});

test('with another connection, what the old one had is settled by the first word about the new one', () => {
  const fixture = new Fixture();
  fixture.group(5000, 0);
  fixture.tail.onMoved();
  fixture.group(0, 1);
  fixture.release(fixture.tail.acknowledge(0));
  expect(fixture.returned).toEqual([5000]);
});

test('a tag that the connection could not take is not kept, and another one stays', () => {
  const fixture = new Fixture();
  fixture.group(0, 0);
  const refused = fixture.add(7);
  fixture.tail.undo(refused);
  fixture.tail.undo(refused);
  expect([fixture.returned, fixture.tail.bytes]).toEqual([[7], SIZE]);
});

test('what is in memory is let go of within a bound, oldest first, and what lies on disk is not', () => {
  const fixture = new Fixture();
  const { tail } = fixture;
  const gap = new GapRecord(1, 0, true);
  const disk = { gap, place: { segment: 1, group: 0 } };
  tail.begin({ position: 0, at: 0, headers: new StreamHeaders(), segment: 1, disk });
  for (const position of [1, 2, 3]) fixture.group(position, position);
  tail.shrinkTo(SIZE + 1);
  expect(fixture.returned).toEqual([1, 2]);
  expect(tail.groups.map(({ start }) => start.position)).toEqual([0, 3]);
  tail.shrinkTo(0);
  expect(tail.groups).toHaveLength(2);
});
