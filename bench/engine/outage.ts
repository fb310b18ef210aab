import { type ChildProcess, execFileSync, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { MessageType, RtmpReceiver } from '@cloudpush/transport';
import { cpuSeconds } from '../support/process-usage.js';

/**
 * An outage of the server with a disk spool: whether each picture arrives, when live goes on, and how long
 * the backlog takes. `--kill` kills the pushing process in the middle of the outage, and starts it again;
 * `--disk 4096` gives the spool a disk of its own of so many MiB (a tmpfs, which needs root) that is full
 * before the outage is over. What is missing then must have been told.
 */

/** To the pushing process. */
export type SourceOrder =
  | {
      readonly type: 'start';
      readonly port: number;
      readonly count: number;
      /** The number of the first picture. */
      readonly first: number;
      readonly isServerUp: boolean;
      readonly poolSize: number;
      readonly spool: { speed: number; resume: 'live' | 'in-order'; when: 'outage' | 'always' };
      readonly store: { folder: string; minFree: number; maxBytes: number; maxGaps: number };
    }
  | { readonly type: 'drain' | 'stop' };

/** Figures over all channels. */
export interface SourceEnd {
  readonly refused: number;
  readonly gaps: Readonly<Record<string, number>>;
  readonly problems: Readonly<Record<string, number>>;
  /** Pictures. */
  readonly dropped: number;
  readonly spooledBytes: number;
  readonly expiredBytes: number;
  readonly lostBytes: number;
}

/** Of the pushing process. `next`: the number of the picture that has yet to be made. */
export type SourceReport =
  | { readonly type: 'started' | 'drained' }
  | { readonly type: 'filmed'; readonly next: number }
  | { readonly type: 'ended'; readonly end: SourceEnd };

const { values } = parseArgs({
  options: {
    channels: { type: 'string', default: '50' },
    /** Of media before and after the outage. */
    seconds: { type: 'string', default: '10' },
    outage: { type: 'string', default: '60' },
    speed: { type: 'string', default: '10' },
    resume: { type: 'string', default: 'live' },
    when: { type: 'string', default: 'outage' },
    folder: { type: 'string', default: tmpdir() },
    kill: { type: 'boolean', default: false },
    disk: { type: 'string', default: '0' },
    'min-free': { type: 'string', default: '0' },
    gaps: { type: 'string', default: '4' },
    /** Of the engine, in MiB. */
    pool: { type: 'string', default: '256' },
  },
});
const MIB = 2 ** 20;
const PICTURE_BYTES = 20_000;
/** Pictures of a process that is killed which may have been made and not been told. */
const UNKNOWN = 5;
const count = Number(values.channels);
const around = Number(values.seconds) * 1000;
const outage = Number(values.outage) * 1000;
const disk = Number(values.disk);

/** Pictures that have arrived of each channel, in any stream of its. */
const arrived = Array.from({ length: count }, () => new Set<number>());
let messages = 0;
/** When pictures came again on a live stream, by channel. */
const resumedAt = new Map<number, number>();
let recoveredAt = Number.POSITIVE_INFINITY;

async function listen(at: number): Promise<RtmpReceiver> {
  return await RtmpReceiver.listen(
    { port: at },
    {
      onPublish: ({ streamName }) => {
        const index = Number(/^s(\d+)/.exec(streamName)![1]);
        const isLive = !streamName.includes('-gap-');
        return {
          onMessage: ({ type, payload }) => {
            if (type !== MessageType.video || payload[1] !== 1) return;
            messages++;
            const digits = Buffer.from(payload.buffer, payload.byteOffset + payload.length - 8, 8);
            arrived[index]!.add(Number.parseInt(digits.toString('latin1'), 10));
            if (isLive && performance.now() > recoveredAt && !resumedAt.has(index))
              resumedAt.set(index, performance.now() - recoveredAt);
          },
          onEnd: () => {},
        };
      },
    },
  );
}

/** The pushing process. */
class Source {
  readonly #child: ChildProcess;
  next: number;

  private constructor(child: ChildProcess, first: number) {
    this.#child = child;
    this.next = first;
    child.on('message', (message: SourceReport) => {
      if (message.type === 'filmed') this.next = message.next;
    });
  }

  static async start(first: number, isServerUp: boolean): Promise<Source> {
    const child = fork(fileURLToPath(new URL('outage-source.js', import.meta.url)));
    const source = new Source(child, first);
    const order: SourceOrder = {
      type: 'start',
      port,
      count,
      first,
      isServerUp,
      poolSize: Number(values.pool) * MIB,
      spool: {
        speed: Number(values.speed),
        resume: values.resume as 'live' | 'in-order',
        when: values.when as 'outage' | 'always',
      },
      store: {
        folder: join(folder, 'spool'),
        minFree: Number(values['min-free']) * MIB,
        maxBytes: 2 ** 40,
        maxGaps: Number(values.gaps),
      },
    };
    child.send(order);
    await source.#answer('started');
    return source;
  }

  get cpu(): number {
    return cpuSeconds([this.#child.pid!]);
  }

  async kill(): Promise<void> {
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exited;
  }

  async drain(): Promise<void> {
    const drained = this.#answer('drained');
    this.#child.send({ type: 'drain' } satisfies SourceOrder);
    await drained;
  }

  async stop(): Promise<SourceEnd> {
    const ended = this.#answer('ended');
    this.#child.send({ type: 'stop' } satisfies SourceOrder);
    return (await ended).end;
  }

  async #answer<Type extends SourceReport['type']>(
    type: Type,
  ): Promise<Extract<SourceReport, { type: Type }>> {
    return await new Promise((resolve, reject) => {
      const onExit = (code: number | null): void => {
        reject(new Error(`the pushing process ended with ${code} before it told "${type}"`));
      };
      const onMessage = (message: SourceReport): void => {
        if (message.type !== type) return;
        this.#child.off('message', onMessage).off('exit', onExit);
        resolve(message as Extract<SourceReport, { type: Type }>);
      };
      this.#child.on('message', onMessage).once('exit', onExit);
    });
  }
}

/** CPU of the source while something is awaited, in cores. */
async function coresWhile(work: Promise<unknown>): Promise<string> {
  const [cpu, time] = [source.cpu, performance.now()];
  await work;
  return (((source.cpu - cpu) * 1000) / (performance.now() - time)).toFixed(2);
}

let receiver: RtmpReceiver | undefined = await listen(0);
const { port } = receiver.address;
const folder = await mkdtemp(join(values.folder, 'cloudpush-outage-'));
if (disk > 0) execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${disk}m`, 'tmpfs', folder]);
const made: [first: number, end: number][] = [];

let source = await Source.start(0, true);
const cpuBefore = await coresWhile(sleep(around));
await receiver.close();
receiver = undefined;
const cpuSpooling = await coresWhile(sleep(outage / 2));
if (values.kill) {
  await source.kill();
  made.push([0, source.next]);
  source = await Source.start(source.next + UNKNOWN, false);
}
await sleep(outage / 2);
receiver = await listen(port);
recoveredAt = performance.now();
const cpuDraining = await coresWhile(sleep(around).then(async () => await source.drain()));
const drainedAfter = performance.now() - recoveredAt;
const lastFirst = made.length === 0 ? 0 : made[0]![1] + UNKNOWN;
const end = await source.stop();
made.push([lastFirst, source.next]);
await receiver.close();
const left = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.flv')).length;
if (disk > 0) execFileSync('umount', [folder]);
await rm(folder, { recursive: true });

/**
 * Of each channel: how many pictures are missing, and of those how many of the last second before the process
 * was killed.
 */
const missing = arrived.map((numbers) => {
  let all = 0;
  let beforeKill = 0;
  for (const [from, to] of made)
    for (let number = from; number < to; number++)
      if (!numbers.has(number)) {
        all++;
        if (made.length > 1 && to === made[0]![1] && number >= to - 25) beforeKill++;
      }
  return { all, beforeKill };
});
const lost = missing.reduce((sum, { all }) => sum + all, 0);
const pictures = made.reduce((sum, [from, to]) => sum + to - from, 0);
const words = (tally: Readonly<Record<string, number>>): string =>
  Object.entries(tally)
    .map(([name, times]) => `${name} ${times}`)
    .join(', ') || 'none';
const told = end.dropped + (end.expiredBytes + end.lostBytes) / PICTURE_BYTES;
console.log(
  `${count} channels, ${pictures} pictures each of ${PICTURE_BYTES} bytes, outage ${outage / 1000} s, resume ${values.resume}${values.kill ? ', killed in the middle' : ''}${disk > 0 ? `, disk of ${disk} MiB` : ''}`,
);
console.log(`missing       ${lost} of ${pictures * count} (refused by the engine: ${end.refused})`);
if (values.kill)
  console.log(
    `before kill   ${missing.reduce((sum, { beforeKill }) => sum + beforeKill, 0)} of them, ${Math.max(...missing.map(({ beforeKill }) => beforeKill))} of a channel at most`,
  );
console.log(
  `told          ${told.toFixed(1)} pictures: dropped ${end.dropped}, removed ${end.expiredBytes} bytes, lost ${end.lostBytes} bytes`,
);
console.log(`arrived twice ${messages - arrived.reduce((sum, numbers) => sum + numbers.size, 0)}`);
console.log(
  `live again    ${Math.round(Math.max(...resumedAt.values()))} ms after the recovery at the latest, ${resumedAt.size} channels`,
);
console.log(`drained       ${(drainedAfter / 1000).toFixed(1)} s after the recovery`);
console.log(`spooled       ${(end.spooledBytes / 1e6).toFixed(0)} MB by the last process`);
console.log(`gaps          ${words(end.gaps)}; problems: ${words(end.problems)}`);
console.log(`cores         ${cpuBefore} live, ${cpuSpooling} spooling, ${cpuDraining} draining`);
console.log(`files left    ${left}`);
const unaccounted = lost - missing.reduce((sum, { beforeKill }) => sum + beforeKill, 0) - told;
if (unaccounted > 0 || left > 0) process.exitCode = 1;
