import { existsSync, readdirSync } from 'node:fs';
import type { MetricFamily } from './metric-family.js';

const MICROSECONDS = 1e6;
const DESCRIPTORS = '/proc/self/fd';

function ofProcess(name: string, type: 'counter' | 'gauge', help: string, value: () => number): MetricFamily {
  return {
    name,
    type,
    help,
    labels: [],
    *samples() {
      yield [[], value()];
    },
  };
}

/** Of the process, all its threads together, by the names that all programs use. */
export const processMetrics: readonly MetricFamily[] = [
  ofProcess('process_cpu_seconds_total', 'counter', 'Time that the process has spent on processors.', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / MICROSECONDS;
  }),
  ofProcess('process_resident_memory_bytes', 'gauge', 'Memory that the process holds.', () =>
    process.memoryUsage.rss(),
  ),
  // Linux tells; other systems have no such folder.
  ...(existsSync(DESCRIPTORS)
    ? [
        ofProcess(
          'process_open_fds',
          'gauge',
          'Open file descriptors.',
          () => readdirSync(DESCRIPTORS).length,
        ),
      ]
    : []),
  ofProcess(
    'process_start_time_seconds',
    'gauge',
    'When the process began, in seconds since 1970.',
    () => Date.now() / 1000 - process.uptime(),
  ),
];
