// Answers of the command line before it does anything: help, version, and one clear line for arguments that
// make no sense.

import { createRequire } from 'node:module';
import { describe, expect, test } from 'vitest';
import { cloudpush } from '../support/cloudpush.js';
import { clip, fixture } from '../support/media.js';

const TIMEOUT_MS = 120_000;
const URL = 'rtmp://127.0.0.1:9/live/stream';

describe.concurrent('the command line', { timeout: TIMEOUT_MS }, () => {
  test('explains itself', async () => {
    const { code, stdout, stderr } = await cloudpush(['--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const word of ['push', 'receive', 'bench', 'demo', '--version', 'Exit codes'])
      expect(stdout).toContain(word);
  });

  test.for([
    ['push', '--fps', '--loop', '--duration', '--channels', '--as-fast-as-possible', '--json'],
    ['receive', '--listen', '--record', '--json'],
    ['bench', '--channels', '--ramp', '--duration', '--bitrate', '--key-interval', '--json'],
  ])('explains its command %s', async ([command = '', ...options]) => {
    const { code, stdout, stderr } = await cloudpush([command, '--help']);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    for (const option of options) expect(stdout).toContain(option);
  });

  test('tells its version', async () => {
    const manifest = createRequire(import.meta.url)('cloudpush/package.json') as { version: string };
    const { code, stdout, stderr } = await cloudpush(['--version']);
    expect({ code, stdout, stderr }).toEqual({ code: 0, stdout: `${manifest.version}\n`, stderr: '' });
  });
});

describe.concurrent('one line and exit code 2 for', { timeout: TIMEOUT_MS }, () => {
  test.for<{ name: string; args: string[]; says: RegExp }>([
    { name: 'an unknown command', args: ['pull'], says: /unknown command 'pull'/ },
    { name: 'an unknown option', args: ['push', '--fast', clip.video, URL], says: /unknown option '--fast'/ },
    { name: 'no arguments at all', args: ['push'], says: /missing required argument/ },
    { name: 'no URL', args: ['push', clip.video], says: /URL/ },
    { name: 'no input', args: ['push', URL], says: /input/ },
    { name: 'a URL of another protocol', args: ['push', clip.video, 'http://127.0.0.1/a/b'], says: /rtmp/ },
    { name: 'a URL without a host', args: ['push', clip.video, 'rtmp:///live/stream'], says: /host|URL/ },
    { name: 'a URL without an app', args: ['push', clip.video, 'rtmp://127.0.0.1'], says: /app/ },
    {
      name: 'a port that is none',
      args: ['push', clip.video, 'rtmp://127.0.0.1:70000/a/b'],
      says: /port|URL/,
    },
    { name: 'a file that is not there', args: ['push', 'absent.h264', URL], says: /absent\.h264/ },
    { name: 'a folder as a file', args: ['push', fixture('.'), URL], says: /fixtures/ },
    {
      name: 'a kind of file that it does not know',
      args: ['push', fixture('make-fixtures.sh'), URL],
      says: /\.sh/,
    },
    { name: 'two videos', args: ['push', clip.video, clip.video, URL], says: /video/ },
    { name: 'a frame rate of 0', args: ['push', clip.video, URL, '--fps', '0'], says: /--fps.*frame rate/ },
    { name: 'no channels', args: ['push', clip.video, URL, '--channels', '0'], says: /--channels/ },
    {
      name: 'a duration in words',
      args: ['push', clip.video, URL, '--duration', 'long'],
      says: /--duration/,
    },
    { name: 'an address that is none', args: ['receive', '--listen', 'a:b:c'], says: /--listen.*host:port/ },
  ])('$name', async ({ args, says }) => {
    const { code, stdout, stderr } = await cloudpush(args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^cloudpush: [^\n]+\n$/);
    expect(stderr).toMatch(says);
    expect(stderr).not.toMatch(/\bat .*:\d+:\d+/);
  });
});

describe.concurrent('no secret is told', { timeout: TIMEOUT_MS }, () => {
  test.for([
    ['push', 'absent.h264', 'rtmp://user:hidden@127.0.0.1:9/live/stream?token=hidden'],
    ['push', clip.video, 'rtmp://user:hidden@127.0.0.1:9/live?token=hidden', '--quiet'],
    ['push', clip.video, 'http://user:hidden@127.0.0.1:9/live/stream?token=hidden'],
    [
      'push',
      clip.video,
      'rtmp://user:hidden@127.0.0.1:9/live/stream?token=hidden',
      '--connect-timeout',
      '2',
      '--quiet',
    ],
    ['push', 'rtmp://user:hidden@127.0.0.1:9/live/stream?token=hidden', clip.video],
  ])('%s %s', async (args) => {
    const { code, stdout, stderr } = await cloudpush(args);
    expect(code).toBeGreaterThan(0);
    expect(stderr).toMatch(/^cloudpush: [^\n]+\n$/);
    expect(stdout + stderr).not.toContain('hidden');
  });
});
