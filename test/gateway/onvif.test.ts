// A recording for each event of a camera that speaks ONVIF: the gateway as its users run it.

import { writeFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { OnvifCamera } from '../../packages/cloudpush/dist/gateway/testing/onvif-camera.js';
import { startCloudpush } from '../support/cloudpush.js';
import { CloudpushReceiver } from '../support/cloudpush-receiver.js';
import { fixture } from '../support/media.js';
import { TempFolder } from '../support/temp.js';

vi.setConfig({ testTimeout: 60_000 });

test('motion is recorded until it is over, and again the next time', async () => {
  await using folder = await TempFolder.create();
  await using receiver = await CloudpushReceiver.start(folder.file('recordings'));
  await using camera = await OnvifCamera.listen({ credentials: { username: 'viewer', password: 'hush5' } });
  const path = folder.file('gateway.yaml');
  await writeFile(
    path,
    `version: 1
log: { level: verbose }
channels:
  gate:
    mode: event
    preRoll: 1s
    postRoll: 300ms
    triggers: [ { onvif: { url: "${camera.url}", username: viewer, password: hush5 } } ]
    source: { file: ${fixture('plain.flv')}, loop: true }
    destinations: [ { url: "${receiver.url('gate')}" } ]
`,
  );
  await using gateway = startCloudpush(['gateway', path]);
  await gateway.waitForOutput(/gate hears of the events of its camera/);
  await gateway.waitForOutput(/gate is online/);
  for (let count = 1; count <= 2; count++) {
    await vi.waitUntil(() => camera.isPulled, { timeout: 20_000 });
    camera.tell({ value: 'true' });
    await vi.waitUntil(() => count === gateway.stderr.split('records an event (moveDetect)').length - 1, {
      timeout: 20_000,
    });
    const published = () => receiver.events().filter(({ event }) => event === 'publish');
    await vi.waitUntil(() => published().length === count, { timeout: 20_000 });
    await vi.waitUntil(() => camera.isPulled, { timeout: 20_000 });
    camera.tell({ value: 'false' });
    const ended = () => receiver.events().filter(({ event }) => event === 'end');
    await vi.waitUntil(() => ended().length === count, { timeout: 20_000 });
    expect(ended().at(-1)).toMatchObject({ clean: true });
    expect(ended().at(-1)!.pictures).toBeGreaterThan(0);
  }
  expect(await gateway.stop()).toMatchObject({ code: 0 });
  expect(camera.asked.at(-1)).toBe('Unsubscribe');
  expect(gateway.stderr + gateway.stdout).not.toContain('hush5');
});
