import { spawn } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/**
 * Runs the benchmarks of the engine and prints their tables as they stand in `bench/README.md`. It takes half an hour;
 * with fewer rounds and seconds it takes less, and its medians are worth less.
 */
const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '3' },
    seconds: { type: 'string', default: '8' },
    'warm-up': { type: 'string', default: '8' },
  },
});
const TIMES = ['--rounds', values.rounds, '--seconds', values.seconds, '--warm-up', values['warm-up']];

interface Part {
  readonly title: string;
  /** Seen from `bench/dist`. */
  readonly program: string;
  readonly args: readonly string[];
}

const window = (ms: number): Part => ({
  title: `Window of ${ms} ms`,
  program: 'engine/scale.js',
  args: ['--channels', '400', '--max-batch-delay', String(ms), ...TIMES],
});

const PARTS: readonly Part[] = [
  { title: 'Channels', program: 'engine/scale.js', args: ['--channels', '16,64,400,1000', ...TIMES] },
  {
    title: 'Thousands of channels',
    program: 'engine/scale.js',
    args: ['--channels', '2000,3000', '--pool', '1024', ...TIMES],
  },
  { title: 'Unpaced', program: 'engine/scale.js', args: ['--channels', '8', '--unpaced', ...TIMES] },
  ...[2, 10, 50, 100, 200].map(window),
  {
    title: 'One shard',
    program: 'engine/scale.js',
    args: ['--channels', '400,1000', '--shards', '1', ...TIMES],
  },
  { title: 'The field', program: 'field/field.js', args: ['--channels', '16', ...TIMES] },
  { title: 'Encryption', program: 'engine/encryption-cost.js', args: TIMES },
  { title: 'Fragmentation', program: 'engine/fragmentation.js', args: [] },
];

/** Runs a program of this folder's siblings; its progress and its table go where this program's go. */
function run({ program, args }: Part): Promise<void> {
  const script = fileURLToPath(new URL(`../${program}`, import.meta.url));
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'inherit', 'inherit'] });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) =>
      code === 0 ? resolve() : reject(new Error(`${program} ended with exit code ${code}`)),
    );
  });
}

console.log(`Node.js ${process.version}, ${cpus().length} processors\n`);
for (const part of PARTS) {
  console.log(`### ${part.title}\n`);
  await run(part);
  console.log('');
}
