import type { ClusterClock } from '../../clock.js';
import { ClusterKeys } from '../../keys.js';
import { type KeyFrames, SCHEMA_VERSION } from '../../records.js';
import { MemoryServer, MemoryStore } from '../../store/memory-store.js';
import { ClusterNode } from '../cluster-node.js';
import type { Isolation, NodeFence } from '../node-fence.js';
import type { SlotOwner } from '../slot-owner.js';

/** A time that a test lets pass. */
interface TestClock extends ClusterClock {
  advance(ms: number, afterEach?: () => void): Promise<void>;
}

/** Channels that run on a node: all ends at the fence, as the workers of an engine do. */
export class FakeWorkload implements SlotOwner, NodeFence {
  readonly isolation: Isolation;
  /** Epoch by slot. */
  readonly #running = new Map<number, number>();
  readonly #clock: ClusterClock;
  #until = 0;
  /** ms that ending a slot takes. */
  releaseTime = 20;
  dropTime = 5;
  /** ms that making a slot ready takes. */
  prepareTime = 50;
  /** Slots that are ready. */
  readonly prepared = new Set<number>();
  readonly #preparing = new Set<number>();
  /** Slots that were ready when they came. */
  readonly cameReady = new Set<number>();
  /** Slots that it has ended: each end has its key frame. */
  ends = 0;
  /** Key frames that channels were said to begin with, by channel. */
  readonly begun = new Map<string, string>();
  /** Slots that have something in them. */
  isBusy: (slot: number) => boolean = () => true;

  constructor(clock: ClusterClock, isolation: Isolation) {
    this.#clock = clock;
    this.isolation = isolation;
  }

  /** Slots that are being sent now. */
  get running(): ReadonlyMap<number, number> {
    return this.isolation === 'continue' || this.#clock.now() < this.#until ? this.#running : new Map();
  }

  /** As if there were no fence. */
  extendForEver(): void {
    this.#until = Number.POSITIVE_INFINITY;
  }

  extend(until: number): void {
    this.#until = until;
  }

  close(): void {
    this.#until = 0;
    this.#running.clear();
  }

  own(slots: ReadonlyMap<number, number>, keyFrames: KeyFrames): void {
    for (const [name, keyFrame] of Object.entries(keyFrames)) this.begun.set(name, keyFrame);
    for (const [slot, epoch] of slots) {
      this.#running.set(slot, epoch);
      if (this.prepared.delete(slot)) this.cameReady.add(slot);
    }
  }

  async prepare(slot: number): Promise<void> {
    this.#preparing.add(slot);
    await new Promise<void>((resolve) => this.#clock.after(this.prepareTime, resolve));
    if (this.#preparing.delete(slot)) this.prepared.add(slot);
  }

  forget(slot: number): void {
    this.#preparing.delete(slot);
    this.prepared.delete(slot);
  }

  async release(slot: number): Promise<KeyFrames> {
    await new Promise<void>((resolve) => this.#clock.after(this.releaseTime, resolve));
    this.#running.delete(slot);
    return { [`channel-${slot}`]: `end ${++this.ends}` };
  }

  async drop(): Promise<void> {
    await new Promise<void>((resolve) => this.#clock.after(this.dropTime, resolve));
    this.#running.clear();
  }
}

interface Member {
  readonly node: ClusterNode;
  readonly store: MemoryStore;
  readonly load: FakeWorkload;
  readonly events: string[];
}

/** Fewer than a cluster has: the same happens to each. */
export const FEW_SLOTS = 512;

/** Nodes on one memory store, and the rule that none of their slots runs twice. */
export class TestCluster {
  readonly keys = new ClusterKeys('test');
  readonly server: MemoryServer;
  readonly members = new Map<string, Member>();
  readonly #clock: TestClock;
  readonly #slots: number;

  constructor(clock: TestClock, slots = FEW_SLOTS) {
    this.#clock = clock;
    this.#slots = slots;
    this.server = new MemoryServer(clock);
    const meta = JSON.stringify({ version: SCHEMA_VERSION, slots });
    this.server.keys.change([{ key: this.keys.meta, value: meta, revision: 0 }]);
  }

  async add(
    id: string,
    { isolation = 'fence', predecessor }: { isolation?: Isolation; predecessor?: string | undefined } = {},
  ): Promise<Member> {
    const store = new MemoryStore(this.server);
    const load = new FakeWorkload(this.#clock, isolation);
    const events: string[] = [];
    const node = new ClusterNode({
      store,
      keys: this.keys,
      clock: this.#clock,
      self: { id, capacity: 1, address: undefined, version: '1' },
      ttl: 10_000,
      fence: load,
      owner: load,
      predecessor,
      onEvent: (type) => events.push(type),
    });
    const member = { node, store, load, events };
    this.members.set(id, member);
    void node.start();
    await this.#clock.advance(0);
    return member;
  }

  /** Lets time pass, looking whenever something happens whether any slot runs twice. @throws Error */
  async pass(ms: number): Promise<void> {
    await this.#clock.advance(ms, () => this.requireSingleOwners());
  }

  requireSingleOwners(): void {
    const all = [...this.members].map(([id, { load }]) => ({ id, running: load.running }));
    for (const [index, one] of all.entries())
      for (const other of all.slice(index + 1)) requireApart(one, other);
  }

  /** Slots that run nowhere. */
  get unowned(): number {
    const slots = new Set([...this.members.values()].flatMap(({ load }) => [...load.running.keys()]));
    return this.#slots - slots.size;
  }

  slotsOf(id: string): number {
    return this.members.get(id)!.load.running.size;
  }
}

interface Running {
  readonly id: string;
  readonly running: ReadonlyMap<number, number>;
}

/** Looks for the slots of the one that has fewer: it is done whenever something happens. @throws Error */
function requireApart(one: Running, other: Running): void {
  const [few, many] = one.running.size < other.running.size ? [one, other] : [other, one];
  for (const slot of few.running.keys())
    if (many.running.has(slot)) throw new Error(`slot ${slot} runs on ${one.id} and ${other.id}`);
}

/** Most slots of a test have nothing in them, as handing over takes time. */
export function fewBusy(load: FakeWorkload): void {
  load.isBusy = (slot) => slot % 6 === 0;
}

/** Nodes a, b and c, which have shared the slots. */
export async function threeNodes(cluster: TestCluster): Promise<void> {
  for (const id of ['a', 'b', 'c']) fewBusy((await cluster.add(id)).load);
  await cluster.pass(4000);
}
