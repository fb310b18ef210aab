// `cloudpush top` against the HTTP thread of a gateway without an engine.

import { expect, onTestFinished, test } from 'vitest';
import { sampleChannel } from '../../packages/cloudpush/dist/gateway/http/testing/sample-state.js';
import { ServedGateway } from '../gateway/support/served-gateway.js';
import { cloudpush, startCloudpush, startOnTerminal } from '../support/cloudpush.js';
import { requirePeers } from '../support/peers.js';
import { freePort } from '../support/ports.js';
import { TempFolder } from '../support/temp.js';

const TIMEOUT_MS = 120_000;
const ENTER_SCREEN = '\u001b[?1049h\u001b[?25l';
const LEAVE_SCREEN = '\u001b[?25h\u001b[?1049l';
const TOKEN = '0123456789abcdef-TOKEN';
const channels = [
  sampleChannel('gate'),
  sampleChannel('door', {
    state: 'offline',
    source: {
      ...sampleChannel('any').source,
      state: 'failed',
      lastError: { code: 'ERR_CLOUDPUSH_X', message: 'the camera is gone', at: 1 },
    },
  }),
];

async function serve(token?: string): Promise<ServedGateway> {
  const served = new ServedGateway(token === undefined ? {} : { token });
  served.gateway.begin(channels);
  await served.start();
  onTestFinished(() => served.close());
  return served;
}

test('a gateway is shown once, as text and as JSON, what is wrong first', {
  timeout: TIMEOUT_MS,
}, async () => {
  const { url } = await serve();
  const [text, json] = await Promise.all([
    cloudpush(['top', '--url', url, '--once']),
    cloudpush(['top', '--url', url, '--once', '--json']),
  ]);
  expect([text.code, text.stderr]).toEqual([0, '']);
  expect(text.stdout).toMatch(/^cloudpush 1\.2\.3 \| 1 online, 1 offline \| /);
  expect(text.stdout.indexOf('│ door')).toBeLessThan(text.stdout.indexOf('│ gate'));
  expect(text.stdout).toContain('door: the camera is gone');
  expect(text.stdout).not.toContain('\u001b');
  const { version, rows } = JSON.parse(json.stdout);
  expect(version).toBe('1.2.3');
  expect(rows.map(({ name }: { name: string }) => name)).toEqual(['door', 'gate']);
});

test('the token comes from a file, and without it the way to it is told', {
  timeout: TIMEOUT_MS,
}, async () => {
  const { url } = await serve(TOKEN);
  await using folder = await TempFolder.create();
  const file = await folder.write('token', Buffer.from(`${TOKEN}\n`));
  const [without, withToken, withoutFile] = await Promise.all([
    cloudpush(['top', '--url', url, '--once']),
    cloudpush(['top', '--url', url, '--once', '--token-file', file]),
    cloudpush(['top', '--url', url, '--once', '--token-file', `${file}-none`]),
  ]);
  expect(without.code).toBe(1);
  expect(without.stderr).toContain(
    'status 401: send the header "Authorization: Bearer TOKEN" (--token-file)',
  );
  expect(withToken.code).toBe(0);
  expect(withToken.stdout).toContain('1 online');
  expect(withoutFile.code).toBe(2);
  expect(withoutFile.stderr).toContain('--token-file: ENOENT');
});

test('arguments that make no sense are refused', { timeout: TIMEOUT_MS }, async () => {
  const port = await freePort();
  const [noUrl, password, nobody] = await Promise.all([
    cloudpush(['top', '--url', 'nvr']),
    cloudpush(['top', '--url', 'http://user:SECRET@nvr.example']),
    cloudpush(['top', '--once', '--url', `http://127.0.0.1:${port}`]),
  ]);
  expect(noUrl.code).toBe(2);
  expect(password.code).toBe(2);
  expect(password.stderr).not.toContain('SECRET');
  expect(nobody.code).toBe(1);
  expect(nobody.stderr).toContain(`http://127.0.0.1:${port} cannot be reached`);
});

test('a gateway that goes and comes back is shown again; SIGTERM ends it', {
  timeout: TIMEOUT_MS,
}, async () => {
  const first = new ServedGateway();
  first.gateway.begin(channels);
  await first.start();
  const { url } = first;
  await using top = startCloudpush(['top', '--url', url, '--json']);
  await top.waitForOutput(/"rows":/, TIMEOUT_MS);
  await first.close();
  await top.waitForOutput(/cannot be reached: .*trying again every 2 s/, TIMEOUT_MS);

  const second = new ServedGateway({
    api: { listen: { host: '127.0.0.1', port: Number(new URL(url).port) } },
  });
  second.gateway.begin([sampleChannel('after')]);
  await second.start();
  onTestFinished(() => second.close());
  await top.waitForOutput(/"after"/, TIMEOUT_MS);
  expect(await top.stop()).toMatchObject({ code: 0 });
});

test('on a terminal the screen is left as it was found', { timeout: TIMEOUT_MS }, async (context) => {
  requirePeers(context, 'script');
  const { url } = await serve();
  await using top = startOnTerminal(['top', '--url', url]);
  await top.waitForOutput(/the camera is gone/, TIMEOUT_MS);
  top.child.stdin?.write('\u0003');
  await top.waitForExit(TIMEOUT_MS);
  expect(top.stdout.startsWith(ENTER_SCREEN)).toBe(true);
  expect(top.stdout.trimEnd().endsWith(LEAVE_SCREEN)).toBe(true);
});
