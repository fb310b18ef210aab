import { expect, test } from 'vitest';
import { capturedRun as cli } from './testing/captured-run.js';

const URL = 'rtmp://user:SECRET@127.0.0.1:1/live/cam?token=SECRET';

test.each([
  [['push', '--loop', 'none.h264', URL], 'none.h264: there is no such file'],
  [['push', '--loop', '3', 'none.h264', URL], 'none.h264: there is no such file'],
  [['push', '--loop=forever', 'none.h264', URL], 'none.h264: there is no such file'],
  [['push', 'none.h264', URL, '--loop'], 'none.h264: there is no such file'],
  [
    ['push', '--loop=x', 'none.h264', URL],
    "option '--loop [n]' argument 'x' is invalid. A whole number of at least 1 is needed.",
  ],
  [['push', URL, 'clip.h264'], 'the last argument must be the URL to push to, rtmp://… or rtmps://…'],
  [['push', URL, URL], 'inputs are files; only the last argument may be a URL'],
  [['push', 'none.h264', 'rtmp://SECRET@/live'], 'the push URL'],
  [['push', 'none.h264', URL, '--channels', '70000'], 'At most 65535 channels are possible.'],
  [['push', 'none.h264', URL, '--overflow', 'block'], 'Allowed choices are reject, drop.'],
  [['demo', 'http://SECRET@host/'], 'the argument must be the URL to push to'],
  [['receive', '--listen', 'nonsense:'], 'host:port'],
  [['push', '', URL], 'an input is an empty word'],
  [['push', 'none.h264', 'rtmp://host/live?token=SECRET', '--channels', '2'], 'the URL names no stream'],
  [['demo', URL, '--record', 'folder'], '--record needs the demo to receive what it pushes'],
  [['frob'], "unknown command 'frob'"],
  [[URL], "unknown command 'rtmp://127.0.0.1:1/live/cam'"],
  [['push', 'none.h264', '--channels', URL], "argument 'rtmp://127.0.0.1:1/live/cam' is invalid"],
  [['push', 'none.h264', `--url=${URL}`], "unknown option '--url'"],
  [['push', `${URL} SECRET`], 'there is no input'],
  [['push', `--url=${URL} SECRET`], "unknown option '--url'"],
  [['push', 'rtmp:/host/live/x?token=SECRET', URL], 'rtmp:/host/live/x: there is no such file'],
  [['push', 'none.h264', URL, '--tokn=SECRET'], "unknown option '--tokn'"],
  [['decrypt', 'a.flv', 'b.flv', "--keyy=it's=SECRET"], "unknown option '--keyy'"],
  [['spool', 'list'], "missing required argument 'folder'"],
  [['spool', 'drop', 'folder', `--url=${URL}`], "unknown option '--url'"],
  [
    ['cluster', 'status', '--url', 'http://user:SECRET@127.0.0.1:1/'],
    "argument 'http://127.0.0.1:1/' is invalid",
  ],
])('%j is explained in one line, and without a secret', async (words, what) => {
  const { code, results, notes } = await cli(...words);
  expect(code).toBe(2);
  expect(results).toBe('');
  expect(notes).toMatch(/^cloudpush: [^\n]*\n$/);
  expect(notes).toContain(what);
  expect(notes).not.toContain('SECRET');
});

test('help and version are results, and end well', async () => {
  expect(await cli('--version')).toMatchObject({
    code: 0,
    results: expect.stringMatching(/^\d+\.\d+\.\d+\n$/),
    notes: '',
  });
  const help = await cli('push', '--help');
  expect(help).toMatchObject({ code: 0, notes: '' });
  for (const option of [
    '--fps',
    '--loop',
    '--duration',
    '--channels',
    '--as-fast-as-possible',
    '--json',
    '--hevc',
  ]) {
    expect(help.results).toContain(option);
  }
});

test('help shows defaults as they are typed', async () => {
  const { results } = await cli('receive', '--help');
  expect(results).toMatch(/\(default:\s+127\.0\.0\.1:1935\)/);
  expect(results).not.toContain('{"');
});

test('no listener for signals is left behind', async () => {
  const before = process.listenerCount('SIGINT');
  await cli('frob');
  expect(process.listenerCount('SIGINT')).toBe(before);
});
