import { expect, test } from 'vitest';
import { ReorderBuffer, type ReorderLimits } from './reorder-buffer.js';
import { TrackStatistics } from './track-statistics.js';

const limits: ReorderLimits = { maxReorderPackets: 8, maxReorderTime: 100, maxReorderBytes: 1000 };

class Receiver {
  readonly told: (number | string)[] = [];
  readonly statistics = new TrackStatistics();
  readonly buffer: ReorderBuffer;

  constructor(given: Partial<ReorderLimits> = {}) {
    this.buffer = new ReorderBuffer(
      {
        onPacket: (bytes, start, end) =>
          this.told.push(Buffer.from(bytes).subarray(start, end).readUInt16BE()),
        onLoss: () => this.told.push('loss'),
        onRestart: () => this.told.push('restart'),
      },
      { ...limits, ...given },
      this.statistics,
    );
  }

  push(sequence: number, now = 0, size = 2): this {
    const bytes = Buffer.alloc(size + 2, 0xee);
    bytes.writeUInt16BE(sequence, 1);
    this.buffer.push(sequence, bytes, 1, size + 1, 0, false, now);
    bytes.fill(0); // what is kept must be a copy
    return this;
  }
}

test('packets in order pass at once, over the wrap of the sequence number', () => {
  const receiver = new Receiver();
  for (const sequence of [65_534, 65_535, 0, 1]) receiver.push(sequence);
  expect(receiver.told).toEqual([65_534, 65_535, 0, 1]);
  expect(receiver.statistics).toMatchObject({ lost: 0, reordered: 0, duplicates: 0, late: 0 });
  expect(receiver.buffer.highest).toBe(0x1_0000 + 0x1_0001);
});

test('packets out of order wait for the missing ones', () => {
  const receiver = new Receiver();
  for (const sequence of [1, 4, 3, 2, 5]) receiver.push(sequence);
  expect(receiver.told).toEqual([1, 2, 3, 4, 5]);
  expect(receiver.statistics).toMatchObject({ lost: 0, reordered: 2 });
});

test('a missing packet is given up after the time, and no sooner', () => {
  const receiver = new Receiver().push(1).push(3, 10).push(4, 50);
  expect(receiver.buffer.deadline).toBe(110);
  receiver.buffer.expire(109);
  expect(receiver.told).toEqual([1]);
  receiver.buffer.expire(110);
  expect(receiver.told).toEqual([1, 'loss', 3, 4]);
  expect(receiver.statistics.lost).toBe(1);
  expect(receiver.buffer.deadline).toBe(Number.POSITIVE_INFINITY);
});

test('a packet itself can end the wait of others', () => {
  const receiver = new Receiver().push(1).push(3, 10).push(4, 110);
  expect(receiver.told).toEqual([1, 'loss', 3, 4]);
});

test('more packets than the limit are not held', () => {
  const receiver = new Receiver().push(1);
  for (let sequence = 3; sequence < 11; sequence++) receiver.push(sequence);
  expect(receiver.told).toEqual([1]);
  receiver.push(12);
  expect(receiver.told).toEqual([1, 'loss', 3, 4, 5, 6, 7, 8, 9, 10]);
  receiver.push(11);
  expect(receiver.told.slice(-2)).toEqual([11, 12]);
  expect(receiver.statistics.lost).toBe(1);
});

test('more bytes than the limit are not held', () => {
  const receiver = new Receiver().push(1).push(3, 0, 600).push(5, 0, 600);
  expect(receiver.told).toEqual([1, 'loss', 3]);
  receiver.push(4);
  expect(receiver.told).toEqual([1, 'loss', 3, 4, 5]);
});

test('duplicates and late packets are told apart, and go nowhere', () => {
  const receiver = new Receiver().push(1).push(2).push(2).push(5).push(5);
  receiver.buffer.flush();
  receiver.push(4).push(4).push(1);
  expect(receiver.told).toEqual([1, 2, 'loss', 5]);
  expect(receiver.statistics).toMatchObject({ lost: 2, duplicates: 4, late: 1, reordered: 0 });
});

test('a single packet far off is damage', () => {
  const receiver = new Receiver().push(1).push(20_000).push(2).push(40_000).push(3);
  expect(receiver.told).toEqual([1, 2, 3]);
  expect(receiver.statistics).toMatchObject({ malformed: 2, restarts: 0, lost: 0 });
});

test('two packets in a row far off are a new sequence, and none of them is lost', () => {
  const receiver = new Receiver().push(1).push(30_000).push(30_001).push(30_002);
  expect(receiver.told).toEqual([1, 'restart', 30_000, 30_001, 30_002]);
  expect(receiver.statistics).toMatchObject({ malformed: 0, restarts: 1, lost: 0 });
});

test('packets far off with others between them are damage, however they are numbered', () => {
  const receiver = new Receiver().push(1).push(30_000).push(2).push(30_001).push(3);
  expect(receiver.told).toEqual([1, 2, 3]);
  expect(receiver.statistics).toMatchObject({ malformed: 2, restarts: 0 });
});

test('a new sequence remembers nothing of the one before', () => {
  const receiver = new Receiver().push(100).push(101);
  receiver.buffer.restart();
  receiver.push(102).push(101);
  expect(receiver.told).toEqual([100, 101, 'restart', 102]);
  expect(receiver.statistics).toMatchObject({ duplicates: 0, late: 1 });
  expect(receiver.buffer.highest).toBe(0x1_0000 + 102);
});

test('a leap of up to 3000 is loss', () => {
  const receiver = new Receiver().push(1).push(3001);
  receiver.buffer.flush();
  expect(receiver.told).toEqual([1, 'loss', 3001]);
  expect(receiver.statistics.lost).toBe(2999);
});

test('a restart hands on what waits, and forgets the sequence', () => {
  const receiver = new Receiver().push(1).push(3);
  receiver.buffer.restart();
  receiver.push(500);
  expect(receiver.told).toEqual([1, 'loss', 3, 'restart', 500]);
});

test('whatever comes in whatever order, what comes out rises, and every number is accounted for', () => {
  let state = 7;
  const random = (limit: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * limit);
  };
  for (let run = 0; run < 200; run++) {
    const receiver = new Receiver({ maxReorderPackets: 1 + random(20) });
    const first = random(65_536);
    const packets = Array.from({ length: 300 }, (_, i) => ({ sequence: first + i, at: i + random(12) }));
    const sent = packets
      .filter((_, i) => i === 0 || random(10) > 0)
      .sort((a, b) => a.at - b.at || a.sequence - b.sequence);
    const start = sent[0]!.sequence;
    for (const { sequence } of sent) receiver.push(sequence & 0xffff);
    receiver.buffer.flush();
    const out = receiver.told
      .filter((entry) => typeof entry === 'number')
      .map((low) => (low - start) & 0xffff);
    expect(out).toEqual([...new Set(out)].sort((a, b) => a - b));
    const { lost, late } = receiver.statistics;
    const last = Math.max(...out);
    expect(out.length + lost).toBe(last + 1);
    expect(out.length + late).toBe(sent.length);
  }
});
