import { ChunkReader, ChunkWriter, RECEIVER_LIMITS } from '@cloudpush/transport';
import { Bench } from 'tinybench';

/**
 * The chunk layer at memory speed. Writer: microseconds a message. Reader: bytes a second, by chunk size, fed
 * in pieces of the size in which Node reads from a socket. Also proves that the writer's slices are views of
 * the payload.
 */
const HEADROOM = 64;
const MESSAGE_BYTES = 20_000;
const PIECE_BYTES = 65_536;
const BATCH = 100;

let pushed = 0;
const counting = {
  push: (slice: Uint8Array): void => {
    pushed += slice.length;
  },
};

function message(
  size: number,
  headroom: number,
): {
  type: number;
  timestamp: number;
  parts: Uint8Array[];
  size: number;
  headroom: number;
} {
  const body = new Uint8Array(new SharedArrayBuffer(size + HEADROOM), HEADROOM, size);
  return { type: 9, timestamp: 1000, parts: [body], size, headroom };
}

function writer(chunkSize: number): ChunkWriter {
  const made = new ChunkWriter(counting);
  made.chunkSize = chunkSize;
  return made;
}

/** Some megabytes of messages as a peer with this chunk size sends them, cut into socket-sized pieces. */
function incoming(chunkSize: number): Buffer[] {
  const slices: Uint8Array[] = [];
  const out = new ChunkWriter({ push: (slice) => void slices.push(Uint8Array.from(slice)) });
  out.write(2, 1, 0, 0, Buffer.from([chunkSize >>> 24, chunkSize >>> 16, chunkSize >>> 8, chunkSize]));
  out.chunkSize = chunkSize;
  for (let i = 0; i < BATCH; i++) out.writeMedia(6, 1, message(MESSAGE_BYTES, 0));
  const whole = Buffer.concat(slices);
  return Array.from({ length: Math.ceil(whole.length / PIECE_BYTES) }, (_, i) =>
    whole.subarray(i * PIECE_BYTES, (i + 1) * PIECE_BYTES),
  );
}

function proveNoCopies(): void {
  const slices: Uint8Array[] = [];
  const one = message(MESSAGE_BYTES, 0);
  const out = new ChunkWriter({ push: (slice) => void slices.push(slice) });
  out.writeMedia(6, 1, one);
  const views = slices.filter((slice) => slice.buffer === one.parts[0]!.buffer);
  const viewed = views.reduce((sum, slice) => sum + slice.length, 0);
  if (viewed !== MESSAGE_BYTES) throw new Error(`${MESSAGE_BYTES - viewed} payload bytes were copied`);
  console.log(`payload bytes copied by the writer: 0 of ${viewed}`);
}

proveNoCopies();
const bench = new Bench({ time: 500 });
const cases: [string, ChunkWriter, ReturnType<typeof message>][] = [
  ['writer: 20 kB in place', writer(65_536), message(MESSAGE_BYTES, HEADROOM)],
  ['writer: 20 kB, no headroom', writer(65_536), message(MESSAGE_BYTES, 0)],
  ['writer: 20 kB in chunks of 4096', writer(4096), message(MESSAGE_BYTES, HEADROOM)],
  ['writer: 200 kB in chunks of 65536', writer(65_536), message(200_000, HEADROOM)],
  ['writer: 300 B audio in place', writer(65_536), message(300, HEADROOM)],
];
for (const [name, out, one] of cases) {
  bench.add(name, () => {
    for (let i = 0; i < BATCH; i++) out.writeMedia(6, 1, one);
  });
}
const volumes = new Map<string, number>();
for (const chunkSize of [128, 4096, 65_536]) {
  const pieces = incoming(chunkSize);
  const name = `reader: chunks of ${chunkSize}`;
  volumes.set(
    name,
    pieces.reduce((sum, piece) => sum + piece.length, 0),
  );
  bench.add(name, () => {
    const reader = new ChunkReader({ onMessage: () => undefined }, RECEIVER_LIMITS);
    for (const piece of pieces) reader.push(piece);
  });
}
await bench.run();
if (pushed === 0) throw new Error('the writer pushed nothing');
for (const task of bench.tasks) {
  if (task.result.state !== 'completed') throw new Error(`${task.name}: ${task.result.state}`);
  const milliseconds = task.result.latency.p50;
  const volume = volumes.get(task.name);
  const figure =
    volume === undefined
      ? `${((milliseconds * 1000) / BATCH).toFixed(3)} µs a message`
      : `${(volume / milliseconds / 1e6).toFixed(2)} GB/s`;
  console.log(`${task.name.padEnd(36)} ${figure}`);
}
