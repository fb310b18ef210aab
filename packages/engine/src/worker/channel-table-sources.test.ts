// Requests to the sources of a shard's channels.

import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Command } from '../memory/ring.js';
import { ChannelSource } from './source/channel-source.js';
import { ADTS } from './testing/media.js';
import { A, B, channel, nobody, source, TableBench } from './testing/table-bench.js';

let bench: TableBench;

beforeEach(() => {
  bench = new TableBench();
});

afterEach(() => {
  vi.restoreAllMocks();
  bench.table.stop();
});

describe('a source', () => {
  function withSource(): void {
    bench.post({ type: 'open', channel: A, config: { ...channel, source }, resume: undefined });
    bench.push(Command.open, A);
  }

  test('is given its slabs; one that has no source comes back, and whatever it holds is flushed', () => {
    withSource();
    const onSlab = vi.spyOn(ChannelSource.prototype, 'onSlab').mockImplementation(() => {});
    const slab = { type: 'slab', kind: 'video', bytes: 1000, isTight: true } as const;
    bench.table.onRequest({ ...slab, channel: A, block: 8 });
    expect(onSlab.mock.calls).toEqual([['video', 8, 1000, true]]);
    expect(bench.done.at(-1)).toBe('flush');
    const { block } = bench.audio(nobody, ADTS, 0);
    bench.table.onRequest({ ...slab, channel: B, block: block.index });
    expect([bench.blocksInUse, bench.done.at(-1)]).toEqual([0, 'flush']);
  });

  test('of a file needs no looking after; one that is opened again later is, and none when it is closed', async () => {
    withSource();
    expect(bench.clock.pending).toBe(0);
    const retry = { initialDelay: 5000, maxDelay: 5000, always: true };
    bench.table.onRequest({ type: 'source', channel: A, config: { ...source, retry } });
    await vi.waitFor(() => expect(bench.clock.pending).toBe(1), 20_000);
    bench.table.stop();
    expect(bench.clock.pending).toBe(0);
  });

  test('ends with its thread', () => {
    withSource();
    const close = vi.spyOn(ChannelSource.prototype, 'close');
    bench.table.stop();
    expect(close).toHaveBeenCalledOnce();
  });

  test('gives way to another one', () => {
    withSource();
    const replace = vi.spyOn(ChannelSource.prototype, 'replace').mockImplementation(() => {});
    const other = { ...source, timeout: 5 };
    for (const on of [A, B]) bench.table.onRequest({ type: 'source', channel: on, config: other });
    expect(replace.mock.calls).toEqual([[other]]);
  });
});
