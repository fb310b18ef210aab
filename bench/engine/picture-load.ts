import { randomFillSync } from 'node:crypto';
import { monitorEventLoopDelay } from 'node:perf_hooks';

/** 4 Mbit/s: 25 pictures of 20 kB a second, a key frame every two seconds. */
export const PICTURE_BYTES = 20_000;
const FRAME_MS = 40;
const GROUP = 50;
/** The load is given in steps of so many ms, each with its part of the cameras. */
const TICK_MS = 4;

/** A picture of a camera. */
export interface Picture {
  readonly body: Uint8Array;
  readonly isKey: boolean;
  /** ms */
  readonly timestamp: number;
}

/** Cost of the load; times in ms. */
export interface LoadResult {
  readonly packets: number;
  /** CPU time of the process for each packet, µs. */
  readonly microseconds: number;
  /** Time that the thread was held up. */
  readonly delayP99: number;
  readonly delayMax: number;
}

/** H.264 pictures in shared memory: one that is a key frame, and one that is not. */
const bodies = [0x17, 0x27].map((first) => {
  const body = new Uint8Array(new SharedArrayBuffer(PICTURE_BYTES));
  randomFillSync(body);
  body.set([first, 1, 0, 0, 0]);
  return body;
});

/** Gives every camera its pictures in real time, and then waits for `finish`. */
export async function runPictures(
  sinks: readonly ((picture: Picture, wall: number) => void)[],
  seconds: number,
  finish: () => Promise<unknown>,
): Promise<LoadResult> {
  const delay = monitorEventLoopDelay({ resolution: 2 });
  delay.enable();
  const begin = performance.now();
  const cpu = process.cpuUsage();
  const counts = new Int32Array(sinks.length);
  let packets = 0;
  const give = (elapsed: number): void => {
    const wall = Date.now();
    for (const [i, sink] of sinks.entries()) {
      const due = Math.floor((elapsed + (i * FRAME_MS) / sinks.length) / FRAME_MS);
      for (; counts[i]! < due; counts[i]!++, packets++) sink(picture(counts[i]!, i), wall);
    }
  };
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const elapsed = performance.now() - begin;
      give(elapsed);
      if (elapsed < seconds * 1000) return;
      clearInterval(timer);
      resolve();
    }, TICK_MS);
  });
  await finish();
  const { user, system } = process.cpuUsage(cpu);
  delay.disable();
  return {
    packets,
    microseconds: (user + system) / packets,
    delayP99: delay.percentile(99) / 1e6,
    delayMax: delay.max / 1e6,
  };
}

/** Each camera is at another place in its group. */
function picture(number: number, camera: number): Picture {
  const isKey = number === 0 || (number + camera) % GROUP === 0;
  return { body: bodies[isKey ? 0 : 1]!, isKey, timestamp: number * FRAME_MS };
}
