import { readFileSync } from 'node:fs';

/** Linux counts CPU time in hundredths of a second, whatever the kernel's own tick (`man 5 proc`). */
const TICKS_PER_SECOND = 100;
const PAGE_BYTES = 4096;

/** User and system CPU seconds that processes have used so far, all their threads included. */
export function cpuSeconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    // The name in parentheses may hold anything; utime and stime are the 12th and 13th fields behind it.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    ticks += Number(fields[11]) + Number(fields[12]);
  }
  return ticks / TICKS_PER_SECOND;
}

/** Bytes of memory that processes have resident, what they share counted for each. */
export function residentBytes(pids: readonly number[]): number {
  let pages = 0;
  for (const pid of pids) pages += Number(readFileSync(`/proc/${pid}/statm`, 'latin1').split(' ')[1]);
  return pages * PAGE_BYTES;
}
