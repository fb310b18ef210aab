import { TagRole } from '@cloudpush/muxer';
import { diskError } from '../../spool/testing/simulated-disk.js';
import type { FakeConnection, FakePublisher } from './fake-connection.js';
import type { SpoolBench } from './spool-bench.js';

/** The connection of a gap, once it is wanted. */
export async function gapConnection(bench: SpoolBench): Promise<FakeConnection> {
  const { made } = bench.shard.connections;
  const before = made.length;
  for (let i = 0; made.length === before && i < 100; i++) await bench.send(1);
  return made.at(-1)!;
}

/** The whole stream of a gap, until it is ended. */
export async function takeGap(bench: SpoolBench): Promise<FakePublisher> {
  const connection = await gapConnection(bench);
  const publisher = await connection.succeed();
  for (let i = 0; connection.closes === 0 && i < 200; i++) await bench.send(1);
  await connection.lose(undefined);
  await bench.settle();
  return publisher;
}

/** The pictures of each gap that is sent until nothing is left on disk that has to be. */
export async function takeGaps(bench: SpoolBench): Promise<number[][]> {
  const taken = new Map<FakeConnection, FakePublisher>();
  const over = new Set<FakeConnection>();
  const { made } = bench.shard.connections;
  for (let i = 0; i < 400; i++) {
    for (const one of made.filter((connection) => connection.isOfGap && !over.has(connection))) {
      if (!taken.has(one) && one.target !== undefined) taken.set(one, await one.succeed());
      if (one.closes === 0 && !one.signal.aborted) continue;
      over.add(one);
      await one.lose(undefined);
    }
    await bench.send(1);
    if (i > 8 && bench.state === 'idle' && over.size === taken.size) break;
  }
  return [...taken.values()].map(numbersOn);
}

/** The pictures that a connection was handed, as their numbers: a gap's stream has a clock of its own. */
export function numbersOn({ sent }: FakePublisher): number[] {
  return sent
    .filter(({ role }) => role === TagRole.keyFrame || role === TagRole.interFrame)
    .map(({ parts }) => Buffer.concat(parts).subarray(-4).readUInt32BE());
}

/** So many numbers from one on. */
export function numbersFrom(first: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => first + i);
}

/** The disk takes nothing from now on, or all again. */
export function failDisk(bench: SpoolBench, fails: boolean): void {
  bench.disk.onStep = ({ call }) => (fails && call === 'write' ? diskError('ENOSPC') : undefined);
}

/** The connection takes nothing more behind the next tag, or all again. */
export function holdUp(bench: SpoolBench, publisher: FakePublisher, isHeld: boolean): void {
  publisher.isWritable = !isHeld;
  if (!isHeld) bench.shard.connections.made.find((one) => one.publisher === publisher)!.drain();
}
