import type { ConnectionFaults } from '../proxy/fault-proxy.js';
import type { Stage } from '../proxy/stage.js';
import { blackHole, corrupt, cut, delay, rate, split, stall } from '../proxy/stages.js';

/** A fault of one connection, as plain data. Places are bytes of one of its ways, from its beginning. */
export type Fault =
  | { readonly type: 'refuse' }
  | (Way &
      (
        | { readonly type: 'delay'; readonly ms: number; readonly jitter: number }
        | { readonly type: 'rate'; readonly bytesPerSecond: number }
        | { readonly type: 'split'; readonly most: number }
        | { readonly type: 'stall'; readonly at: number; readonly ms: number }
        | { readonly type: 'blackHole'; readonly at: number }
        | { readonly type: 'corrupt'; readonly at: number; readonly count: number }
        | { readonly type: 'reset' | 'halfClose' | 'end'; readonly at: number }
      ));

interface Way {
  /** `up`: what the client says. */
  readonly way: 'up' | 'down';
}

/** The faults of a connection as the proxy's stages. */
export function connectionFaults(faults: readonly Fault[], seed: number): ConnectionFaults {
  const stages = (way: Way['way']): Stage[] =>
    faults.flatMap((fault) => (fault.type !== 'refuse' && fault.way === way ? [stageOf(fault)] : []));
  return {
    up: stages('up'),
    down: stages('down'),
    isRefused: faults.some(({ type }) => type === 'refuse'),
    seed,
  };
}

function stageOf(fault: Exclude<Fault, { type: 'refuse' }>): Stage {
  switch (fault.type) {
    case 'delay':
      return delay(fault.ms, fault.jitter);
    case 'rate':
      return rate(fault.bytesPerSecond);
    case 'split':
      return split(fault.most);
    case 'stall':
      return stall(fault.at, fault.ms);
    case 'blackHole':
      return blackHole(fault.at);
    case 'corrupt':
      return corrupt(fault.at, fault.count);
    default:
      return cut(fault.at, fault.type);
  }
}
