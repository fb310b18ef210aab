// Callers of the C interface that make every mistake: its functions answer with a number, and never throw.

import * as compat from '@cloudpush/engine/compat';
import { afterAll, expect, test } from 'vitest';
import { badValues } from './support/bad-values.js';

type AnyFunction = (...args: readonly unknown[]) => unknown;

const POOL = 1024 * 1024;
/** One of each function: it stands under several names. */
const functions = [
  ...new Map(
    Object.entries(compat)
      .filter((entry): entry is [string, AnyFunction & (typeof entry)[1]] => typeof entry[1] === 'function')
      .map(([name, call]) => [call, name] as const),
  ),
].map(([call, name]) => [name, call] as const);

afterAll(async () => {
  compat.SVPush_API_Uninitialize();
  await compat.uninitialized();
});

test.each(functions)('%s with bad arguments', { timeout: 120_000 }, async (name, call) => {
  const isMaker = name.includes('nitialize');
  if (!isMaker) compat.SVPush_API_Initialize(POOL, 200);
  const faults: string[] = [];
  for (const [what, bad] of badValues)
    for (const count of isMaker ? [3] : [1, 2, 4, 7])
      try {
        const args = Array.from({ length: count }, () => bad());
        const answer = await (call as AnyFunction)(...args);
        if (!['number', 'string', 'undefined'].includes(typeof answer))
          faults.push(`${what}: ${typeof answer}`);
      } catch (error) {
        faults.push(`${what}: ${String((error as Error)?.stack ?? error)}`);
      }
  expect(faults).toEqual([]);
});

test('a connection with bad arguments goes on', async () => {
  compat.SVPush_API_Initialize(POOL, 200);
  const id = compat.SVPush_API_Connect('rtmp://127.0.0.1:1/live/a');
  const faults: string[] = [];
  for (const [what, bad] of badValues) {
    for (const call of [
      compat.SVPush_API_Send_Packet,
      compat.SVPush_API_Send_Metadata,
    ] as unknown as AnyFunction[])
      for (let at = 1; at < 7; at++)
        try {
          const args: unknown[] = [id, 1, new Uint8Array(10), 10, 0, 1, 0];
          args[at] = bad();
          const answer = call(...args);
          if (answer !== 0 && answer !== -1) faults.push(`${what}: ${String(answer)}`);
        } catch (error) {
          faults.push(`${what}: ${String((error as Error)?.stack ?? error)}`);
        }
  }
  expect(faults).toEqual([]);
});
