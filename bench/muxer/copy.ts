import { copyBytes } from '@cloudpush/muxer';
import { Bench } from 'tinybench';

// Copying packets to shared memory, as the media pool takes them: nanoseconds a packet beside `set`. Most
// packets have been cut out of something longer, so that they begin at any byte.

const batch = 50;
const spread = 8 * 1024 ** 2;
const pool = new Uint8Array(new SharedArrayBuffer(2 * spread));

type Copy = (source: Uint8Array, offset: number) => void;

const copies: readonly (readonly [string, Copy])[] = [
  ['set', (source, offset) => pool.set(source, offset)],
  ['copyBytes', (source, offset) => copyBytes(source, pool, offset)],
];

/** Copies packets of `size` bytes to one place after the other. */
function copying(copy: Copy, size: number, start: number): () => void {
  const sources = Array.from({ length: 16 }, () => new Uint8Array(start + size).subarray(start));
  let offset = 0;
  return () => {
    for (const source of sources) {
      copy(source, offset);
      offset = (offset + size + 63) & -64;
      if (offset > spread) offset = 0;
    }
  };
}

const rows = [350, 5000, 20_000, 100_000].flatMap((size) =>
  [0, 3].flatMap((start) =>
    copies.map(([name, copy]) => ({ size, start, name, call: copying(copy, size, start) })),
  ),
);
const bench = new Bench({ time: 200, warmupTime: 50 });
for (const { size, start, name, call } of rows) {
  bench.add(`${size} ${start} ${name}`, () => {
    for (let i = 0; i < batch; i++) call();
  });
}
await bench.run();
console.table(
  rows.map(({ size, start, name }, i) => {
    const { result } = bench.tasks[i]!;
    if (!('latency' in result)) throw new Error(`${bench.tasks[i]!.name} did not run`);
    const time = (result.latency.p50 * 1e6) / batch / 16;
    return { bytes: size, aligned: start === 0, copy: name, ns: time.toFixed(0) };
  }),
);
