import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { writeClipFile } from '../../field/clip-file.js';
import { Sink } from '../../support/peers.js';
import { cpuSeconds, residentBytes } from '../../support/process-usage.js';
import type { Contestant, Times } from '../experiment.js';
import type { Sample } from '../model.js';

/** The stream, and where it goes. */
interface Task {
  /** The stream as an FLV file, longer than the measurement. */
  readonly clip: string;
  /** The URL of each output. */
  readonly urls: readonly string[];
  readonly port: number;
  readonly channels: number;
  readonly seconds: number;
}

/** A process's program and arguments. */
type CommandLine = readonly [program: string, ...args: string[]];

const CLI = join(
  dirname(createRequire(import.meta.url).resolve('cloudpush/package.json')),
  'bin/cloudpush.js',
);
const FFMPEG = ['ffmpeg', '-nostdin', '-loglevel', 'error', '-re', '-i'] as const;
const FLV = ['-map', '0', '-c', 'copy', '-f', 'flv'] as const;

/** `cloudpush push`: a file on so many channels. */
export const cloudpushChannels = program('cloudpush push', ({ clip, port, channels }) => [
  [
    process.execPath,
    CLI,
    ...['push', clip, `rtmp://127.0.0.1:${port}/bench/{i}`, '--channels', String(channels), '--quiet'],
  ],
]);

/** `cloudpush push --also`: a file on one channel, to many servers. */
export const cloudpushFanOut = program('cloudpush push', ({ clip, urls: [url, ...others] }) => [
  [process.execPath, CLI, 'push', clip, url!, ...others.flatMap((also) => ['--also', also]), '--quiet'],
]);

export const ffmpegProcesses = program('ffmpeg, a process a channel', ({ clip, urls }) =>
  urls.map((url) => [...FFMPEG, clip, ...FLV, url]),
);

export const ffmpegOutputs = program('ffmpeg, one process with all outputs', ({ clip, urls }) => [
  [...FFMPEG, clip, ...urls.flatMap((url) => [...FLV, url])],
]);

export const gstreamerProcesses = program('GStreamer rtmp2sink, a process a channel', ({ clip, urls }) =>
  urls.map((url) => gstreamer(clip, url)),
);

/** Node.js programs of the field's making. */
export const singleThread = nodeProgram('Node.js, one thread, Buffer.concat', 'single-thread');
export const taskPerPacket = nodeProgram('Node.js, a piscina task a packet', 'task-per-packet');

/** @param commands the processes that it takes; the first one's program must be installed */
function program(name: string, commands: (task: Task) => readonly CommandLine[]): Contestant {
  const [[needs]] = commands({ clip: '', urls: [''], port: 0, channels: 1, seconds: 0 }) as [CommandLine];
  return { name, needs, measure: (channels, times) => measure(commands, channels, times) };
}

function nodeProgram(name: string, script: string): Contestant {
  const path = fileURLToPath(new URL(`../../field/${script}.js`, import.meta.url));
  return program(name, ({ port, channels, seconds }) => [
    [process.execPath, path, ...['--port', port, '--channels', channels, '--seconds', seconds].map(String)],
  ]);
}

function gstreamer(clip: string, url: string): CommandLine {
  const sink = `flvmux name=mux streamable=true ! rtmp2sink location=${url} sync=true`;
  const pipeline = `filesrc location=${clip} ! flvdemux name=demux ${sink} demux.video ! queue ! mux.video demux.audio ! queue ! mux.audio`;
  return ['gst-launch-1.0', '-q', ...pipeline.split(' ')];
}

/** Whole processes, as a user starts them, once they are under way. */
async function measure(
  commands: (task: Task) => readonly CommandLine[],
  channels: number,
  { seconds, programWarmUp: warmUp }: Times,
): Promise<Sample> {
  const folder = await mkdtemp(join(tmpdir(), 'cloudpush-bench-'));
  const sink = await Sink.rtmp();
  // More than is measured: they are ended.
  const length = warmUp + seconds + 60;
  const clip = join(folder, 'clip.flv');
  await writeClipFile(clip, length);
  const urls = Array.from({ length: channels }, (_, i) => `rtmp://127.0.0.1:${sink.port}/bench/${i}`);
  const processes = commands({ clip, urls, port: sink.port, channels, seconds: length }).map(start);
  try {
    await sleep(warmUp * 1000);
    const pids = processes.map(({ pid }) => pid!);
    const [cpu, bytes, from] = [cpuSeconds(pids), await sink.bytes(), performance.now()];
    await sleep(seconds * 1000);
    const elapsed = (performance.now() - from) / 1000;
    const used = cpuSeconds(pids) - cpu;
    return {
      cores: used / elapsed,
      cpuPerGigabyte: used / (((await sink.bytes()) - bytes) / 1e9),
      rss: residentBytes(pids) / 1024 ** 2,
    };
  } finally {
    await Promise.all(processes.map(end));
    await sink.stop();
    await rm(folder, { recursive: true });
  }
}

function start([command, ...args]: CommandLine): ChildProcess {
  return spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'] });
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await exited;
}
