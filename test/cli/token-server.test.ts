// `cloudpush token-server` as a user runs it, asked by the library that a device would use.

import { type CloudPushError, type TargetRequest, TokenServer } from '@cloudpush/engine';
import { describe, expect, test } from 'vitest';
import { cloudpush, startCloudpush } from '../support/cloudpush.js';
import type { ChildProgram } from '../support/process.js';

const TIMEOUT_MS = 120_000;
const ANY_PORT = ['token-server', '--listen', '127.0.0.1:0'];

interface Listening {
  readonly url: string;
  readonly liveUrl: string;
}

async function listening(server: ChildProgram): Promise<Listening> {
  const [line] = await server.waitForOutput(/^\{"event":"listening".*\}$/m);
  return JSON.parse(line) as Listening;
}

function events(server: ChildProgram): Record<string, unknown>[] {
  return server.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** Asks once; a refusal's own code comes instead of a target. */
async function ask(url: string, request: TargetRequest) {
  await using tokenServer = new TokenServer({ url });
  const signal = new AbortController().signal;
  const target = tokenServer.provide(request, { signal, reason: 'connect' });
  return await target.catch((error: CloudPushError) => error.details['serverCode']);
}

describe.concurrent('cloudpush token-server', { timeout: TIMEOUT_MS }, () => {
  test('gives out targets, tells who asked, and shows no secret', async () => {
    const url = 'rtmp://media.example/$appname/$streamname/$time';
    const who = ['--client', 'me:hush:hush', '--device', 'SN-1=held-t0ken', '--device', 'SN-2'];
    await using server = startCloudpush([...ANY_PORT, '--json', '--url', url, '--ttl', '60', ...who]);
    const at = await listening(server);
    const client = { clientId: 'me', clientSecret: 'hush:hush' };
    const asked = Date.now();
    const target = await ask(at.url, { kind: 'device', deviceSN: 'SN-2', ...client });
    expect(target).toEqual({ url, token: expect.any(String), expiresAt: expect.any(Number) });
    expect((target as { expiresAt: number }).expiresAt).toBeGreaterThanOrEqual(asked + 60_000);
    expect(await ask(at.url, { kind: 'deviceToken', deviceToken: 'held-t0ken' })).toMatchObject({ url });
    expect(await ask(at.url, { kind: 'live', tokenUrl: at.liveUrl, deviceSN: 'SN-1' })).toMatchObject({
      url,
    });
    expect(
      await ask(at.url, { kind: 'device', deviceSN: 'SN-1', clientId: 'me', clientSecret: 'guess' }),
    ).toBe(2);
    expect(await ask(at.url, { kind: 'device', deviceSN: 'SN-3', ...client })).toBe(3);
    expect(await server.stop('SIGTERM')).toEqual({ code: 0, signal: null });
    expect(events(server).slice(1)).toEqual([
      {
        event: 'request',
        path: '/connection/token/get',
        status: 200,
        code: 0,
        deviceSN: 'SN-2',
        clientId: 'me',
      },
      { event: 'request', path: '/connection/token/get', status: 200, code: 0 },
      { event: 'request', path: '/live/token/get', status: 200, code: 0, deviceSN: 'SN-1' },
      {
        event: 'request',
        path: '/connection/token/get',
        status: 200,
        code: 2,
        deviceSN: 'SN-1',
        clientId: 'me',
      },
      {
        event: 'request',
        path: '/connection/token/get',
        status: 200,
        code: 3,
        deviceSN: 'SN-3',
        clientId: 'me',
      },
      { event: 'summary', requests: 5, targets: 3 },
    ]);
    const { token } = target as { token: string };
    for (const secret of ['hush', 'guess', 'held-t0ken', token]) {
      expect(server.stdout + server.stderr).not.toContain(secret);
    }
  });

  test('tells people in lines', async () => {
    await using server = startCloudpush(ANY_PORT);
    const [, url = ''] = await server.waitForOutput(/^listening on (http:\S+) and http:\S+$/m);
    const target = await ask(url, { kind: 'device', deviceSN: 'SN-1\n\u001b[2J', clientId: 'me' });
    expect(target).toMatchObject({ url: 'rtmp://localhost/$appname/$streamname/$time' });
    await fetch(new URL('/nowhere?key=s3cr3t', url));
    await server.waitForOutput(/nowhere/);
    expect(await server.stop('SIGINT')).toEqual({ code: 0, signal: null });
    expect(server.stdout.split('\n').slice(1)).toEqual([
      'device SN-1??[2J of client me: target given',
      '/nowhere: refused with status 404',
      '2 requests, 1 answered with a target',
      '',
    ]);
  });

  test('ends by itself after its time', async () => {
    const { code, stdout } = await cloudpush([...ANY_PORT, '--duration', '0.1', '--json']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/"event":"summary","requests":0,"targets":0/);
  });

  test('explains itself, and what it is not for', async () => {
    const { code, stdout } = await cloudpush(['token-server', '--help']);
    expect(code).toBe(0);
    for (const word of ['--listen', '--url', '--ttl', '--client', '--device', 'not for production']) {
      expect(stdout).toContain(word);
    }
  });

  test('a port that is taken: one line, exit code 1', async () => {
    await using server = startCloudpush([...ANY_PORT, '--json']);
    const { port } = new URL((await listening(server)).url);
    const { code, stdout, stderr } = await cloudpush(['token-server', '--listen', `127.0.0.1:${port}`]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/^cloudpush: [^\n]*EADDRINUSE[^\n]*\n$/);
  });

  test.for<[string, string[], RegExp]>([
    ['a URL of another protocol', ['--url', 'http://user:s3cr3t@localhost/a?key=s3cr3t'], /--url.*rtmp/],
    ['a client without a secret', ['--client', 's3cr3t'], /--client.*ID:SECRET/],
    ['a device with nothing for a token', ['--device', 's3cr3t='], /--device.*SN=TOKEN/],
    ['a life of nothing', ['--ttl', '0'], /--ttl/],
    ['an address that is none', ['--listen', 'a:b:c'], /--listen.*:8080/],
  ])('one line, exit code 2, and no secret for %s', async ([, args, says]) => {
    const { code, stdout, stderr } = await cloudpush([...ANY_PORT, ...args]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^cloudpush: [^\n]+\n$/);
    expect(stderr).toMatch(says);
    expect(stderr).not.toContain('s3cr3t');
  });
});
