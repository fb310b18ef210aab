import { DEFAULT_SLOTS } from '../assignment/assignment.js';
import type { ClusterKeys } from '../keys.js';
import { type MetaRecord, parseRecord, SCHEMA_VERSION } from '../records.js';
import type { ClusterStore } from '../store/cluster-store.js';

/**
 * Slots and version of a cluster's data; the first who asks writes them.
 * @throws StoreError; Error when they are of another version
 */
export async function readMeta(store: ClusterStore, keys: ClusterKeys): Promise<MetaRecord> {
  const first: MetaRecord = { version: SCHEMA_VERSION, slots: DEFAULT_SLOTS };
  await store.change([{ key: keys.meta, value: JSON.stringify(first), revision: 0 }]);
  const { entries } = await store.list(keys.meta);
  const record = parseRecord<MetaRecord>(entries[0]?.value ?? '', 'version', 'slots');
  if (record === undefined) throw new Error(`the store holds no valid ${keys.meta}`);
  if (record.version === SCHEMA_VERSION) return record;
  throw new Error(
    `the store holds data of version ${record.version}, and this program reads version ${SCHEMA_VERSION}: upgrade the older one`,
  );
}
