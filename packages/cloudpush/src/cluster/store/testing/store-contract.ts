import assert from 'node:assert/strict';
import { type Change, type ClusterStore, isStoreError, type StoreError } from '../cluster-store.js';

/** A kind of store that the contract is tried on. */
interface StoreUnderTest {
  /** Another client of the same store; it is closed by the caller. */
  open(): ClusterStore;
  /** Keys of one test begin with it. */
  readonly prefix: string;
  /** Lets so many ms pass. */
  pass(ms: number): Promise<void>;
  /** The shortest time for a lease, in ms. */
  readonly ttl: number;
  /** Forgets all changes up to a revision. */
  compact(revision: number): Promise<void>;
}

type ContractTest = (store: StoreUnderTest) => Promise<void>;

/** Behaviour of every store, by name: run each on each. */
export const storeContract: Readonly<Record<string, ContractTest>> = {
  async 'a key is claimed by one of two who want it, and its epoch grows with each owner'(under) {
    const [a, b] = [under.open(), under.open()];
    const [mine, theirs] = [await a.join(under.ttl), await b.join(under.ttl)];
    const key = `${under.prefix}claim/1`;
    const [first, second] = await Promise.all([
      a.claim(mine, [{ key, value: 'a' }]),
      b.claim(theirs, [{ key, value: 'b' }]),
    ]);
    assert.equal(first.size + second.size, 1);
    const { entries } = await a.list(under.prefix);
    const epoch = first.get(key) ?? second.get(key)!;
    assert.deepEqual(
      entries.map(({ value, created }) => [value, created]),
      [[first.size === 1 ? 'a' : 'b', epoch]],
    );
    await a.release(mine, [key]);
    await b.release(theirs, [key]);
    const again = await a.claim(mine, [{ key, value: 'a' }]);
    assert.ok(again.get(key)! > epoch);
    await Promise.all([a.leave(mine), b.leave(theirs)]);
  },

  async 'of many keys those are claimed that nobody has'(under) {
    const [a, b] = [under.open(), under.open()];
    const [mine, theirs] = [await a.join(under.ttl), await b.join(under.ttl)];
    const keys = Array.from({ length: 100 }, (_, index) => `${under.prefix}claim/${index}`);
    await b.claim(theirs, [{ key: keys[7]!, value: 'b' }]);
    const taken = await a.claim(
      mine,
      keys.map((key) => ({ key, value: 'a' })),
    );
    assert.equal(taken.size, 99);
    assert.equal(taken.has(keys[7]!), false);
    await Promise.all([a.leave(mine), b.leave(theirs)]);
  },

  async 'nobody releases what hangs on the lease of another'(under) {
    const [a, b] = [under.open(), under.open()];
    const [mine, theirs] = [await a.join(under.ttl), await b.join(under.ttl)];
    const key = `${under.prefix}claim/1`;
    await a.claim(mine, [{ key, value: 'a' }]);
    await b.release(theirs, [key]);
    assert.equal((await b.list(under.prefix)).entries.length, 1);
    await Promise.all([a.leave(mine), b.leave(theirs)]);
    assert.equal((await b.list(under.prefix)).entries.length, 0);
  },

  async 'a lease that is not kept alive ends with all keys that hang on it, and is told'(under) {
    const store = under.open();
    const lease = await store.join(under.ttl);
    await store.claim(lease, [
      { key: `${under.prefix}claim/1`, value: 'a' },
      { key: `${under.prefix}claim/2`, value: 'a' },
    ]);
    await store.put(lease, { key: `${under.prefix}node/a`, value: 'a' });
    for (let beats = 0; beats < 3; beats++) {
      await under.pass(lease.ttl / 2);
      await store.beat(lease);
    }
    assert.equal((await store.list(under.prefix)).entries.length, 3);
    const end = performance.now() + lease.ttl * 10;
    do await under.pass(lease.ttl / 2);
    while ((await store.list(under.prefix)).entries.length > 0 && performance.now() < end);
    assert.deepEqual((await store.list(under.prefix)).entries, []);
    const isOver = (error: unknown): boolean => isStoreError(error, 'leaseLost');
    await assert.rejects(store.beat(lease), isOver);
    await assert.rejects(store.claim(lease, [{ key: `${under.prefix}claim/1`, value: 'a' }]), isOver);
    await assert.rejects(store.put(lease, { key: `${under.prefix}node/a`, value: 'a' }), isOver);
    await store.leave(lease);
  },

  async 'a change is made when every value has the revision that is given, and else nothing of it'(under) {
    const store = under.open();
    const [one, two] = [`${under.prefix}channel/1`, `${under.prefix}channel/2`];
    const first = await store.change([{ key: one, value: '1', revision: 0 }]);
    assert.ok(first !== undefined);
    assert.equal(await store.change([{ key: one, value: '2', revision: 0 }]), undefined);
    const refused = await store.change([
      { key: two, value: '2', revision: 0 },
      { key: one, value: '2', revision: first + 1000 },
    ]);
    assert.equal(refused, undefined);
    const second = await store.change([
      { key: two, value: '2', revision: 0 },
      { key: one, value: '2', revision: first },
    ]);
    const { entries } = await store.list(`${under.prefix}channel/`);
    assert.deepEqual(
      entries.map(({ key, value, revision, created }) => [key, value, revision, created]),
      [
        [one, '2', second, first],
        [two, '2', second, second],
      ],
    );
    await store.change([
      { key: one, value: undefined, revision: second },
      { key: two, value: undefined, revision: undefined },
    ]);
    assert.deepEqual((await store.list(under.prefix)).entries, []);
  },

  async 'every list is whole and in order, also of more entries than an answer holds'(under) {
    const store = under.open();
    const keys = Array.from({ length: 2500 }, (_, index) => `${under.prefix}many/${index}`);
    for (let at = 0; at < keys.length; at += 100) {
      await store.change(keys.slice(at, at + 100).map((key) => ({ key, value: 'x', revision: 0 })));
    }
    const { entries } = await store.list(`${under.prefix}many/`);
    assert.deepEqual(
      entries.map(({ key }) => key),
      [...keys].sort(),
    );
  },

  async 'a watch tells every change after the revision of a list, once and in order'(under) {
    const [writer, reader] = [under.open(), under.open()];
    const key = `${under.prefix}channel/1`;
    await writer.change([{ key, value: '0', revision: undefined }]);
    const { revision } = await reader.list(under.prefix);
    await writer.change([{ key, value: '1', revision: undefined }]);
    const seen: string[] = [];
    const watch = reader.watch(under.prefix, revision, {
      onChanges: (changes) => seen.push(...changes.map(textOf)),
      onEnd: () => seen.push('end'),
    });
    for (let value = 2; value < 20; value++) {
      await writer.change([{ key, value: String(value), revision: undefined }]);
    }
    await writer.change([
      { key: `${under.prefix}-elsewhere`.replace('/-', '-'), value: 'x', revision: undefined },
    ]);
    await writer.change([{ key, value: undefined, revision: undefined }]);
    await until(under, () => seen.at(-1) === 'removed');
    assert.deepEqual(seen, [...Array.from({ length: 19 }, (_, index) => String(index + 1)), 'removed']);
    watch.cancel();
    await writer.change([{ key, value: 'after', revision: undefined }]);
    await under.pass(50);
    assert.equal(seen.at(-1), 'removed');
  },

  async 'a watch of changes that are not kept any more ends and says so'(under) {
    const store = under.open();
    const key = `${under.prefix}channel/1`;
    const first = await store.change([{ key, value: '1', revision: undefined }]);
    const second = await store.change([{ key, value: '2', revision: undefined }]);
    await under.compact(second!);
    const ends: StoreError[] = [];
    const watcher = { onChanges: () => {}, onEnd: (error: StoreError) => ends.push(error) };
    store.watch(under.prefix, first! - 1, watcher);
    await until(under, () => ends.length > 0);
    assert.deepEqual(
      ends.map(({ reason }) => reason),
      ['compacted'],
    );
  },
};

function textOf(change: Change): string {
  return change.type === 'put' ? change.entry.value : 'removed';
}

async function until(under: StoreUnderTest, isMet: () => boolean): Promise<void> {
  for (let turn = 0; turn < 500 && !isMet(); turn++) await under.pass(20);
  assert.ok(isMet());
}
