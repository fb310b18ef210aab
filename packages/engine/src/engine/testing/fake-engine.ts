import { FakeClock } from '../../base/testing/fake-clock.js';
import { newCounterMemory, ShardCounters } from '../../memory/counters.js';
import { type Command, newRing, RingConsumer, RingProducer } from '../../memory/ring.js';
import type { EngineSettings } from '../../options/engine-settings.js';
import type { ShardRequest } from '../../protocol/requests.js';
import type { TargetCache } from '../../targets/target-cache.js';
import type { EngineServices } from '../engine-services.js';
import { PoolAccess } from '../shards/pool-access.js';
import type { ShardHandle } from '../shards/shard-handle.js';
import { SlotAllocator } from '../shards/slots.js';
import { SeriesTurns } from '../spool/series-turns.js';

const MIB = 1024 * 1024;
const RING_SLOTS = 64;

/** The most channels and destinations of an engine. */
const SLOTS = 4;

/** A shard without a thread: keeps what it is told, and reports nothing by itself. */
export class FakeShard {
  readonly posted: NonNullable<ShardRequest>[] = [];
  readonly counters = new ShardCounters(newCounterMemory(SLOTS));
  readonly ring: RingProducer;
  channels = 0;
  isDead = false;
  readonly #descriptors: RingConsumer;

  constructor() {
    const memory = newRing(RING_SLOTS);
    this.ring = new RingProducer(memory);
    this.#descriptors = new RingConsumer(memory);
  }

  /** The shard, as the caller's side takes it. */
  get handle(): ShardHandle {
    return this as unknown as ShardHandle;
  }

  post(request: ShardRequest): void {
    if (request !== null) this.posted.push(request);
  }

  ringDoorbell(): void {}

  /** Takes the messages that were posted since: their types. */
  takePosted(): string[] {
    return this.posted.splice(0).map(({ type }) => type);
  }

  /** Takes the descriptors out of the ring: their commands, and arguments or lengths. */
  takeDescriptors(): [Command, number][] {
    const taken: [Command, number][] = [];
    for (; this.#descriptors.waiting > 0; this.#descriptors.commit(1)) {
      this.#descriptors.read(0);
      taken.push([this.#descriptors.command, this.#descriptors.bytes]);
    }
    return taken;
  }
}

/** The services of an engine without threads, and with time that a test lets pass. */
export class FakeEngine implements EngineServices {
  readonly clock = new FakeClock();
  readonly pool = new PoolAccess(
    { poolSize: MIB, maxConnections: SLOTS, debugPool: false } as EngineSettings,
    this.clock,
    () => {},
  );
  readonly planning = { maxPacket: this.pool.memory.maxPacket };
  readonly slots = new SlotAllocator(SLOTS);
  readonly series = new SeriesTurns(this.clock);
  readonly targets: TargetCache;

  /** @param targets asked for the targets of destinations without a URL */
  constructor(targets: Partial<TargetCache> = {}) {
    this.targets = targets as TargetCache;
  }
}
