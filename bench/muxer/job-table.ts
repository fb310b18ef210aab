import { Bench } from 'tinybench';
import { garbageOf } from '../support/garbage.js';

/** A job that is measured on one kind of packet. */
export interface Job {
  readonly packet: string;
  readonly job: string;
  /** Bytes of the packet. */
  readonly size: number;
  readonly call: () => void;
}

/** Calls of a job that are timed as one. */
const BATCH = 20;

/**
 * Measures jobs and prints a row for each: µs and GB/s, beside the last job before it whose name begins with
 * "floor", and the garbage of a call.
 */
export async function printJobTable(jobs: readonly Job[]): Promise<void> {
  const bench = new Bench({ time: 400, warmupTime: 100 });
  for (const { packet, job, call } of jobs) {
    bench.add(`${packet}: ${job}`, () => {
      for (let i = 0; i < BATCH; i++) call();
    });
  }
  await bench.run();

  const micros = bench.tasks.map(({ name, result }) => {
    if (!('latency' in result)) throw new Error(`${name} did not run`);
    return (result.latency.p50 * 1000) / BATCH;
  });
  let floor = 0;
  console.table(
    jobs.map(({ packet, job, size, call }, i) => {
      const time = micros[i]!;
      if (job.startsWith('floor')) floor = time;
      return {
        packet,
        job,
        'µs a packet': time.toFixed(2),
        'GB/s': (size / time / 1000).toFixed(1),
        '× floor': (time / floor).toFixed(2),
        'µs over it': (time - floor).toFixed(2),
        'heap bytes a packet': garbageOf(call),
      };
    }),
  );
}
