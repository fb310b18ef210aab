import { isDeepStrictEqual } from 'node:util';
import { stringify } from 'yaml';
import { DEFAULT_SLOTS, slotOf } from '../../cluster/assignment/assignment.js';
import { ClusterKeys } from '../../cluster/keys.js';
import { findMeta, readMeta } from '../../cluster/node/cluster-meta.js';
import { type ClusterStore, type Edit, MAX_CLAIMS } from '../../cluster/store/cluster-store.js';
import { EtcdStore } from '../../cluster/store/etcd/etcd-store.js';
import type { ClusterPlan } from '../config/configuration.js';
import { pathText } from '../config/document.js';
import type { ConfigurationFault } from '../state.js';
import { readChannel } from './channel-document.js';
import { literalSecrets } from './stored-channels.js';

/** Outcome of an import, in channels. */
interface ImportReport {
  readonly added: number;
  readonly changed: number;
  readonly unchanged: number;
}

type Documents = Readonly<Record<string, unknown>>;
type ChannelStore = Pick<ClusterStore, 'list' | 'change'>;

/** Secrets that stand in channels as they are: the store takes references only. */
export function secretFaults(channels: Documents): readonly ConfigurationFault[] {
  const message = 'the store holds no secrets: write a reference, such as env:NAME';
  return literalSecrets(channels).map((path) => ({ path: pathText(['channels', ...path]), message }));
}

/**
 * Puts channels into the store of a cluster; those of the same names are replaced, others stay.
 * @throws StoreError; Error when somebody else changes one of them meanwhile
 */
export async function importChannels(plan: ClusterPlan, channels: Documents): Promise<ImportReport> {
  return await withStore(plan, async (store, keys) => await importInto(store, keys, channels));
}

/** The same, into a store that is open. */
export async function importInto(
  store: ChannelStore,
  keys: ClusterKeys,
  channels: Documents,
): Promise<ImportReport> {
  const { slots } = await readMeta(store, keys);
  const { entries } = await store.list(keys.channels);
  const before = new Map(entries.map((entry) => [entry.key, entry]));
  const edits: Edit[] = [];
  let added = 0;
  for (const [name, document] of Object.entries(channels)) {
    const key = keys.channel(slotOf(name, slots), name);
    const stands = before.get(key);
    if (stands !== undefined && isDeepStrictEqual(readChannel(stands, keys, slots).document, document))
      continue;
    if (stands === undefined) added++;
    edits.push({ key, value: JSON.stringify(document), revision: stands?.revision ?? 0 });
  }
  for (let at = 0; at < edits.length; at += MAX_CLAIMS) {
    if ((await store.change(edits.slice(at, at + MAX_CLAIMS))) !== undefined) continue;
    throw new Error('somebody else has changed these channels meanwhile: run the import again');
  }
  const unchanged = Object.keys(channels).length - edits.length;
  return { added, changed: edits.length - added, unchanged };
}

/** Channels of a cluster, as they leave it. */
interface ExportReport {
  /** A configuration file. */
  readonly text: string;
  /** Values of the store that are no channels, and are left out: one sentence each. */
  readonly faults: readonly string[];
}

/** The channels of a cluster as a configuration file. @throws StoreError */
export async function exportChannels(plan: ClusterPlan): Promise<ExportReport> {
  return await withStore(plan, exportFrom);
}

/** The same, from a store that is open. */
export async function exportFrom(
  store: Pick<ClusterStore, 'list'>,
  keys: ClusterKeys,
): Promise<ExportReport> {
  const { slots = DEFAULT_SLOTS } = (await findMeta(store, keys)) ?? {};
  const { entries } = await store.list(keys.channels);
  const read = entries.map((entry) => readChannel(entry, keys, slots));
  const sorted = read
    .flatMap(({ name, document }) => (document === undefined ? [] : [[name, document] as const]))
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    text: stringify({ version: 1, channels: Object.fromEntries(sorted) }, { lineWidth: 0 }),
    faults: read.flatMap(({ fault }) => fault ?? []),
  };
}

async function withStore<T>(
  plan: ClusterPlan,
  action: (store: ClusterStore, keys: ClusterKeys) => Promise<T>,
): Promise<T> {
  const store = new EtcdStore(plan);
  try {
    return await action(store, new ClusterKeys(plan.name));
  } finally {
    store.close();
  }
}
