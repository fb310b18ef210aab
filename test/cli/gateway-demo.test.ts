// `npm run gateway:demo` shows a gateway to look at, faults, and that each is over again.

import { expect, test, vi } from 'vitest';
import { cloudpush, startCloudpush } from '../support/cloudpush.js';

vi.setConfig({ testTimeout: 120_000 });

test('the demo has a page, lets things go wrong and well again, and ends cleanly', async () => {
  await using demo = startCloudpush(['gateway-demo', '--port', '0', '--pace', '0.2']);
  await demo.waitForOutput(/The dashboard: http/);
  const [, url = ''] = /The dashboard: (\S+)/.exec(demo.stderr) ?? [];
  const page = await fetch(url);
  expect([page.status, await page.text()]).toEqual([
    200,
    expect.stringContaining('<title>cloudpush</title>'),
  ]);
  const answer = await fetch(new URL('/v1/channels', url));
  expect(await answer.json()).toMatchObject({ total: 8 });
  await demo.waitForOutput(/dock: the camera freezes[\s\S]*dock: online again/);
  await demo.waitForOutput(/the server refuses them[\s\S]*door, yard, garage: online again/);
  await demo.waitForOutput(/lobby: its token expires[\s\S]*lobby: online again/);
  await demo.waitForOutput(/roof: the camera loses its cable[\s\S]*roof: online again/);
  expect(await demo.stop('SIGINT')).toEqual({ code: 0, signal: null });
  expect(demo.stderr).toContain('The demo has ended.');
});

test('it ends by itself when it was told how long to go on', async () => {
  const { code, stderr } = await cloudpush(['gateway-demo', '--port', '0', '--duration', '0.5']);
  expect([code, stderr]).toEqual([0, expect.stringContaining('The demo has ended.')]);
});
