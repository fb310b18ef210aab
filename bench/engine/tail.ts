import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { markdownTable, shown } from '../support/markdown.js';
import { Sink } from '../support/peers.js';
import type { PushResult } from './push.js';
import { TAIL_AFTER, TAIL_FOLDER, TAIL_FOR, type ThreadReport } from './tail-probe.js';

/**
 * Tells what the slowest packets wait for: of each busy thread of the program under test, how long it worked,
 * how long it was ready and had no processor, how late its event loop was, and what the garbage collector
 * took.
 */

const { values } = parseArgs({
  options: {
    channels: { type: 'string', default: '400,1000' },
    seconds: { type: 'string', default: '10' },
    'warm-up': { type: 'string', default: '5' },
    source: { type: 'string', default: 'shard' },
    pool: { type: 'string', default: '256' },
    'trace-gc': { type: 'boolean', default: false },
  },
});

/**
 * Until the connections are up, in ms: measuring begins behind it and the warm-up, and ends before its end.
 */
const CONNECTING = 3000;
/** Threads that use less than this part of a processor are left out. */
const LEAST_SHARE = 0.005;
const NANOSECONDS = 1e9;

/** Seconds of a thread since it began, and how often it gave its processor away, or had to. */
interface Schedule {
  readonly ran: number;
  readonly waited: number;
  readonly voluntary: number;
  readonly involuntary: number;
}

function schedules(pid: number): Map<number, Schedule> {
  const found = new Map<number, Schedule>();
  for (const task of readdirSync(`/proc/${pid}/task`)) {
    const file = (name: string): string => readFileSync(`/proc/${pid}/task/${task}/${name}`, 'latin1');
    const [ran, waited] = file('schedstat').split(' ').map(Number);
    const switches = [...file('status').matchAll(/voluntary_ctxt_switches:\s*(\d+)/g)].map(([, n]) =>
      Number(n),
    );
    const [voluntary = 0, involuntary = 0] = switches;
    found.set(Number(task), {
      ran: ran! / NANOSECONDS,
      waited: waited! / NANOSECONDS,
      voluntary,
      involuntary,
    });
  }
  return found;
}

interface TailRun {
  readonly result: PushResult;
  readonly threads: ReadonlyMap<number, Schedule>;
  readonly reports: readonly ThreadReport[];
  readonly seconds: number;
}

async function runOnce(channels: string): Promise<TailRun> {
  const folder = mkdtempSync(join(tmpdir(), 'cloudpush-tail-'));
  const sink = await Sink.rtmp();
  const warmUp = Number(values['warm-up']);
  const seconds = Number(values.seconds);
  const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url));
  const args = ['--import', new URL('./tail-probe.js', import.meta.url).href];
  if (values['trace-gc']) args.push('--trace-gc');
  args.push(
    file('./push.js'),
    '--port',
    String(sink.port),
    '--channels',
    channels,
    '--source',
    values.source,
  );
  args.push(
    '--seconds',
    String(seconds + CONNECTING / 1000),
    '--warm-up',
    String(warmUp),
    '--pool',
    values.pool,
  );
  const after = CONNECTING + warmUp * 1000;
  const env = {
    ...process.env,
    [TAIL_FOLDER]: folder,
    [TAIL_AFTER]: String(after),
    [TAIL_FOR]: String(seconds * 1000),
  };
  try {
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'], env });
    const output = text(child.stdout);
    await sleep(after);
    const before = schedules(child.pid!);
    await sleep(seconds * 1000);
    const threads = new Map<number, Schedule>();
    for (const [thread, now] of schedules(child.pid!))
      threads.set(thread, difference(now, before.get(thread)));
    const lines = (await output).trim().split('\n');
    if (values['trace-gc']) console.error(lines.slice(0, -1).join('\n'));
    const reports = readdirSync(folder).map(
      (name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as ThreadReport,
    );
    return { result: JSON.parse(lines.at(-1)!) as PushResult, threads, reports, seconds };
  } finally {
    await sink.stop();
    rmSync(folder, { recursive: true });
  }
}

function difference(now: Schedule, before: Schedule | undefined): Schedule {
  if (before === undefined) return now;
  return {
    ran: now.ran - before.ran,
    waited: now.waited - before.waited,
    voluntary: now.voluntary - before.voluntary,
    involuntary: now.involuntary - before.involuntary,
  };
}

const HEADER = [
  'thread',
  'ran %',
  'waited for a processor %',
  'gave way, was preempted a second',
  'loop late ms p50, p99, most',
  'collections: a second, ms a second, longest ms',
];

function rowsOf({ threads, reports, seconds }: TailRun): string[][] {
  const byThread = new Map(reports.map((report) => [report.thread, report]));
  const rows: string[][] = [];
  for (const [thread, { ran, waited, voluntary, involuntary }] of threads) {
    if (ran / seconds < LEAST_SHARE) continue;
    const report = byThread.get(thread);
    const name = report === undefined ? 'helper' : report.isMain ? 'caller' : 'shard';
    const { p50, p99, max } = report?.delay ?? {};
    const { count, total, longest } = report?.collections ?? {};
    const figures = (numbers: readonly (number | undefined)[], decimals: number): string =>
      numbers.map((n) => (n === undefined ? '' : shown(n, decimals))).join(', ');
    rows.push([
      name,
      shown((ran / seconds) * 100, 1),
      shown((waited / seconds) * 100, 1),
      `${shown(voluntary / seconds)}, ${shown(involuntary / seconds)}`,
      report === undefined ? '' : figures([p50, p99, max], 1),
      report === undefined ? '' : figures([count! / seconds, total! / seconds, longest], 1),
    ]);
  }
  return rows;
}

for (const channels of values.channels.split(',')) {
  const run = await runOnce(channels);
  const { p50, p99, p999, packets } = run.result;
  console.log(
    `${shown(Number(channels))} channels, ${shown(packets / run.result.seconds)} packets a second: latency ms p50 ${shown(p50, 2)}, p99 ${shown(p99, 2)}, p99.9 ${shown(p999, 2)}\n`,
  );
  console.log(`${markdownTable(HEADER, rowsOf(run))}\n`);
}
