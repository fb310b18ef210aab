import { FRAME, type SpoolBench } from './spool-bench.js';

/** Settings of a spool whose stream catches up. */
export const inOrder = { resume: 'in-order', speed: 4 } as const;

/** Timestamps of all pictures from one to another. */
export function picturesIn(from: number, to: number): number[] {
  return Array.from({ length: (to - from) / FRAME + 1 }, (_, i) => from + i * FRAME);
}

/** A bench whose server was down for 20 pictures behind the first 8. */
export async function afterOutage(bench: SpoolBench): Promise<void> {
  await bench.settle();
  await bench.publish();
  await bench.send(8);
  await bench.lose();
  await bench.send(20);
}
