import type { DestinationOptions, EncryptionOptions } from '@cloudpush/engine';
import { Random } from '../../fuzz/transport/random.js';

export const MAX_DESTINATIONS = 4;

/** The next event. Of a destination, `at` is its place among those that are open, counted round. */
export type Step =
  | { readonly type: 'send'; readonly packets: number }
  | { readonly type: 'rest'; readonly ms: number }
  | {
      readonly type: 'reset' | 'halfClose' | 'stall' | 'flow' | 'move' | 'leave' | 'abort';
      readonly at: number;
    }
  | { readonly type: 'cut'; readonly at: number; readonly bytes: number }
  | { readonly type: 'join'; readonly options: Limits }
  | { readonly type: 'segment'; readonly between: number };

export type Limits = Required<Pick<DestinationOptions, 'overflow' | 'closeTimeout' | 'segmentConnection'>> & {
  readonly spool: DestinationOptions['spool'];
  readonly highWatermark: { readonly bytes: number; readonly ms: number };
};

/** All that a run does, but for what depends on who is faster. */
export interface Plan {
  readonly seed: number;
  readonly poolSize: number;
  readonly encryption: EncryptionOptions | undefined;
  /** At the end, what spools have is waited for. */
  readonly drains: boolean;
  /** In percent: how often a packet that is refused is given up, instead of being sent again. */
  readonly impatience: number;
  /** Of the destinations to begin with. */
  readonly destinations: readonly [Limits, ...Limits[]];
  readonly steps: readonly Step[];
}

export const KEY = 'of the conservation test';

/** What destinations may do when their queues are full, and when those with disk spools write. */
export interface Policies {
  readonly overflow: readonly Limits['overflow'][];
  readonly when: readonly ('outage' | 'always')[];
}

const WITHOUT_SPOOLS: Policies = { overflow: ['reject', 'drop'], when: ['outage'] };

export function planFor(seed: number, policies = WITHOUT_SPOOLS): Plan {
  const random = new Random(seed);
  const limits = () => limitsOf(random, policies);
  const [first, ...others] = Array.from({ length: 1 + random.below(MAX_DESTINATIONS) }, limits);
  return {
    seed,
    poolSize: random.pick([4, 8, 16, 64]) * 1024 * 1024,
    encryption: encryption(random),
    impatience: random.pick([0, 10, 100]),
    drains: random.chance(70),
    destinations: [first!, ...others],
    steps: Array.from({ length: 60 + random.below(60) }, () => step(random, limits)),
  };
}

function limitsOf(random: Random, policies: Policies): Limits {
  const overflow = random.pick(policies.overflow);
  return {
    overflow,
    spool: overflow === 'spool' ? spool(random, policies) : undefined,
    closeTimeout: random.pick([200, 2000, 20_000]),
    segmentConnection: random.pick(['auto', 'same', 'new'] as const),
    highWatermark: { bytes: random.pick([30_000, 200_000, 1_000_000, 8_000_000]), ms: 3_600_000 },
  };
}

function spool(random: Random, { when }: Policies): DestinationOptions['spool'] {
  return {
    when: random.pick(when),
    resume: random.pick(['live', 'in-order'] as const),
    speed: random.pick([2, 100]),
  };
}

function encryption(random: Random): EncryptionOptions | undefined {
  const mode = random.pick(['allFrames', 'keyFrames'] as const);
  switch (random.below(4)) {
    case 0:
      return { video: { mode, key: KEY }, audio: { mode, key: KEY } };
    case 1:
      return { video: { mode, key: KEY } };
    default:
      return undefined;
  }
}

function step(random: Random, limits: () => Limits): Step {
  const at = random.below(MAX_DESTINATIONS);
  const dice = random.below(100);
  if (dice < 45) return { type: 'send', packets: 1 + random.below(random.chance(20) ? 200 : 40) };
  if (dice < 57) return { type: 'rest', ms: random.below(15) };
  if (dice < 70) return { type: random.pick(['reset', 'halfClose'] as const), at };
  if (dice < 73) return { type: 'cut', at, bytes: random.below(300_000) };
  if (dice < 78) return { type: 'stall', at };
  if (dice < 82) return { type: 'flow', at };
  if (dice < 89) return { type: 'move', at };
  if (dice < 92) return { type: 'join', options: limits() };
  if (dice < 94) return { type: 'leave', at };
  if (dice < 95) return { type: 'abort', at };
  return { type: 'segment', between: random.below(3) };
}
