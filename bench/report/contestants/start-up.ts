import { spawn, spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { RtmpReceiver } from '@cloudpush/transport';
import { writeClipFile } from '../../field/clip-file.js';
import type { Contestant } from '../experiment.js';

const CLI = join(
  dirname(createRequire(import.meta.url).resolve('cloudpush/package.json')),
  'bin/cloudpush.js',
);
/** Seconds of media: enough for a first picture to come. */
const CLIP_SECONDS = 6;
/**
 * The type of RTMP's video messages (RTMP 1.0 §7.1.5), and bytes that a header of a sequence does not have.
 */
const VIDEO = 9;
const PICTURE_BYTES = 1000;

/** From the start of a program to its end: CPU time of all its threads, and time on the clock. */
function shortRun(name: string, args: readonly string[]): Contestant {
  return {
    name,
    measure: async () => {
      const from = performance.now();
      // The shell tells what its children have used; Node.js does not.
      const { stdout, status } = spawnSync(
        'sh',
        ['-c', '"$@" >/dev/null && times', 'sh', process.execPath, ...args],
        { encoding: 'utf8' },
      );
      const elapsed = performance.now() - from;
      if (status !== 0) throw new Error(`${name} ended with exit code ${status}`);
      return { cpuTime: childMilliseconds(stdout), elapsed };
    },
  };
}

/** The second line of `times` (POSIX): user and system time of the children, as `0m0.040000s 0m0.010000s`. */
function childMilliseconds(times: string): number {
  const [, children = ''] = times.trim().split('\n');
  let sum = 0;
  for (const [, minutes, seconds] of children.matchAll(/(\d+)m([\d.]+)s/g))
    sum += Number(minutes) * 60_000 + Number(seconds) * 1000;
  return sum;
}

export const nothing = shortRun('node -e 0', ['-e', '0']);
export const version = shortRun('cloudpush --version', [CLI, '--version']);

/** From the start of a program until the first picture is with the server. */
function firstPicture(name: string, command: (clip: string, url: string) => readonly string[]): Contestant {
  return {
    name,
    needs: command('', '')[0]!,
    measure: async () => {
      const folder = await mkdtemp(join(tmpdir(), 'cloudpush-bench-'));
      try {
        const clip = join(folder, 'clip.flv');
        await writeClipFile(clip, CLIP_SECONDS);
        return { elapsed: await millisecondsToPicture((url) => command(clip, url)) };
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  };
}

export const cloudpushFirst = firstPicture('cloudpush push', (clip, url) => [
  process.execPath,
  CLI,
  ...['push', clip, url, '--quiet'],
]);
export const ffmpegFirst = firstPicture('ffmpeg -re -c copy', (clip, url) => [
  ...['ffmpeg', '-nostdin', '-loglevel', 'error', '-re', '-i', clip, '-c', 'copy', '-f', 'flv', url],
]);

async function millisecondsToPicture(command: (url: string) => readonly string[]): Promise<number> {
  let onPicture = (): void => {};
  const arrival = new Promise<number>((resolve) => {
    onPicture = () => resolve(performance.now());
  });
  const receiver = await RtmpReceiver.listen(
    { port: 0 },
    {
      onPublish: () => ({
        onMessage: ({ type, payload }) => {
          if (type === VIDEO && payload.length > PICTURE_BYTES) onPicture();
        },
      }),
    },
  );
  const [program, ...args] = command(`rtmp://127.0.0.1:${receiver.address.port}/bench/0`);
  const from = performance.now();
  const child = spawn(program!, args, { stdio: ['ignore', 'ignore', 'inherit'] });
  const end = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('exit', (code) =>
      reject(new Error(`${program} ended with exit code ${code} before a picture`)),
    );
  });
  try {
    return (await Promise.race([arrival, end])) - from;
  } finally {
    end.catch(() => {});
    child.kill('SIGKILL');
    await receiver.close();
  }
}
