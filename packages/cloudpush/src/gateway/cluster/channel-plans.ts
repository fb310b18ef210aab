import type { ClusterKeys } from '../../cluster/keys.js';
import { ToldEntries } from '../../cluster/node/told-entries.js';
import type { Entry } from '../../cluster/store/cluster-store.js';
import type { ChannelPlan } from '../config/configuration.js';
import type { EventFields } from '../gateway-event.js';
import { type ChannelDocument, type ReadChannel, readChannel } from './channel-document.js';
import type { ChannelPlanner, StoredChannel } from './channel-planner.js';

/** A channel that this node owns, and cannot run. */
export interface FaultyChannel {
  readonly name: string;
  readonly revision: string;
  /** Empty where the store has none that can be read. */
  readonly document: ChannelDocument;
  readonly fault: string;
  /** ms since 1970. */
  readonly since: number;
}

/** Entries of one slot that this node owns. */
interface OwnedEntries {
  readonly epoch: number;
  readonly entries: Iterable<Entry>;
}

interface PlansParts {
  readonly keys: ClusterKeys;
  /** Of the cluster. */
  readonly slots: () => number;
  /** ms since 1970. */
  readonly wallTime: () => number;
  readonly planner: Pick<ChannelPlanner, 'plan'>;
  emit(event: EventFields): void;
}

interface Planned {
  /** Of what it was made from. */
  readonly key: string;
  readonly plan: ChannelPlan | undefined;
  /** Why there is no plan. */
  readonly faulty: FaultyChannel | undefined;
}

/**
 * The plans of the channels that a node owns, each kept while nothing of it changes; what is wrong with one
 * concerns it alone.
 */
export class ChannelPlans {
  readonly #parts: PlansParts;
  readonly #read = new WeakMap<Entry, ReadChannel>();
  readonly #told = new ToldEntries();
  #planned = new Map<string, Planned>();
  #malformed = new Map<Entry, FaultyChannel>();

  constructor(parts: PlansParts) {
    this.#parts = parts;
  }

  get faulty(): readonly FaultyChannel[] {
    const refused = [...this.#planned.values()].flatMap(({ faulty }) => faulty ?? []);
    return [...this.#malformed.values(), ...refused];
  }

  /** An entry of the store as a channel, or why it is none. */
  read(entry: Entry): ReadChannel {
    const known = this.#read.get(entry);
    if (known !== undefined) return known;
    const read = readChannel(entry, this.#parts.keys, this.#parts.slots());
    this.#read.set(entry, read);
    return read;
  }

  /** Plans are made anew: what is around the channels has changed. */
  forget(): void {
    this.#planned.clear();
  }

  /** Plans by name, in the order of the names, of all that can run. */
  of(slots: Iterable<OwnedEntries>): Map<string, ChannelPlan> {
    const channels: StoredChannel[] = [];
    const malformed: Entry[] = [];
    for (const { entries, epoch } of slots) {
      for (const entry of entries) {
        const { name, document, revision } = this.read(entry);
        if (document === undefined) malformed.push(entry);
        else channels.push({ name, document, revision, epoch });
      }
    }
    this.#tell(malformed);
    this.#plan(channels);
    const plans = [...this.#planned].flatMap(([name, { plan }]) =>
      plan === undefined ? [] : [[name, plan] as const],
    );
    return new Map(plans.sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  /** Values that are no channels are told, each once, as long as they stand. */
  #tell(entries: readonly Entry[]): void {
    const before = this.#malformed;
    this.#malformed = new Map();
    for (const entry of entries) {
      const { name, revision, fault = '', isMisplaced } = this.read(entry);
      // The channel of that name stands elsewhere, or nowhere.
      if (isMisplaced) continue;
      this.#malformed.set(entry, before.get(entry) ?? this.#faulty({ name, revision, document: {} }, fault));
    }
    for (const entry of this.#told.fresh(entries)) {
      const { name, fault = '' } = this.read(entry);
      this.#parts.emit({ type: 'problem', level: 'error', channel: name, message: fault });
    }
  }

  #plan(channels: readonly StoredChannel[]): void {
    const before = this.#planned;
    const next = new Map<string, Planned>();
    const changed: StoredChannel[] = [];
    for (const channel of channels) {
      const planned = before.get(channel.name);
      if (planned?.key === keyOf(channel)) next.set(channel.name, planned);
      else changed.push(channel);
    }
    const faults = new Map<string, string>();
    const plans = this.#parts.planner.plan(changed, (name, [first]) => {
      faults.set(name, `${first?.path}: ${first?.message}`);
      const message = `${name} cannot run here: ${first?.path}: ${first?.message}`;
      this.#parts.emit({ type: 'problem', level: 'error', channel: name, message });
    });
    for (const channel of changed) {
      const { name } = channel;
      const fault = faults.get(name);
      const plan = plans.get(name);
      const why = fault === undefined ? undefined : this.#faulty(channel, fault);
      next.set(name, { key: keyOf(channel), plan, faulty: why });
    }
    this.#planned = next;
  }

  #faulty({ name, revision, document }: Omit<StoredChannel, 'epoch'>, fault: string): FaultyChannel {
    return { name, revision: String(revision), document, fault, since: this.#parts.wallTime() };
  }
}

function keyOf({ revision, epoch }: StoredChannel): string {
  return `${revision}/${epoch}`;
}
