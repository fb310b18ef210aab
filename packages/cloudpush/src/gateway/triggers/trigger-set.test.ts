import { expect, test, vi } from 'vitest';
import { systemClock } from '../clock.js';
import type { ChannelPlan, OnvifTrigger } from '../config/configuration.js';
import { OnvifCamera } from '../testing/onvif-camera.js';
import { TriggerSet } from './trigger-set.js';

test('a trigger that is taken away while something goes on stops what it has started', async () => {
  await using camera = await OnvifCamera.listen();
  const heard: string[] = [];
  const triggers = new TriggerSet({
    clock: systemClock,
    emit: () => {},
    onTrigger: (channel, change, { place }) => heard.push(`${channel} ${change} ${place}`),
  });
  const trigger: OnvifTrigger = {
    url: camera.url,
    place: 'camera',
    credentials: undefined,
    topics: ['motion'],
    type: 'moveDetect',
  };
  const planned = (onvifTriggers: readonly OnvifTrigger[]) =>
    new Map([['gate', { enabled: true, event: { onvifTriggers } } as unknown as ChannelPlan]]);
  triggers.apply(planned([trigger]));
  await vi.waitUntil(() => camera.isPulled, { timeout: 20_000 });
  camera.tell({ value: 'true' });
  await vi.waitUntil(() => heard.length === 1, { timeout: 20_000 });
  triggers.apply(planned([{ ...trigger }]));
  triggers.apply(planned([]));
  await triggers.close();
  expect(heard).toEqual(['gate start camera', 'gate stop camera']);
});
