import { isDeepStrictEqual } from 'node:util';
import { slotOf } from '../../cluster/assignment/assignment.js';
import type { ClusterKeys } from '../../cluster/keys.js';
import { type ClusterStore, type Edit, MAX_CLAIMS, StoreError } from '../../cluster/store/cluster-store.js';
import { pathText } from '../config/document.js';
import { masked, requestFaults, unmasked } from '../config/masking.js';
import { GatewayError, type RevisionCondition } from '../gateway.js';
import { applyMergePatch } from '../merge-patch.js';
import { type ChannelDocument, type ReadChannel, readChannel } from './channel-document.js';
import type { ChannelPlanner } from './channel-planner.js';

/** How often a change is tried anew that somebody else came before. */
const ATTEMPTS = 20;

/** Makes a channel of what is there; undefined: it is removed. @throws GatewayError */
type Edited = (before: ReadChannel | undefined) => unknown;

/**
 * Reads and changes the channels of a cluster in its store. Nobody's change is lost: each is made to what was
 * looked at, or not at all.
 */
export class StoredChannels {
  readonly #store: Pick<ClusterStore, 'list' | 'change'>;
  readonly #keys: ClusterKeys;
  readonly #planner: Pick<ChannelPlanner, 'faults'>;
  readonly #slots: () => number;

  constructor(
    store: Pick<ClusterStore, 'list' | 'change'>,
    keys: ClusterKeys,
    { planner, slots }: { readonly planner: Pick<ChannelPlanner, 'faults'>; readonly slots: () => number },
  ) {
    this.#store = store;
    this.#keys = keys;
    this.#planner = planner;
    this.#slots = slots;
  }

  /** Finds a channel that stands in the store. @throws GatewayError `unavailable` */
  async find(name: string): Promise<ReadChannel | undefined> {
    const key = this.#key(name);
    const { entries } = await answered(this.#store.list(key));
    const entry = entries.find((one) => one.key === key);
    return entry && readChannel(entry, this.#keys, this.#slots());
  }

  /** @returns the revision of the change */
  async add(channels: Readonly<Record<string, unknown>>): Promise<number> {
    const names = Object.keys(channels);
    if (names.length > MAX_CLAIMS) {
      const message = `${names.length} channels at once, and the store takes at most ${MAX_CLAIMS} in one change`;
      throw new GatewayError('invalid', message);
    }
    for (const [name, document] of Object.entries(channels)) this.#check(name, document, undefined);
    const edits = Object.entries(channels).map(([name, document]): Edit => {
      return { key: this.#key(name), value: JSON.stringify(document), revision: 0 };
    });
    const revision = await answered(this.#store.change(edits));
    if (revision !== undefined) return revision;
    for (const name of names) {
      if ((await this.find(name)) !== undefined)
        throw new GatewayError('exists', `there is a channel ${name}`);
    }
    throw new GatewayError('conflict', 'the channels have been changed meanwhile: try again');
  }

  async replace(name: string, given: unknown, condition: RevisionCondition): Promise<number> {
    return await this.#edit(name, condition, (before) => unmasked(given, before?.document));
  }

  async patch(name: string, patch: unknown, condition: RevisionCondition): Promise<number> {
    return await this.#edit(name, condition, (before) => {
      const document = documentOf(name, before);
      return unmasked(applyMergePatch(masked(document), patch), document);
    });
  }

  async setEnabled(name: string, enabled: boolean): Promise<number> {
    return await this.#edit(name, {}, (before) => {
      const { enabled: _, ...rest } = documentOf(name, before);
      return enabled ? rest : { ...rest, enabled: false };
    });
  }

  async remove(name: string, condition: RevisionCondition): Promise<void> {
    await this.#edit(name, condition, (before) => void required(name, before));
  }

  async #edit(name: string, { revision }: RevisionCondition, edited: Edited): Promise<number> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const before = await this.find(name);
      if (revision !== undefined && String(before?.revision) !== revision) {
        const message = `${name} has been changed meanwhile: it has revision ${before?.revision ?? 'none'}`;
        throw new GatewayError('revisionMismatch', message);
      }
      const document = edited(before);
      if (document !== undefined) this.#check(name, document, before?.document);
      const isSame = document !== undefined && isDeepStrictEqual(document, before?.document);
      if (before !== undefined && isSame) return before.revision;
      const value = document === undefined ? undefined : JSON.stringify(document);
      const edit = { key: this.#key(name), value, revision: before?.revision ?? 0 };
      const changed = await answered(this.#store.change([edit]));
      if (changed !== undefined) return changed;
    }
    throw new GatewayError('conflict', `${name} is changed by others all the time: try again`);
  }

  /** @throws GatewayError `invalid` */
  #check(name: string, document: unknown, before: unknown): void {
    const at = (path: readonly (string | number)[]): string => pathText(['channels', name, ...path]);
    const faults = requestFaults(document, before).map(({ path, message }) => ({ path: at(path), message }));
    faults.push(...literalSecrets(document).map((path) => ({ path: at(path), message: LITERAL_SECRET })));
    if (faults.length === 0) {
      faults.push(
        ...this.#planner.faults([{ name, document }]).map(({ path, message }) => ({ path, message })),
      );
    }
    if (faults.length > 0)
      throw new GatewayError('invalid', `${faults[0]!.path}: ${faults[0]!.message}`, faults);
  }

  #key(name: string): string {
    return this.#keys.channel(slotOf(name, this.#slots()), name);
  }
}

const LITERAL_SECRET =
  'the store holds no secrets: bring in a reference, such as env:NAME, with "cloudpush cluster import"';

/** Where secrets stand in a document as they are. */
export function literalSecrets(document: unknown): readonly (readonly (string | number)[])[] {
  return differences(document, masked(document), []);
}

function differences(a: unknown, b: unknown, path: readonly (string | number)[]): (string | number)[][] {
  // Nobody can tell what is in arguments of commands and options of modules: the guide says that no secret
  // may be.
  if (path.at(-2) === 'source' && (path.at(-1) === 'command' || path.at(-1) === 'options')) return [];
  if (typeof a !== 'object' || a === null) return a === b ? [] : [[...path]];
  const keys = Array.isArray(a) ? [...a.keys()] : Object.keys(a);
  return keys.flatMap((key) => {
    const [left, right] = [a, b].map((one) => (one as Record<string | number, unknown>)[key]);
    return differences(left, right, [...path, key]);
  });
}

function required(name: string, found: ReadChannel | undefined): ReadChannel {
  if (found === undefined) throw new GatewayError('notFound', `there is no channel ${name}`);
  return found;
}

/** @throws GatewayError `invalid` when there is nothing that a part could be changed of */
function documentOf(name: string, found: ReadChannel | undefined): ChannelDocument {
  const { document, fault } = required(name, found);
  if (document === undefined) throw new GatewayError('invalid', fault ?? '');
  return document;
}

/** @throws GatewayError `unavailable` */
async function answered<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if (!(error instanceof StoreError)) throw error;
    throw new GatewayError('unavailable', `the store of the cluster does not do it: ${error.message}`);
  }
}
