import { freePort, waitUntilListening } from './ports.js';
import { ChildProgram, run } from './process.js';

const FFMPEG_TIMEOUT_MS = 60_000;

/** Quiet on success, never waiting for a keyboard, never asking. */
const COMMON = ['-hide_banner', '-nostdin', '-loglevel', 'error'] as const;

export type Track = 'video' | 'audio';

const STREAM = { video: 'v:0', audio: 'a:0' } as const satisfies Record<Track, string>;

/**
 * Runs ffmpeg to its end and returns its standard output; an exit code other than 0 throws with what it said.
 */
async function ffmpeg(args: readonly string[]): Promise<string> {
  const options = { timeoutMs: FFMPEG_TIMEOUT_MS };
  const { code, signal, stdout, stderr } = await run('ffmpeg', [...COMMON, '-y', ...args], options);
  if (code !== 0) throw new Error(`ffmpeg ${args.join(' ')} ended with ${code ?? signal}: ${stderr}`);
  return stdout;
}

/**
 * The MD5 of every decoded picture (or block of samples) of a track, in the order of presentation. No picture
 * is dropped or repeated to keep a frame rate.
 */
export async function frameHashes(file: string, track: Track): Promise<string[]> {
  const passthrough = track === 'video' ? ['-fps_mode', 'passthrough'] : [];
  const input = ['-i', file, '-map', `0:${STREAM[track]}`];
  const text = await ffmpeg([...input, ...passthrough, '-f', 'framemd5', '-']);
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(',').at(-1)?.trim() ?? '');
}

/** A decoded picture, or a packet of sound, with its time of presentation in ms. */
export interface TimedFrame {
  readonly pts: number;
  /** MD5, as `frameHashes` has it. */
  readonly hash: string;
}

/** Decoded pictures and packets of sound of a file in ms, on their common clock: one run for all. */
export async function timedFrames(file: string): Promise<Record<Track, TimedFrame[]>> {
  const input = ['-copyts', '-i', file, '-map', '0:v:0', '-map', '0:a:0?'];
  const output = ['-fps_mode', 'passthrough', '-enc_time_base', '-1', '-c:a', 'copy', '-f', 'framemd5', '-'];
  const lines = (await ffmpeg([...input, ...output])).split('\n');
  const tracks: Record<Track, TimedFrame[]> = { video: [], audio: [] };
  for (const [index, track] of (['video', 'audio'] as const).entries()) {
    const [, numerator, denominator] =
      lines.join('\n').match(new RegExp(`#tb ${index}: (\\d+)/(\\d+)`)) ?? [];
    const tick = (1000 * Number(numerator)) / Number(denominator);
    for (const line of lines.filter((text) => text.startsWith(`${index},`))) {
      const [, , pts, , , hash = ''] = line.split(',').map((field) => field.trim());
      tracks[track].push({ pts: Math.round(Number(pts) * tick), hash });
    }
  }
  return tracks;
}

/** A packet of a file as ffprobe sees it; times in whole milliseconds. */
export interface PacketTimes {
  pts: number;
  dts: number;
  key: boolean;
}

interface ProbedPacket {
  pts_time?: string;
  dts_time?: string;
  flags: string;
}

/** Runs ffprobe on a file and returns what it says. */
export async function probe(file: string, options: readonly string[]): Promise<unknown> {
  const args = ['-v', 'error', ...options, '-of', 'json', file];
  const { code, stdout, stderr } = await run('ffprobe', args, { timeoutMs: FFMPEG_TIMEOUT_MS });
  if (code !== 0) throw new Error(`ffprobe ${file} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout);
}

/** ffprobe's report on each track of a file. */
export async function streamFacts(file: string): Promise<Record<string, unknown>[]> {
  const entries = 'stream=codec_name,width,height,r_frame_rate,sample_rate,channels';
  const { streams } = (await probe(file, ['-show_entries', entries])) as {
    streams: Record<string, unknown>[];
  };
  // A rate of nought is how ffprobe says that a sound has no pictures.
  return streams.map(({ r_frame_rate, ...facts }) =>
    r_frame_rate === '0/0' ? facts : { r_frame_rate, ...facts },
  );
}

/** The packets of a track, in the order of the file. */
export async function packetTimes(file: string, track: Track): Promise<PacketTimes[]> {
  const options = ['-select_streams', STREAM[track], '-show_packets'];
  const { packets } = (await probe(file, options)) as { packets: ProbedPacket[] };
  const milliseconds = (time: string | undefined): number => Math.round(Number(time) * 1000);
  return packets.map(({ pts_time, dts_time, flags }) => ({
    pts: milliseconds(pts_time),
    dts: milliseconds(dts_time),
    key: flags.startsWith('K'),
  }));
}

/** Publishes a file with ffmpeg, its media as they are, as fast as the server takes it. */
export async function ffmpegPublish(file: string, url: string): Promise<void> {
  await ffmpeg(['-i', file, '-map', '0', '-c', 'copy', '-f', 'flv', url]);
}

/**
 * `ffmpeg -listen 1`: an RTMP server for one publisher, whose stream it writes to a file without touching it.
 */
export class FfmpegServer implements AsyncDisposable {
  readonly #program: ChildProgram;
  readonly #port: number;
  readonly #file: string;

  private constructor(program: ChildProgram, port: number, file: string) {
    this.#program = program;
    this.#port = port;
    this.#file = file;
  }

  /** Starts listening; the recording goes to `file`, in the format of its name. */
  static start(file: string): Promise<FfmpegServer> {
    return FfmpegServer.#listen([], ['-copyts', file]);
  }

  /**
   * The same, but every message goes to `file` as it came, data messages too, which ffmpeg's demuxer passes
   * over.
   */
  static startRaw(file: string): Promise<FfmpegServer> {
    return FfmpegServer.#listen(['-f', 'data'], ['-map', '0', '-f', 'data', file]);
  }

  static async #listen(input: readonly string[], output: readonly string[]): Promise<FfmpegServer> {
    const port = await freePort();
    const file = output.at(-1)!;
    const url = `rtmp://127.0.0.1:${port}/live/stream`;
    const server = ['-listen', '1', '-timeout', '60', ...input, '-i', url];
    const program = new ChildProgram('ffmpeg', [...COMMON, ...server, '-c', 'copy', ...output]);
    await program.whenReady(() => waitUntilListening(port));
    return new FfmpegServer(program, port, file);
  }

  /** ffmpeg takes any stream name. */
  url(stream: string): string {
    return `rtmp://127.0.0.1:${this.#port}/live/${stream}`;
  }

  /** The path of the recording, complete: ffmpeg ends with its publisher. */
  async recording(): Promise<string> {
    const { code } = await this.#program.waitForExit(FFMPEG_TIMEOUT_MS);
    if (code !== 0) throw new Error(this.#program.describe());
    return this.#file;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#program[Symbol.asyncDispose]();
  }
}
