import { readFile, writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { merged, resultsToKeep } from './earlier.js';
import { EXPERIMENTS, isOurs } from './experiments.js';
import { type BaselineRatio, baselineOf, regressions, TOLERANCE } from './guard.js';
import { describeMachine } from './machine.js';
import type { Report, Result } from './model.js';
import { runExperiment } from './run.js';
import { writeReport } from './write-report.js';

/** Whole programs warm up so many times as long as the engine alone. */
const PROGRAM_WARM_UP = 4;

const HELP = `npm run bench -- [options]

Measures the product beside what else there is, all in turns, and writes a report with pictures.

  --quick            a few of the figures, once, in less than a minute
  --only ID[,ID…]    these experiments only: ${EXPERIMENTS.map(({ id }) => id).join(', ')};
                     what the folder's report has of the others stays, if it was taken on the same machine in the same way
  --rounds N         how often each figure is taken (default 5)
  --seconds S        how long each takes, after --warm-up (default 4)
  --warm-up S        (default 3; whole programs have ${PROGRAM_WARM_UP} times as long, as their code is optimized while they run)
  --out FOLDER       where the report goes (default bench/report/latest; quick: bench/report/quick)
  --render           only draw what is in the folder's report.json
  --guard            compare with bench/report/baseline.json: exit code 1 when a ratio is worse by ${TOLERANCE * 100} %
                     than the worst round of the baseline
  --keep-baseline    keep this run's ratios as the baseline
`;

/** Seen from `bench/dist/report`. */
const FOLDER = fileURLToPath(new URL('../../report/', import.meta.url));
const BASELINE = `${FOLDER}baseline.json`;
const QUICK = { rounds: 1, seconds: 2, warmUp: 2.5, programWarmUp: 2.5 };

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    'warm-up': { type: 'string', default: '3' },
    out: { type: 'string' },
    render: { type: 'boolean', default: false },
    guard: { type: 'boolean', default: false },
    'keep-baseline': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

async function main(): Promise<void> {
  if (values.help) {
    process.stdout.write(HELP);
    return;
  }
  const out = resolve(values.out ?? `${FOLDER}${values.quick ? 'quick' : 'latest'}`);
  const report = values.render ? await readReport(out) : await measure(out);
  await writeReport(out, report);
  process.stderr.write(`the report is in ${out}: index.html, report.md, report.json\n`);
  if (values['keep-baseline'])
    await writeFile(BASELINE, `${JSON.stringify(baselineOf(report, isOurs), undefined, 2)}\n`);
  if (values.guard) await guard({ ...report, results: report.results.filter(({ id }) => isWanted(id)) });
}

/** False for an experiment that this run leaves out: what the report says of it is older. */
function isWanted(id: string): boolean {
  return values.only === undefined || values.only.split(',').includes(id);
}

async function readReport(folder: string): Promise<Report> {
  // JSON has no infinity: a figure that was none is left out.
  const figure = (_: string, value: unknown): unknown => value ?? undefined;
  return JSON.parse(await readFile(`${folder}/report.json`, 'utf8'), figure) as Report;
}

/** Runs the experiments; what has been measured so far is in the folder even when the run is broken off. */
async function measure(out: string): Promise<Report> {
  const only = values.only?.split(',');
  for (const id of only ?? [])
    if (!EXPERIMENTS.some((experiment) => experiment.id === id))
      throw new Error(
        `--only ${id}: no such experiment; there are ${EXPERIMENTS.map((one) => one.id).join(', ')}`,
      );
  const times = values.quick
    ? QUICK
    : {
        rounds: number('rounds', 1),
        seconds: number('seconds', 1),
        warmUp: number('warm-up', 0),
        programWarmUp: number('warm-up', 0) * PROGRAM_WARM_UP,
      };
  const about = {
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine(),
    rounds: times.rounds,
    seconds: times.seconds,
    warmUp: times.warmUp,
  };
  const earlier =
    only === undefined ? [] : resultsToKeep(await readReport(out).catch(() => undefined), about);
  const results: Result[] = [];
  const whole = (): Report => ({ ...about, results: merged(EXPERIMENTS, earlier, results) });
  for (const experiment of EXPERIMENTS) {
    if (!isWanted(experiment.id)) continue;
    if (values.quick && experiment.quickXs.length === 0) continue;
    const progress = (line: string): void => void process.stderr.write(`${line}\n`);
    results.push(await runExperiment(experiment, { ...times, quick: values.quick, progress }));
    await writeReport(out, whole());
  }
  return whole();
}

function number(name: 'rounds' | 'seconds' | 'warm-up', least: number): number {
  const value = Number(values[name]);
  if (Number.isFinite(value) && value >= least) return value;
  throw new Error(`--${name} ${values[name]}: a number of at least ${least} is wanted`);
}

async function guard(report: Report): Promise<void> {
  const baseline = JSON.parse(await readFile(BASELINE, 'utf8')) as BaselineRatio[];
  const worse = regressions(report, baseline);
  for (const { experiment, x, contestant, median, worst, now } of worse)
    process.stderr.write(
      `worse: ${experiment} at ${x}: ${contestant}: ratio ${now}, baseline ${median} (worst round ${worst})\n`,
    );
  if (worse.length > 0) process.exitCode = 1;
  else process.stderr.write('no ratio is worse than the baseline\n');
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
