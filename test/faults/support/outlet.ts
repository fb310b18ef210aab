import type { Channel } from '@cloudpush/engine';
import type { Ledger } from '../../engine/conservation/ledger.js';
import type { BalancedOutlet } from '../../engine/conservation/stream-checks.js';

/**
 * The only destination of a channel, with the packets that it is to take: all that come before it has ended.
 */
export function outletOf(channel: Channel, ledger: Ledger, isSpooled = false): BalancedOutlet {
  const outlet: BalancedOutlet & { -readonly [Key in 'to' | 'report']: BalancedOutlet[Key] } = {
    name: 'victim',
    destination: channel.destinations[0]!,
    from: 0,
    to: Number.POSITIVE_INFINITY,
    aborted: false,
    isSpooled,
    report: undefined,
  };
  outlet.destination.once('close', (report) => {
    outlet.report = report;
    outlet.to = ledger.next;
  });
  return outlet;
}
