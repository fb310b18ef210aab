import { setImmediate as nextTurn } from 'node:timers/promises';
import { beforeEach, expect, test, vi } from 'vitest';
import { FakeClock } from '../../base/testing/fake-clock.js';
import { payloadOffset } from '../../memory/block-layout.js';
import { Gates, newGateMemory } from '../../memory/gates.js';
import { MediaMemory } from '../../memory/media-memory.js';
import { Command, newRing, RingConsumer, RingProducer } from '../../memory/ring.js';
import type { Placement } from '../shards/placement.js';
import { RelievableChannels } from '../shards/relievable-channels.js';
import { PacketSender } from './packet-sender.js';

const SLOTS = 4;
const CHANNEL = 1;

/** A sender whose ring is read by hand. */
class Fixture {
  readonly clock = new FakeClock();
  readonly memory = new MediaMemory(1_048_576, 4);
  readonly gates = new Gates(newGateMemory(4));
  readonly #ringMemory = newRing(SLOTS);
  readonly ring = new RingConsumer(this.#ringMemory);
  readonly shard = {
    ring: new RingProducer(this.#ringMemory),
    ringDoorbell: vi.fn(),
    isDead: false,
    post: vi.fn(),
  };
  readonly announced: boolean[] = [];
  readonly sender = new PacketSender(
    {
      clock: this.clock,
      memory: this.memory,
      gates: this.gates,
      relievable: new RelievableChannels(),
      awaitRoom: () => {},
      tellTooSmall: () => {},
    },
    { channel: CHANNEL, shard: this.shard } as unknown as Placement,
    (paused) => void this.announced.push(paused),
  );

  send(data: Uint8Array = new Uint8Array(100)): boolean {
    return this.sender.send(Command.video, 0, data, 0, undefined, 0);
  }

  /** Takes all descriptors out of the ring. Returns their commands and numbers. */
  drain(): [Command, number][] {
    const taken: [Command, number][] = [];
    for (; this.ring.waiting > 0; this.ring.commit(1)) {
      this.ring.read(0);
      taken.push([this.ring.command, this.ring.bytes]);
    }
    return taken;
  }
}

let fixture: Fixture;
beforeEach(() => {
  fixture = new Fixture();
});

test.each([
  ['data', ['text', undefined, 0]],
  ['data', [new Uint8Array(0), undefined, 0]],
  ['pts', [new Uint8Array(1), undefined, Number.NaN]],
  ['dts', [new Uint8Array(1), Number.POSITIVE_INFINITY, 0]],
])('a packet is refused with the name of what is wrong with it: %s', (name, [data, dts, pts]) => {
  const send = (): boolean =>
    fixture.sender.send(Command.video, 0, data as Uint8Array, 0, dts as number | undefined, pts as number);
  expect(send).toThrow(expect.objectContaining({ code: 'ERR_CLOUDPUSH_INVALID_PARAMETER' }));
  expect(send).toThrow(name);
  expect([fixture.ring.waiting, fixture.memory.heldBy(CHANNEL), fixture.sender.refused]).toEqual([0, 0, 0]);
});

test('a packet comes to the shard with its times, and wakes it', () => {
  const { sender, ring, shard } = fixture;
  expect(sender.send(Command.audio, 3, new Uint8Array([1, 2]), 5, 40, 80)).toBe(true);
  ring.read(0);
  expect(ring).toMatchObject({ command: Command.audio, channel: CHANNEL, codec: 3, bytes: 2, flags: 5 });
  expect([ring.dts, ring.pts]).toEqual([40, 80]);
  expect(shard.ringDoorbell).toHaveBeenCalledOnce();
  fixture.send();
  ring.read(1);
  expect(ring.dts).toBeNaN();
});

test('a record may come without a time, but not with one that is none', () => {
  const { sender, ring } = fixture;
  const record = new Uint8Array(3);
  expect(sender.sendRecord(Command.metadata, record, undefined)).toBe(true);
  ring.read(0);
  expect([ring.pts, ring.dts]).toEqual([Number.NaN, Number.NaN]);
  expect(sender.sendRecord(Command.metadata, record, 7)).toBe(true);
  ring.read(1);
  expect(ring.pts).toBe(7);
  expect(() => sender.sendRecord(Command.metadata, record, Number.NaN)).toThrow('pts');
});

test('a full ring refuses, keeps no memory, and is tried again a moment later', async () => {
  for (let i = 0; i < SLOTS; i++) expect(fixture.send()).toBe(true);
  const held = fixture.memory.heldBy(CHANNEL);
  expect(fixture.send()).toBe(false);
  expect([fixture.memory.heldBy(CHANNEL), fixture.sender.refused, fixture.sender.paused]).toEqual([
    held,
    1,
    true,
  ]);
  fixture.drain();
  expect(fixture.send()).toBe(false);
  fixture.clock.pass(1);
  await nextTurn();
  expect([fixture.sender.paused, fixture.send()]).toEqual([false, true]);
  expect([fixture.announced, fixture.sender.refused, fixture.sender.pauses]).toEqual([[true, false], 2, 1]);
});

test('a record that the ring had no room for is wiped from the pool, for it may hold a key', () => {
  for (let i = 0; i < SLOTS; i++) fixture.send();
  const store = vi.spyOn(fixture.memory, 'store');
  expect(fixture.sender.sendRecord(Command.metadata, new Uint8Array(50).fill(0xaa), 0)).toBe(false);
  const at = payloadOffset(store.mock.results[0]!.value as number);
  expect([...fixture.memory.pool.bytes.subarray(at, at + 50)]).toEqual(new Array(50).fill(0));
});

test('commands that the ring has no room for come later, in their order, and no packet overtakes them', () => {
  for (let i = 0; i < SLOTS; i++) fixture.send();
  fixture.sender.command(Command.attach, 7);
  fixture.sender.command(Command.detach, 8);
  fixture.clock.pass(10);
  expect(fixture.clock.pending).toBe(1);
  expect(fixture.drain()).toHaveLength(SLOTS);
  expect(fixture.send()).toBe(false);
  fixture.shard.ringDoorbell.mockClear();
  fixture.clock.pass(1);
  expect(fixture.drain()).toEqual([
    [Command.attach, 7],
    [Command.detach, 8],
  ]);
  expect(fixture.shard.ringDoorbell).toHaveBeenCalledTimes(2);
  expect([fixture.send(), fixture.clock.pending]).toEqual([true, 0]);
});

test('nothing follows a channel to a shard that is asked to let it go; what waits comes when it stays', async () => {
  const { sender } = fixture;
  sender.leaveShard();
  sender.command(Command.attach, 7);
  expect([fixture.drain(), fixture.send(), sender.paused]).toEqual([[[Command.release, 0]], false, true]);
  sender.onMigrationRefused();
  expect([fixture.drain(), fixture.send(), sender.paused]).toEqual([[[Command.attach, 7]], true, false]);
  await nextTurn();
  expect([sender.pauses, fixture.announced]).toEqual([1, [true, false]]);
});

test('also behind a full ring nothing follows the wish to leave', () => {
  for (let i = 0; i < SLOTS; i++) fixture.send();
  fixture.sender.leaveShard();
  fixture.sender.command(Command.attach, 7);
  fixture.drain();
  fixture.clock.pass(10);
  expect(fixture.drain()).toEqual([[Command.release, 0]]);
});

test('a channel whose shard died before it could tell of a pause is paused and resumed, for its caller was refused', async () => {
  const { sender, gates, announced } = fixture;
  gates.close(CHANNEL);
  expect(fixture.send()).toBe(false);
  sender.onMigrated();
  await nextTurn();
  expect(announced).toEqual([true, false]);
  sender.onMigrated();
  await nextTurn();
  expect(announced).toEqual([true, false]);
});

test('a channel that has found another shard begins there with an open gate, and without what waited for the old one', () => {
  const { sender, gates } = fixture;
  sender.leaveShard();
  sender.command(Command.attach, 7);
  gates.close(CHANNEL);
  sender.onPause();
  fixture.drain();
  sender.onMigrated();
  expect([sender.paused, gates.isOpen(CHANNEL), fixture.send()]).toEqual([false, true, true]);
  sender.command(Command.detach, 9);
  expect(fixture.drain()).toEqual([
    [Command.video, 100],
    [Command.detach, 9],
  ]);
});

test('commands for a shard whose thread is dead wait for the next one', () => {
  fixture.shard.isDead = true;
  fixture.sender.command(Command.attach, 7);
  expect([fixture.drain(), fixture.clock.pending]).toEqual([[], 0]);
});

test('the pause of the shard refuses every packet, and is told once, with its time', async () => {
  const { sender } = fixture;
  sender.onPause();
  sender.onPause();
  expect([fixture.send(), sender.refused]).toEqual([false, 1]);
  fixture.clock.pass(500);
  await nextTurn();
  expect(sender.pausedMs).toBe(500);
  sender.onResume();
  sender.onResume();
  fixture.clock.pass(500);
  await nextTurn();
  expect(sender.pausedMs).toBe(500);
  sender.onPause();
  fixture.clock.pass(250);
  await nextTurn();
  expect(sender.pausedMs).toBe(750);
  expect([fixture.announced, sender.pauses]).toEqual([[true, false, true], 2]);
});

test('a gate that the shard has closed refuses before the pause is told of', () => {
  fixture.gates.close(CHANNEL);
  expect([fixture.send(), fixture.sender.paused]).toEqual([false, true]);
  fixture.gates.open(CHANNEL);
  expect([fixture.send(), fixture.sender.paused]).toEqual([true, false]);
});

test('a sender that is closed takes nothing', () => {
  fixture.sender.close();
  expect([fixture.send(), fixture.ring.waiting]).toEqual([false, 0]);
});

test('a packet that the pool can never hold is an error, not a pause', () => {
  expect(() => fixture.send(new Uint8Array(2_000_000))).toThrow(
    expect.objectContaining({ code: 'ERR_CLOUDPUSH_PACKET_TOO_LARGE' }),
  );
  expect(fixture.sender.paused).toBe(false);
});
