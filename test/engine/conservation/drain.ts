import { setTimeout } from 'node:timers/promises';
import type { Destination } from '@cloudpush/engine';

/** In ms. */
const LONGEST_DRAIN = 4000;
const DRAIN_POLL = 20;

/** Waits until what lies on disk has been sent, or for long enough. */
export async function drained(destinations: readonly Destination[]): Promise<void> {
  for (let i = 0; i < LONGEST_DRAIN / DRAIN_POLL; i++) {
    if (destinations.every((destination) => (destination.stats().spool?.state ?? 'idle') === 'idle')) return;
    await setTimeout(DRAIN_POLL);
  }
}
