import { DEFAULT_SLOTS } from '../assignment/assignment.js';
import type { ClusterKeys } from '../keys.js';
import { type MetaRecord, readMetaRecord, SCHEMA_VERSION } from '../records.js';
import type { ClusterStore } from '../store/cluster-store.js';

/**
 * Slots and version of a cluster's data; the first who asks writes them.
 * @throws StoreError; Error when they are of another version, or cannot be read
 */
export async function readMeta(
  store: Pick<ClusterStore, 'list' | 'change'>,
  keys: ClusterKeys,
): Promise<MetaRecord> {
  const first: MetaRecord = { version: SCHEMA_VERSION, slots: DEFAULT_SLOTS };
  await store.change([{ key: keys.meta, value: JSON.stringify(first), revision: 0 }]);
  return (await findMeta(store, keys)) ?? first;
}

/**
 * The same, without writing anything.
 * @returns undefined: nobody has written them yet
 */
export async function findMeta(
  store: Pick<ClusterStore, 'list'>,
  keys: ClusterKeys,
): Promise<MetaRecord | undefined> {
  const { entries } = await store.list(keys.meta);
  const entry = entries.find(({ key }) => key === keys.meta);
  if (entry === undefined) return undefined;
  const record = readMetaRecord(entry.value);
  if (record === undefined) throw new Error(`the store holds no valid ${keys.meta}`);
  if (record.version === SCHEMA_VERSION) return record;
  throw new Error(
    `the store holds data of version ${record.version}, and this program reads version ${SCHEMA_VERSION}: upgrade the older one`,
  );
}
