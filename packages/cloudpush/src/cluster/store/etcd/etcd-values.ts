import type { Entry } from '../cluster-store.js';
import type { EtcdKeyValue } from './etcd-protocol.js';

export function entryOf({ key, value, create_revision, mod_revision }: EtcdKeyValue): Entry {
  return {
    key: key.toString(),
    value: value.toString(),
    revision: Number(mod_revision),
    created: Number(create_revision),
  };
}

/** The first key behind all that begin with a prefix. */
export function prefixEnd(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix);
  // Keys are ASCII: the last byte can always be raised.
  end[end.length - 1]! += 1;
  return end;
}

/** The key that follows immediately. */
export function keyAfter(key: Buffer): Buffer {
  return Buffer.concat([key, Buffer.of(0)]);
}
