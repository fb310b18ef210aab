import { Random } from '../../fuzz/transport/random.js';
import type { Fault } from './fault.js';

export interface ScheduleOptions {
  /** Kinds that may come. Default: all but corruption, which nothing of RTMP would notice. */
  readonly kinds?: readonly Fault['type'][];
  /** Bytes within which a place is chosen. */
  readonly reach: number;
  /** The longest stall, in ms. */
  readonly longestStall: number;
  /** In percent: connections with nothing wrong. */
  readonly healthy: number;
}

export const KINDS = [
  'refuse',
  'delay',
  'rate',
  'split',
  'stall',
  'blackHole',
  'reset',
  'halfClose',
  'end',
] as const satisfies readonly Fault['type'][];

/** The longest handshake and commands take, in bytes: a third of the places are there. */
const SETUP_BYTES = 4000;

/**
 * The faults of a connection. They follow from the seed, the path and the connection's number on it alone, so
 * that whoever asks in another order, or again, gets the same.
 */
export function faultsFor(
  seed: number,
  path: number,
  connection: number,
  options: ScheduleOptions,
): readonly Fault[] {
  const random = new Random(mix(seed, path, connection));
  if (random.chance(options.healthy)) return [];
  const count = random.pick([1, 1, 2, 3]);
  return Array.from({ length: count }, () => fault(random, options));
}

/** A seed of each path's and connection's own. */
export function mix(seed: number, path: number, connection: number): number {
  let state = seed;
  for (const part of [path, connection])
    state = Math.imul(state ^ (part + 0x9e37_79b9), 0x85eb_ca6b) ^ (state >>> 13);
  return state >>> 0;
}

function fault(random: Random, { kinds = KINDS, reach, longestStall }: ScheduleOptions): Fault {
  const type = random.pick(kinds);
  const way = random.chance(75) ? 'up' : 'down';
  const at = random.below(random.chance(33) ? SETUP_BYTES : reach);
  switch (type) {
    case 'refuse':
      return { type };
    case 'delay':
      return { type, way, ms: random.below(50), jitter: random.below(30) };
    case 'rate':
      return { type, way, bytesPerSecond: 20_000 + random.below(400_000) };
    case 'split':
      return { type, way, most: random.pick([1, 7, 100, 1400]) };
    case 'stall':
      return { type, way, at, ms: random.below(longestStall) };
    case 'corrupt':
      return { type, way, at, count: 1 + random.below(16) };
    default:
      return { type, way, at };
  }
}
