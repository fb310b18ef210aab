import { readdirSync } from 'node:fs';
import { expect, vi } from 'vitest';

/** Resources of the system that a process holds, by kind. */
export type Holdings = Readonly<Record<string, number>>;

/** Open files, threads, and whatever keeps the event loop alive. */
export function holdings(): Holdings {
  const counts: Record<string, number> = {
    descriptors: readdirSync('/proc/self/fd').length,
    threads: readdirSync('/proc/self/task').length,
  };
  for (const kind of process.getActiveResourcesInfo()) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

/** Waits until the process holds nothing that it did not hold before. */
export async function expectNothingLeft(before: Holdings): Promise<void> {
  await vi.waitFor(
    () => {
      const left = Object.entries(holdings()).filter(([kind, count]) => count > (before[kind] ?? 0));
      // `waitFor` has a timer of its own.
      expect(left.filter(([kind]) => kind !== 'Timeout' && kind !== 'Immediate')).toEqual([]);
    },
    { timeout: 30_000, interval: 50 },
  );
}
