import { readlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import { isMainThread } from 'node:worker_threads';

/** Loaded into every thread of the program under test by `tail.ts`: notes what holds its event loop up. */

/** Report of a thread. Times in ms, of the measured part alone. */
export interface ThreadReport {
  /** The thread's number, as the system counts. */
  readonly thread: number;
  readonly isMain: boolean;
  /** By how much a timer of {@link RESOLUTION} ms was late. */
  readonly delay: { readonly p50: number; readonly p99: number; readonly max: number };
  readonly collections: { readonly count: number; readonly total: number; readonly longest: number };
}

/**
 * The environment variables that it is told by: the folder for reports, ms until measuring begins, and ms
 * that it lasts.
 */
export const TAIL_FOLDER = 'CLOUDPUSH_BENCH_TAIL_FOLDER';
export const TAIL_AFTER = 'CLOUDPUSH_BENCH_TAIL_AFTER';
export const TAIL_FOR = 'CLOUDPUSH_BENCH_TAIL_FOR';

/** ms: often enough to see what matters, seldom enough not to be what is seen. */
const RESOLUTION = 5;
const NANOSECONDS = 1e6;

const folder = process.env[TAIL_FOLDER];
if (folder !== undefined) {
  const thread = Number(readlinkSync('/proc/thread-self').split('/').at(-1));
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION });
  delays.enable();
  let collections = { count: 0, total: 0, longest: 0 };
  const observer = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      collections.count++;
      collections.total += duration;
      collections.longest = Math.max(collections.longest, duration);
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  const begin = (): void => {
    delays.reset();
    collections = { count: 0, total: 0, longest: 0 };
  };
  const after = Number(process.env[TAIL_AFTER] ?? 0);
  setTimeout(begin, after).unref();
  const late = (nanoseconds: number): number => Math.max(0, nanoseconds / NANOSECONDS - RESOLUTION);
  // A thread that is ended with its process has no time for it then.
  const report = (): void => {
    const figures: ThreadReport = {
      thread,
      isMain: isMainThread,
      delay: {
        p50: late(delays.percentile(50)),
        p99: late(delays.percentile(99)),
        max: late(delays.max),
      },
      collections,
    };
    writeFileSync(join(folder, `${thread}.json`), JSON.stringify(figures));
  };
  setTimeout(report, after + Number(process.env[TAIL_FOR] ?? 0)).unref();
}
