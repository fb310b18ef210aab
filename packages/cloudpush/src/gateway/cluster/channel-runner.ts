import type { ClusterClock } from '../../cluster/clock.js';
import type { ClusterKeys } from '../../cluster/keys.js';
import { PrefixView } from '../../cluster/node/prefix-view.js';
import type { SlotOwner } from '../../cluster/node/slot-owner.js';
import type { KeyFrames } from '../../cluster/records.js';
import type { ClusterStore, Entry } from '../../cluster/store/cluster-store.js';
import type { EventFields } from '../gateway-event.js';
import type { AppliedChanges, Supervisor } from '../supervisor/supervisor.js';
import type { ChannelPlanner, StoredChannel } from './channel-planner.js';
import { ChannelPlans, type FaultyChannel } from './channel-plans.js';

/** Stands in plans of channels that nobody is connected for. */
const NO_EPOCH = 0;
/** So many slots that come at once are listed together. */
const MANY_SLOTS = 32;
/** Before slots are read again that could not be, or that broke off, in ms. */
const RETRY = 200;

interface ChannelRunnerParts {
  readonly store: ClusterStore;
  readonly keys: ClusterKeys;
  readonly clock: ClusterClock;
  readonly supervisor: Pick<
    Supervisor,
    'apply' | 'untilEnded' | 'prepare' | 'beginWith' | 'forget' | 'handOver'
  >;
  readonly planner: ChannelPlanner;
  /** Of the cluster. */
  readonly slots: () => number;
  /** ms since 1970. */
  readonly wallTime: () => number;
  emit(event: EventFields): void;
}

interface OwnedSlot {
  readonly epoch: number;
  readonly view: PrefixView;
}

interface PreparedSlot {
  readonly view: PrefixView;
  /** Channels that were made ready: they may not be in the slot any more. */
  names: readonly string[];
}

/** Runs the channels of the slots that this node owns. */
export class ChannelRunner implements SlotOwner {
  readonly #parts: ChannelRunnerParts;
  readonly #slots = new Map<number, OwnedSlot>();
  /** Slots of another node that are about to come here. */
  readonly #prepared = new Map<number, PreparedSlot>();
  /** Channels that were made ready in slots that have come. */
  readonly #came = new Set<string>();
  readonly #plans: ChannelPlans;
  /** Slots that have to be read, or read anew, together. */
  readonly #unread = new Set<number>();
  /** Many that came while all channels were being listed: another list of everything waits for that one. */
  readonly #waiting = new Set<number>();
  #isListing = false;
  #applying: Promise<unknown> = Promise.resolve();
  #isApplyWanted = false;

  constructor(parts: ChannelRunnerParts) {
    this.#parts = parts;
    this.#plans = new ChannelPlans(parts);
  }

  /** The channel of that name, if this node owns it. */
  find(name: string, slot: number): StoredChannel | undefined {
    const owned = this.#slots.get(slot);
    return owned && this.#channelsIn(owned).find((one) => one.name === name);
  }

  /** Channels that this node owns, and cannot run. */
  get faulty(): readonly FaultyChannel[] {
    return this.#plans.faulty;
  }

  owns(slot: number): boolean {
    return this.#slots.has(slot);
  }

  own(slots: ReadonlyMap<number, number>, keyFrames: KeyFrames): void {
    this.#parts.supervisor.beginWith(keyFrames);
    const unread: number[] = [];
    for (const [slot, epoch] of slots) {
      const { view = this.#viewOf(slot), names = [] } = this.#prepared.get(slot) ?? {};
      if (!view.isReady) unread.push(slot);
      for (const name of names) this.#came.add(name);
      this.#slots.set(slot, { epoch, view });
      this.#prepared.delete(slot);
    }
    if (unread.length < slots.size) this.#applySoon();
    this.#read(unread, 0);
  }

  async prepare(slot: number): Promise<void> {
    const view = this.#viewOf(slot);
    const prepared: PreparedSlot = { view, names: [] };
    this.#prepared.set(slot, prepared);
    await view.start();
    if (this.#prepared.get(slot) !== prepared) return;
    // The node that runs the slot tells what is wrong with its channels.
    const channels = this.#channelsIn({ view, epoch: NO_EPOCH });
    const plans = this.#parts.planner.plan(channels, () => {});
    prepared.names = [...plans.keys()];
    await Promise.all([...plans.values()].map((plan) => this.#parts.supervisor.prepare(plan)));
  }

  forget(slot: number): void {
    const prepared = this.#prepared.get(slot);
    if (prepared === undefined) return;
    this.#prepared.delete(slot);
    prepared.view.close();
    this.#parts.supervisor.forget(prepared.names);
  }

  isBusy(slot: number): boolean {
    return (this.#slots.get(slot)?.view.entries.size ?? 0) > 0;
  }

  async release(slot: number): Promise<KeyFrames> {
    const names = this.#namesIn(slot);
    this.#slots.get(slot)?.view.close();
    const keyFrames = names.length === 0 ? {} : await this.#parts.supervisor.handOver(names);
    this.#slots.delete(slot);
    if (names.length === 0) return keyFrames;
    await this.#apply();
    await this.#parts.supervisor.untilEnded(names);
    return keyFrames;
  }

  async drop(): Promise<void> {
    for (const { view } of this.#slots.values()) view.close();
    this.#slots.clear();
    for (const slot of [...this.#prepared.keys()]) this.forget(slot);
    this.#parts.supervisor.forget();
    await this.#apply();
    await this.#parts.supervisor.untilEnded();
  }

  /** The file of this node says something else around the channels. */
  async replan(text: string): Promise<AppliedChanges> {
    this.#parts.planner.text = text;
    this.#plans.forget();
    return await this.#apply();
  }

  #viewOf(slot: number): PrefixView {
    const { store, keys, clock } = this.#parts;
    const onChange = (): void => this.#applySoon();
    // When the store is away, thousands break off together: they must not ask for themselves.
    const onBroken = (): void => this.#read([slot], RETRY);
    return new PrefixView({ store, prefix: keys.channelsOf(slot), clock, onChange, onBroken });
  }

  #namesIn(slot: number): string[] {
    const owned = this.#slots.get(slot);
    return owned === undefined ? [] : this.#channelsIn(owned).map(({ name }) => name);
  }

  #channelsIn({ view, epoch }: OwnedSlot): StoredChannel[] {
    return [...view.entries.values()].flatMap((entry) => {
      const { name, revision, document } = this.#plans.read(entry);
      return document === undefined ? [] : [{ name, revision, document, epoch }];
    });
  }

  /** Reads slots, with all others that ask for it within that time. @param delay ms */
  #read(slots: readonly number[], delay: number): void {
    const isFirst = this.#unread.size === 0;
    for (const slot of slots) this.#unread.add(slot);
    if (!isFirst || slots.length === 0) return;
    if (delay === 0) void this.#readAll();
    else this.#parts.clock.after(delay, () => void this.#readAll());
  }

  async #readAll(): Promise<void> {
    const slots = [...this.#unread];
    this.#unread.clear();
    const views = slots.flatMap((slot) => {
      const view = this.#slots.get(slot)?.view ?? this.#prepared.get(slot)?.view;
      return view === undefined ? [] : [[slot, view] as const];
    });
    if (views.length < MANY_SLOTS) {
      await Promise.all(views.map(async ([, view]) => await view.start()));
      return;
    }
    if (this.#isListing) {
      for (const [slot] of views) this.#waiting.add(slot);
      return;
    }
    this.#isListing = true;
    try {
      const { store, keys } = this.#parts;
      const { revision, entries } = await store.list(keys.channels);
      const bySlot = new Map<number, Entry[]>();
      for (const entry of entries) {
        const slot = slotIn(entry.key, keys);
        if (bySlot.get(slot)?.push(entry) === undefined) bySlot.set(slot, [entry]);
      }
      for (const [slot, view] of views) view.begin(revision, bySlot.get(slot) ?? []);
    } catch {
      this.#read(slots, RETRY);
    } finally {
      this.#isListing = false;
      const waiting = [...this.#waiting];
      this.#waiting.clear();
      this.#read(waiting, 0);
    }
  }

  #applySoon(): void {
    if (this.#isApplyWanted) return;
    this.#isApplyWanted = true;
    setImmediate(() => {
      this.#apply().catch(({ message }: Error) => {
        const text = `the channels of the store are not applied: ${message}`;
        this.#parts.emit({ type: 'problem', level: 'error', message: text });
      });
    });
  }

  /** Has the supervisor run what stands here; one call after the other. */
  #apply(): Promise<AppliedChanges> {
    const applied = this.#applying.then(async () => {
      this.#isApplyWanted = false;
      const came = [...this.#came];
      this.#came.clear();
      try {
        const slots = [...this.#slots.values()];
        const channels = this.#plans.of(
          slots.map(({ epoch, view }) => ({ epoch, entries: view.entries.values() })),
        );
        return await this.#parts.supervisor.apply({ channels });
      } finally {
        // A channel that did not begin with it is not in the slot any more, or cannot run.
        this.#parts.supervisor.forget(came);
      }
    });
    this.#applying = applied.catch(() => {});
    return applied;
  }
}

function slotIn(key: string, keys: ClusterKeys): number {
  return Number.parseInt(key.slice(keys.channels.length), 10);
}
