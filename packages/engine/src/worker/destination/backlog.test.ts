import { FlvTag, TagRole, TagType } from '@cloudpush/muxer';
import { beforeEach, expect, test } from 'vitest';
import { FakeClock } from '../../base/testing/fake-clock.js';
import { DestinationCounter, newCounterMemory, ShardCounters } from '../../memory/counters.js';
import { HeldPackets } from '../channel/held-packets.js';
import { PacketBlock } from '../channel/packet-block.js';
import { Backlog, PATIENCE } from './backlog.js';
import { DestinationCounters } from './destination-counters.js';

let clock = new FakeClock();

beforeEach(() => {
  clock = new FakeClock();
});

const LIMITS = {
  highWatermark: { bytes: 1000, ms: 1_000_000 },
  lowWatermark: { bytes: 500, ms: 500_000 },
};

/** A backlog of pictures of 100 bytes, and what its owner was told. */
class Fixture {
  isLeftBehind = false;
  readonly told: string[] = [];
  readonly heldPackets = new HeldPackets(clock);
  readonly #counters = new ShardCounters(newCounterMemory(1));
  readonly tally = new DestinationCounters(this.#counters, 0);
  readonly backlog: Backlog;
  #clock = 0;

  constructor(overflow: 'reject' | 'drop' = 'reject') {
    const owner = {
      isLeftBehind: () => this.isLeftBehind,
      onFull: () => void this.told.push('full'),
      onRoom: () => void this.told.push('room'),
    };
    const { heldPackets, tally: counters } = this;
    this.backlog = new Backlog(owner, { ...LIMITS, overflow }, { heldPackets, counters, clock });
  }

  /** @param isOnDisk the tags were read from disk */
  push(letters: string, isOnDisk = false): void {
    for (const letter of letters) {
      const role = { K: TagRole.keyFrame, P: TagRole.interFrame }[letter]!;
      this.#clock += 40;
      const tag = new FlvTag(TagType.video, role, this.#clock, [new Uint8Array(100)], 100, 0);
      if (this.backlog.skips(tag)) continue;
      const at = this.#clock;
      this.backlog.push({
        tag,
        block: undefined,
        description: undefined,
        mark: undefined,
        at,
        isOnDisk,
      });
      this.backlog.bound();
    }
  }

  /** So many ms pass until the next tag. */
  wait(ms: number): void {
    this.#clock += ms;
  }

  counter(counter: DestinationCounter): number {
    return this.#counters.destinations.get(0, counter);
  }

  /** So many tags leave. */
  leave(count: number): void {
    for (let i = 0; i < count; i++) this.backlog.shift();
    this.backlog.resumeIfRoom();
  }
}

test('a queue above its high watermark makes its source wait until it is below the low one', () => {
  const fixture = new Fixture();
  fixture.push('KPPPPPPPPP');
  expect([fixture.told, fixture.backlog.full]).toEqual([[], false]);
  fixture.push('PP');
  expect([fixture.told, fixture.backlog.full]).toEqual([['full'], true]);
  fixture.leave(6);
  expect(fixture.told).toEqual(['full']);
  fixture.leave(1);
  expect([fixture.told, fixture.backlog.full]).toEqual([['full', 'room'], false]);
  expect(fixture.tally.dropped.video).toBe(0);
});

test('a queue that may drop does so, down to its low watermark, and its source does not wait', () => {
  const fixture = new Fixture('drop');
  fixture.push('KPPPPKPPPPP');
  expect([fixture.told, fixture.backlog.full]).toEqual([[], false]);
  expect(fixture.backlog.bytes).toBeLessThanOrEqual(500);
  expect(fixture.tally.dropped.video).toBeGreaterThan(5);
});

test('one that is left behind drops nothing while it has had room a moment ago: the source waits', () => {
  const fixture = new Fixture();
  fixture.push('KPPP');
  clock.pass(PATIENCE);
  fixture.isLeftBehind = true;
  fixture.push('KPPPPPPP');
  // The room that it had when the fifth tag came is as old as the patience, and not older.
  expect(fixture.told).toEqual(['full']);
  expect(fixture.tally.dropped.video).toBe(0);
  fixture.backlog.reconsider();
  expect(fixture.told).toEqual(['full']);
  clock.pass(PATIENCE);
  fixture.backlog.reconsider();
  expect(fixture.told).toEqual(['full']);
  expect(fixture.tally.dropped.video).toBe(0);
});

test('the source loses its patience with one that is left behind, and then that drops', () => {
  const fixture = new Fixture();
  fixture.isLeftBehind = true;
  fixture.push('KPPPKPPPPPP');
  expect(fixture.told).toEqual(['full']);
  clock.pass(PATIENCE + 1);
  fixture.backlog.reconsider();
  expect(fixture.told).toEqual(['full', 'room']);
  expect(fixture.backlog.full).toBe(false);
  expect(fixture.backlog.bytes).toBeLessThanOrEqual(500);
  expect(fixture.tally.dropped.video).toBeGreaterThan(0);
});

test('the source has no less patience with a queue that grows slowly, and no more with one that never had room', () => {
  const fixture = new Fixture();
  fixture.isLeftBehind = true;
  fixture.push('KPPPP');
  for (let i = 0; i < 5; i++) {
    clock.pass(PATIENCE / 2);
    fixture.push('P');
  }
  expect(fixture.told).toEqual([]);
  fixture.push('P');
  // Two and a half times the patience without room: it drops at once.
  expect(fixture.told).toEqual([]);
  expect(fixture.tally.dropped.video).toBeGreaterThan(0);
});

test('the source waits for one that nobody is ahead of, however long', () => {
  const fixture = new Fixture();
  fixture.push('KPPPPPPPPPP');
  clock.pass(100 * PATIENCE);
  fixture.backlog.reconsider();
  expect([fixture.told, fixture.tally.dropped.video]).toEqual([['full'], 0]);
});

test('what the channel keeps back counts, and keeps even one that may drop from dropping', () => {
  const fixture = new Fixture('drop');
  const packet = {
    command: 2,
    codec: 0,
    flags: 0,
    bytes: 700,
    dts: 0,
    pts: 0,
    configuration: undefined,
  } as const;
  fixture.heldPackets.add(packet, new PacketBlock({ returnBlock: () => {} }, 0, 0));
  expect([fixture.backlog.isEmpty, fixture.backlog.hasRoom]).toEqual([false, false]);
  expect(fixture.backlog.waitingBytes).toBe(700);
  fixture.push('KPP');
  expect(fixture.told).toEqual([]);
  fixture.push('P');
  expect([fixture.told, fixture.tally.dropped.video]).toEqual([['full'], 0]);
  fixture.heldPackets.takeAll();
  fixture.backlog.reconsider();
  expect(fixture.told).toEqual(['full', 'room']);
});

test('pictures that refer to dropped ones are skipped up to the next key frame, and counted', () => {
  const fixture = new Fixture('drop');
  fixture.push('KPPPPPPPPPP');
  expect(fixture.backlog.length).toBe(0);
  fixture.push('PP');
  expect(fixture.backlog.length).toBe(0);
  expect(fixture.tally.dropped.video).toBe(13);
  fixture.push('KP');
  expect(fixture.backlog.length).toBe(2);
});

test('where the pool runs short, tags that were read from disk are not dropped: they have nothing of it', () => {
  const fixture = new Fixture('drop');
  fixture.push('KPPP', true);
  fixture.backlog.relieve();
  expect(fixture.backlog.length).toBe(4);
  fixture.push('P');
  fixture.backlog.relieve();
  expect(fixture.backlog.length).toBeLessThan(5);
});

test('relieving lets go of half, lets the source go on, and leaves what can be decoded', () => {
  const fixture = new Fixture();
  fixture.push('KPPKPPKPPPP');
  expect(fixture.told).toEqual(['full']);
  fixture.backlog.relieve();
  expect(fixture.told).toEqual(['full', 'room']);
  expect(fixture.backlog.bytes).toBe(500);
  expect(fixture.backlog.first!.tag.role).toBe(TagRole.keyFrame);
});

test('one that has ended makes nobody wait', () => {
  const fixture = new Fixture();
  fixture.push('KPPPPPPPPPP');
  fixture.backlog.end();
  expect([fixture.backlog.full, fixture.backlog.isEmpty, fixture.backlog.bytes]).toEqual([false, true, 0]);
  fixture.backlog.resumeIfRoom();
  expect(fixture.told).toEqual(['full']);
});

test('after a lost connection pictures wait for a key frame, as decoding cannot start without', () => {
  const fixture = new Fixture();
  fixture.push('KPPKP');
  fixture.backlog.shift();
  fixture.backlog.startAtKeyFrame();
  expect(fixture.backlog.length).toBe(2);
  fixture.backlog.shift();
  fixture.backlog.startAtKeyFrame();
  expect(fixture.backlog.length).toBe(0);
  fixture.push('P');
  expect(fixture.backlog.length).toBe(0);
  fixture.push('K');
  expect(fixture.backlog.length).toBe(1);
});

test('what is left when groups were dropped goes on with the pictures that follow', () => {
  const fixture = new Fixture('drop');
  fixture.push('KPPPPPKPPPP');
  const left = fixture.backlog.length;
  expect(fixture.backlog.first!.tag.role).toBe(TagRole.keyFrame);
  fixture.push('P');
  expect(fixture.backlog.length).toBe(left + 1);
});

test('told to skip to a key frame, it does so once', () => {
  const fixture = new Fixture();
  fixture.backlog.skipToKeyFrame();
  fixture.push('PP');
  expect(fixture.backlog.length).toBe(0);
  fixture.push('KP');
  expect(fixture.backlog.length).toBe(2);
});

test('pictures are counted by the cause for which skipping began', () => {
  const counters = (fixture: Fixture): { room: number; start: number } => ({
    room: fixture.counter(DestinationCounter.droppedPictures),
    start: fixture.counter(DestinationCounter.droppedUndecodable),
  });
  const starting = new Fixture('drop');
  starting.push('KPPPPPPPPP');
  starting.backlog.skipToKeyFrame();
  starting.backlog.relieve();
  starting.push('PP');
  expect(counters(starting)).toEqual({ room: 10, start: 2 });
  const dropping = new Fixture('drop');
  dropping.push('KPPPPPPPPPP');
  dropping.backlog.skipToKeyFrame();
  dropping.push('PP');
  expect(counters(dropping)).toEqual({ room: 13, start: 0 });
});

test('a queue is full when what waits has been coming in for longer than its limit, and not before', () => {
  const fixture = new Fixture();
  fixture.push('K');
  fixture.wait(1_000_000 - 40);
  fixture.push('P');
  expect(fixture.backlog.waitingMs).toBe(1_000_000);
  expect(fixture.told).toEqual([]);
  fixture.push('P');
  expect(fixture.told).toEqual(['full']);
});

test('counts what it gives up at its end, by kind, and what it has dropped before not again', () => {
  const fixture = new Fixture('drop');
  fixture.push('KPPPPPPPPPPKPP');
  const dropped = fixture.counter(DestinationCounter.droppedPictures);
  expect(dropped).toBeGreaterThan(0);
  const waiting = fixture.backlog.length;
  fixture.backlog.end();
  expect(fixture.counter(DestinationCounter.lostPictures)).toBe(waiting);
  expect(fixture.counter(DestinationCounter.lostAudio)).toBe(0);
  expect(fixture.counter(DestinationCounter.droppedPictures)).toBe(dropped);
});

test('what comes at once, as it was kept, may wait beside the rest until it has been taken, for 15 s at most', () => {
  const fixture = new Fixture('drop');
  const { backlog } = fixture;
  backlog.allow({ bytes: 600, ms: 0 });
  fixture.push('KPPPPPPPPPPPPPPP');
  expect(backlog.length).toBe(16);
  clock.pass(15_000);
  fixture.push('P');
  expect(backlog.bytes).toBeLessThanOrEqual(1000);
  const other = new Fixture('drop');
  other.push('KPPPPPPPPPPPPPPP');
  expect(other.backlog.length).toBeLessThan(16);
});
