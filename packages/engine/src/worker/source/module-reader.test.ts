import { expect, test } from 'vitest';
import { ModuleReader } from './module-reader.js';
import type { SourceModulePacket } from './source-module.js';

const data = new Uint8Array([1, 2, 3]);

function* packets(count: number): Generator<SourceModulePacket> {
  for (let i = 0; i < count; i++) yield { kind: 'video', data, pts: 1000 + i * 40 };
}

test('the packets of a plain iterable are at hand, one after the other, up to its end', () => {
  const reader = new ModuleReader({ video: 'h264', packets: packets(3) });
  const times = [reader.next()?.pts, reader.next()?.pts, reader.next()?.pts];
  expect(times).toEqual([0, 40, 80]);
  expect([reader.next(), reader.ended]).toEqual([undefined, true]);
});

test('for what comes in time there is a wait', async () => {
  async function* later(): AsyncGenerator<SourceModulePacket> {
    yield* packets(1);
  }
  const reader = new ModuleReader({ video: 'h264', packets: later() });
  expect([reader.next(), reader.ended]).toEqual([undefined, false]);
  await reader.more();
  expect(reader.next()?.pts).toBe(0);
  await reader.more();
  expect([reader.next(), reader.ended]).toEqual([undefined, true]);
});

test('a packet that breaks the contract is an error, at hand or not', async () => {
  const bad = [{ kind: 'video', data, pts: Number.NaN }] as const;
  expect(() => new ModuleReader({ video: 'h264', packets: bad }).next()).toThrow(TypeError);
  await expect(new ModuleReader({ video: 'h264', packets: bad }).more()).rejects.toThrow(TypeError);
});

test('nothing more is asked for once it is closed', async () => {
  const all = packets(3);
  const reader = new ModuleReader({ video: 'h264', packets: all });
  expect(reader.next()?.pts).toBe(0);
  await reader.close();
  expect([reader.next(), all.next().done]).toEqual([undefined, true]);
});
