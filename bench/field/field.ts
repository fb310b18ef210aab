import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { markdownTable, shown } from '../support/markdown.js';
import { Sink } from '../support/peers.js';
import { cpuSeconds, residentBytes } from '../support/process-usage.js';
import { median } from '../support/statistics.js';
import { writeClipFile } from './clip-file.js';
import { CONTESTANTS, type CommandLine, type Contestant } from './contestants.js';

/**
 * The same stream, on as many channels, pushed in other ways: what they use once all channels run, in turns, each into
 * a sink that discards. Programs that are not installed are left out.
 */

const { values } = parseArgs({
  options: {
    channels: { type: 'string', default: '16' },
    seconds: { type: 'string', default: '10' },
    'warm-up': { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
  },
});
const seconds = Number(values.seconds);
const warmUp = Number(values['warm-up']);

interface Usage {
  readonly cores: number;
  readonly megabits: number;
  readonly rssBytes: number;
}

async function measure(contestant: Contestant, channels: number, clip: string): Promise<Usage> {
  const sink = contestant.sink === 'raw' ? await Sink.raw() : await Sink.rtmp();
  const task = { port: sink.port, channels, seconds: warmUp + seconds + 60, clip };
  const processes = (await contestant.commands(task)).map(start);
  try {
    await sleep(warmUp * 1000);
    const pids = processes.map(({ pid }) => pid!);
    const [cpu, bytes, from] = [cpuSeconds(pids), await sink.bytes(), performance.now()];
    await sleep(seconds * 1000);
    const elapsed = (performance.now() - from) / 1000;
    return {
      cores: (cpuSeconds(pids) - cpu) / elapsed,
      megabits: (((await sink.bytes()) - bytes) * 8) / elapsed / 1e6,
      rssBytes: residentBytes(pids),
    };
  } finally {
    await Promise.all(processes.map(end));
    await sink.stop();
  }
}

function start([program, ...args]: CommandLine): ChildProcess {
  return spawn(program, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exited;
}

function isInstalled(program: string): boolean {
  try {
    execFileSync('which', [program], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

async function table(channels: number, clip: string): Promise<string> {
  const usages = new Map<Contestant, Usage[]>();
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const contestant of CONTESTANTS) {
      const [command] = await contestant.commands({ port: 0, channels, seconds, clip });
      if (!isInstalled(command![0])) continue;
      const usage = await measure(contestant, channels, clip);
      console.error(`${channels} channels, ${contestant.name}: ${usage.cores.toFixed(3)} cores`);
      usages.set(contestant, [...(usages.get(contestant) ?? []), usage]);
    }
  }
  const rows = [...usages].map(([{ name }, all]) => {
    const of = (pick: (usage: Usage) => number): number => median(all.map(pick));
    const cores = of((usage) => usage.cores);
    const megabits = of((usage) => usage.megabits);
    return [
      name,
      shown(cores, 3),
      shown((cores * 8000) / megabits, 2),
      shown(megabits),
      shown(of((usage) => usage.rssBytes) / 1024 ** 2),
    ];
  });
  return markdownTable([`${channels} channels`, 'cores', 'CPU s per GB', 'Mbit/s', 'RSS MiB'], rows);
}

const folder = await mkdtemp(join(tmpdir(), 'cloudpush-bench-'));
try {
  const clip = join(folder, 'clip.flv');
  await writeClipFile(clip, warmUp + seconds + 60);
  for (const channels of values.channels.split(',').map(Number))
    console.log(`${await table(channels, clip)}\n`);
} finally {
  await rm(folder, { recursive: true });
}
