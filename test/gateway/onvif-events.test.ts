import { afterEach, expect, test, vi } from 'vitest';
import { systemClock } from '../../packages/cloudpush/dist/gateway/clock.js';
import {
  OnvifCamera,
  type OnvifCameraOptions,
} from '../../packages/cloudpush/dist/gateway/testing/onvif-camera.js';
import {
  EventSubscription,
  type SubscriptionPlan,
} from '../../packages/cloudpush/dist/gateway/triggers/onvif/event-subscription.js';

const open: AsyncDisposable[] = [];
afterEach(async () => {
  for (const one of open.splice(0).reverse()) await one[Symbol.asyncDispose]();
});

async function stage(options: OnvifCameraOptions = {}, plan: Partial<SubscriptionPlan> = {}) {
  const camera = await OnvifCamera.listen(options);
  const heard: string[] = [];
  const subscription = new EventSubscription(
    { url: camera.url, credentials: options.credentials, topics: ['motion'], ...plan },
    systemClock,
    {
      onActivity: (change) => heard.push(change),
      onSubscribed: () => heard.push('subscribed'),
      onLost: (reason, delay) => heard.push(`lost: ${reason}, ${delay}`),
    },
  );
  open.push(camera, { [Symbol.asyncDispose]: () => subscription.close() });
  const wait = (said: string) =>
    vi.waitUntil(() => heard.some((one) => one.startsWith(said)), { timeout: 20_000 });
  return { camera, subscription, heard, wait };
}

const credentials = { username: 'viewer', password: 'hush & <hush>' };

test('motion begins and ends; a digest on the clock of a camera that is two hours ahead', async () => {
  const { camera, subscription, heard, wait } = await stage({ credentials, clockOffset: 7_200_000 });
  await vi.waitUntil(() => camera.isPulled, { timeout: 20_000 });
  camera.tell({ operation: 'Initialized', value: 'false' }, { value: 'true' });
  await wait('start');
  camera.tell({ value: 'false' }, { topic: 'tns1:Device/Trigger/Relay', value: 'true' });
  await wait('stop');
  expect(heard).toEqual(['subscribed', 'start', 'stop']);
  await subscription.close();
  expect(camera.asked.at(-1)).toBe('Unsubscribe');
});

test('addresses of another network, and what a subscription wants back', async () => {
  const { camera, wait } = await stage({ namedHost: '10.99.99.99:8080', wantsReference: true });
  await vi.waitUntil(() => camera.isPulled, { timeout: 20_000 });
  camera.tell({ value: '1' });
  await wait('start');
});

test('a wrong password is told, without it, and not repeated at once', async () => {
  const { camera, heard, wait } = await stage(
    { credentials },
    { credentials: { username: 'viewer', password: 'guess' } },
  );
  await wait('lost');
  expect(heard).toEqual(['lost: Sender not authorized, 60000']);
  expect(camera.asked.filter((name) => name === 'GetCapabilities')).toHaveLength(1);
});

test('a camera that hangs up while something goes on: it is over, and asked again', async () => {
  const { camera, heard, wait } = await stage();
  await vi.waitUntil(() => camera.isPulled, { timeout: 20_000 });
  camera.tell({ value: 'true' });
  await wait('start');
  await vi.waitUntil(() => camera.isPulled, { timeout: 20_000 });
  camera.hangUp();
  await wait('lost');
  expect(heard.slice(0, 3)).toEqual(['subscribed', 'start', 'stop']);
  await vi.waitUntil(() => heard.filter((one) => one === 'subscribed').length === 2, { timeout: 20_000 });
});

test.each<[what: string, status: number, body: string, reason: RegExp]>([
  ['no XML', 200, 'good morning', /^lost: the reply is no XML/],
  [
    'a document type',
    200,
    '<!DOCTYPE a [<!ENTITY b "cc">]><a>&b;</a>',
    /^lost: the reply has a document type/,
  ],
  [
    'elements in elements without end',
    200,
    '<a>'.repeat(30_000) + '</a>'.repeat(30_000),
    /^lost: the reply has more than 64 elements in another/,
  ],
  ['another document', 200, '<a/>', /^lost: the camera has no event service/],
  ['an error page', 503, '<html>busy</html>', /^lost: the camera answers 503/],
  ['more than anybody needs', 200, 'x'.repeat(1_100_000), /^lost: the reply is larger than 262144 bytes/],
  ['the wish for another password', 401, '', /^lost: the camera answers 401/],
])('a camera that answers with %s', async (_, status, body, reason) => {
  const { heard, wait } = await stage({ answer: { status, body } });
  await wait('lost');
  expect(heard.find((one) => one.startsWith('lost'))).toMatch(reason);
});

test('ends at once with a camera that says nothing', async () => {
  const { camera, subscription, heard } = await stage();
  camera.isSilent = true;
  await vi.waitUntil(() => camera.asked.length > 0, { timeout: 20_000 });
  await subscription.close();
  expect(heard).toEqual([]);
});
