import { readFile } from 'node:fs/promises';
import { run } from '../../support/process.js';

const RATE = 8000;
const FFMPEG = ['-hide_banner', '-nostdin', '-loglevel', 'error', '-y'] as const;

/** A stretch of tone. */
export interface Burst {
  /** When it begins, in s. */
  readonly at: number;
  /** When it ends, in s. */
  readonly until: number;
  /** Hz, by its zero crossings. */
  readonly frequency: number;
  /** Root mean square, of 1. */
  readonly level: number;
}

/** Contents of a test file. */
export interface ToneFile {
  readonly codec: 'pcm_mulaw' | 'pcm_alaw';
  /** Where a tone of 1 kHz and half of the full level is, in s. */
  readonly bursts: readonly (readonly [from: number, to: number])[];
  /** Where there are no packets of sound at all, in s. */
  readonly hole?: readonly [from: number, to: number];
  /** s */
  readonly duration: number;
}

/** Makes an FLV file with pictures, and with G.711 of bursts of tone. */
export async function makeToneFile(
  file: string,
  { codec, bursts, hole, duration }: ToneFile,
): Promise<string> {
  const gate = bursts.map(([from, to]) => `between(t,${from},${to})`).join('+');
  const sound = `aevalsrc=0.5*sin(2*PI*1000*t)*(${gate}):s=${RATE}:d=${duration}`;
  const cut = hole === undefined ? '' : `,aselect=not(between(t\\,${hole[0]}\\,${hole[1]}))`;
  await ffmpeg([
    ...['-f', 'lavfi', '-i', `testsrc=s=160x120:r=25:d=${duration}`],
    ...['-f', 'lavfi', '-i', `${sound.replaceAll(',', '\\,')},asetnsamples=160${cut}`],
    ...['-c:v', 'libx264', '-preset', 'ultrafast', '-tune', 'zerolatency', '-g', '25', '-c:a', codec, file],
  ]);
  return file;
}

/** The bursts of tone that a file's sound decodes to, on the clock of its pictures. */
export async function burstsOf(file: string): Promise<Burst[]> {
  const raw = `${file}.s16`;
  // A time without packets becomes silence; without pictures beside it, the first packet of sound would be at
  // 0.
  const filter = `[0:a]aresample=${RATE}:async=1:min_hard_comp=0.001:first_pts=0[a]`;
  const video = ['-map', '0:v', '-f', 'null', '-'];
  await ffmpeg([
    '-copyts',
    '-i',
    file,
    '-filter_complex',
    filter,
    ...video,
    '-map',
    '[a]',
    '-f',
    's16le',
    raw,
  ]);
  return findBursts(await samplesOf(raw));
}

async function samplesOf(file: string): Promise<Float64Array> {
  const bytes = await readFile(file);
  return Float64Array.from(
    { length: bytes.length >> 1 },
    (_, index) => bytes.readInt16LE(2 * index) / 32_768,
  );
}

/** Windows of 1 ms tell where it is loud. */
function findBursts(samples: Float64Array): Burst[] {
  const size = RATE / 1000;
  const loud = Array.from({ length: Math.floor(samples.length / size) }, (_, index) =>
    samples.subarray(index * size, (index + 1) * size).some((sample) => Math.abs(sample) > 0.25),
  );
  const bursts: Burst[] = [];
  for (let start = loud.indexOf(true); start >= 0; ) {
    let end = start;
    while (loud.slice(end, end + 5).includes(true)) end++;
    bursts.push(burstOf(samples, start * size, end * size));
    start = loud.indexOf(true, end);
  }
  return bursts;
}

function burstOf(samples: Float64Array, from: number, to: number): Burst {
  // The edges of a burst are not of its frequency.
  const inside = samples.subarray(from + 400, to - 400);
  let crossings = 0;
  for (let index = 1; index < inside.length; index++)
    if (inside[index - 1]! < 0 !== inside[index]! < 0) crossings++;
  const power = inside.reduce((sum, sample) => sum + sample * sample, 0) / inside.length;
  return {
    at: from / RATE,
    until: to / RATE,
    frequency: (crossings / 2 / inside.length) * RATE,
    level: Math.sqrt(power),
  };
}

async function ffmpeg(args: readonly string[]): Promise<void> {
  const { code, stderr } = await run('ffmpeg', [...FFMPEG, ...args], { timeoutMs: 60_000 });
  if (code !== 0) throw new Error(`ffmpeg ${args.join(' ')} ended with ${code}: ${stderr}`);
}
