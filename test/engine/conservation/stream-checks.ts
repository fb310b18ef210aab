import type { Arrival } from './arrivals.js';
import type { Ledger } from './ledger.js';
import type { Outlet } from './outlet.js';

export type BalancedOutlet = Pick<Outlet, 'name' | 'destination' | 'from' | 'to' | 'aborted' | 'report'> &
  Partial<Pick<Outlet, 'isSpooled'>>;

export type Say = (text: string) => void;

/** Nothing twice, nothing out of order, nothing that was another's. */
export function checkOrder(all: readonly Arrival[], { from, to }: BalancedOutlet, say: Say): void {
  for (const [i, { id }] of all.entries()) {
    const before = all[i - 1]?.id ?? -1;
    if (id <= before) say(`packet ${id} came behind packet ${before}`);
    if (id < from || id >= to) say(`packet ${id} came, which was sent before it joined or after it left`);
  }
}

/** One segment, decodable from its first picture on, with times that are those of the source. */
export function checkStream(stream: readonly Arrival[], ledger: Ledger, say: Say): void {
  const ids = new Set(stream.map(({ id }) => id));
  const segment = ledger.entries[stream[0]!.id]!.segment;
  let time = 0;
  let offset: number | undefined;
  for (const { id, timestamp } of stream) {
    const entry = ledger.entries[id]!;
    const { needs, kind, pts } = entry.packet;
    if (entry.segment !== segment)
      say(`packet ${id} of segment ${entry.segment} came with segment ${segment}`);
    if (needs !== undefined && !ids.has(needs)) say(`picture ${id} came without ${needs}, which it needs`);
    if (timestamp < time) say(`packet ${id} steps back from ${time} to ${timestamp} ms`);
    time = timestamp;
    offset ??= timestamp - pts;
    // Of frames whose times are no whole ms, and of those behind them.
    if (kind !== 'data' && Math.abs(timestamp - pts - offset) > 2)
      say(`packet ${id} of ${pts} ms came with ${timestamp} ms, the stream began ${offset} ms off`);
  }
}
