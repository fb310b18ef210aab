import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** The peers' sources, seen from `bench/dist/support`. */
const SOURCES = fileURLToPath(new URL('../../peers/', import.meta.url));

export type PeerName = 'floor_sender' | 'floor_sink' | 'rtmp_sink';

let folder: Promise<string> | undefined;
const built = new Map<PeerName, Promise<string>>();

/** Compiles a C peer, once a run. Returns the program's path. */
export function buildPeer(name: PeerName): Promise<string> {
  let program = built.get(name);
  if (program === undefined) {
    program = compile(name);
    built.set(name, program);
  }
  return program;
}

async function compile(name: PeerName): Promise<string> {
  folder ??= mkdtemp(join(tmpdir(), 'cloudpush-bench-'));
  const program = join(await folder, name);
  await promisify(execFile)('cc', ['-O2', '-Wall', '-Wextra', '-o', program, join(SOURCES, `${name}.c`)]);
  return program;
}

/** A port of the loopback interface that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}

/** A sink that runs in a process of its own and discards what it receives. */
export class Sink {
  readonly port: number;
  readonly #process: ChildProcess;
  readonly #lines: Interface;

  private constructor(port: number, process: ChildProcess, lines: Interface) {
    this.port = port;
    this.#process = process;
    this.#lines = lines;
  }

  /** Takes raw TCP. */
  static async raw(): Promise<Sink> {
    const port = await freePort();
    return Sink.#start(port, await buildPeer('floor_sink'), [String(port)]);
  }

  /** Answers RTMP publishers, and discards their media. */
  static async rtmp(...options: readonly string[]): Promise<Sink> {
    const port = await freePort();
    const args = ['-p', String(port), '--drain', '--quiet', ...options];
    return Sink.#start(port, await buildPeer('rtmp_sink'), args);
  }

  /** Both say on their first line that they listen. */
  static async #start(port: number, program: string, args: readonly string[]): Promise<Sink> {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const lines = createInterface({ input: child.stdout });
    await new Promise<void>((resolve) => lines.once('line', () => resolve()));
    return new Sink(port, child, lines);
  }

  get pid(): number {
    return this.#process.pid!;
  }

  /** Bytes that it has received so far: it is asked by a signal. */
  bytes(): Promise<number> {
    return new Promise((resolve) => {
      this.#lines.once('line', (line) => resolve(Number(line)));
      this.#process.kill('SIGUSR1');
    });
  }

  async stop(): Promise<void> {
    if (this.#process.exitCode !== null) return;
    const exited = new Promise((resolve) => this.#process.once('exit', resolve));
    this.#process.kill('SIGTERM');
    await exited;
  }
}

/** Runs a program to its end and parses the last line that it prints as JSON. */
export async function runJson<T>(program: string, args: readonly string[]): Promise<T> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  let last = '';
  for await (const line of createInterface({ input: child.stdout })) if (line.trim() !== '') last = line;
  const code = child.exitCode ?? (await new Promise<number | null>((resolve) => child.once('exit', resolve)));
  if (code !== 0) throw new Error(`${program} ${args.join(' ')} ended with exit code ${code}`);
  return JSON.parse(last) as T;
}
