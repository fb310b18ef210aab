// The gateway's dashboard, in Debian's Chromium.

import { readFile, writeFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { startCloudpush } from '../support/cloudpush.js';
import { CloudpushReceiver } from '../support/cloudpush-receiver.js';
import { fixture } from '../support/media.js';
import { isPeerPresent, requirePeers } from '../support/peers.js';
import { freePort } from '../support/ports.js';
import { TempFolder } from '../support/temp.js';
import { type Browser, launchBrowser, type Page, WatchedPage } from './support/browser.js';
import { StagedService } from './support/staged-service.js';

vi.setConfig({ testTimeout: 120_000, hookTimeout: 60_000 });

/** A busy machine may take so long for what is there at once on another, in ms. */
const PATIENT = 30_000;

/** Asks until what was found is what is expected. */
function poll<T>(find: () => T | Promise<T>) {
  return expect.poll(find, { timeout: PATIENT });
}

let browser: Browser;
/** Gateways of 500 and of 8 channels. */
let crowd: StagedService;
let few: StagedService;
let crowdPage: WatchedPage | undefined;
beforeAll(async () => {
  if (!isPeerPresent('chromium')) return;
  [browser, crowd, few] = await Promise.all([
    launchBrowser(),
    StagedService.start(500),
    StagedService.start(8),
  ]);
});
afterAll(async () => {
  await Promise.all([browser?.close(), crowd?.[Symbol.asyncDispose](), few?.[Symbol.asyncDispose]()]);
});

/** The page of 500 channels, which takes a while to come up. */
async function openCrowd(): Promise<WatchedPage> {
  crowdPage ??= await WatchedPage.open(browser, crowd.url);
  return crowdPage;
}

test('500 channels are shown, what is wrong first and by its cause, and go on living', async (context) => {
  requirePeers(context, 'chromium');
  const started = performance.now();
  const watched = await openCrowd();
  const { page } = watched;
  await page.locator('.channel').nth(499).waitFor({ state: 'attached' });
  console.log(`500 channels are shown after ${Math.round(performance.now() - started)} ms`);
  await poll(() => page.locator('.cause').first().textContent())
    // Since eighteen minutes, which may be yesterday.
    .toMatch(/^32 destinations: cloud\.example refused since (\d{4}-\d\d-\d\d )?\d\d:\d\d/);
  expect(await page.locator('.channel').first().getAttribute('class')).toContain('bad');
  expect(await page.title()).toBe('(46) cloudpush');

  const rate = page.locator('[data-channel="gate-01"] .value.in');
  // Rows out of sight are not renewed.
  await rate.scrollIntoViewIfNeeded();
  await poll(() => rate.textContent()).not.toMatch(/^0 /);
  const offline = page.getByRole('button', { name: /offline$/ });
  expect(await offline.textContent()).toBe('42 offline');
  crowd.gateway.set('gate-01', { state: 'offline', revision: 'changed' });
  await poll(() => offline.textContent()).toBe('43 offline');
  watched.expectCalm();
});

test('numbers, causes, words and the keyboard lead to what one looks for', async (context) => {
  requirePeers(context, 'chromium');
  const watched = await openCrowd();
  const { page } = watched;
  const names = page.locator('.channel .name a');
  await names.nth(499).waitFor({ state: 'attached' });

  await page.getByRole('button', { name: '7 cameras', exact: true }).click();
  await poll(() => names.count()).toBe(7);
  await page.reload();
  await poll(() => names.count()).toBe(7);

  await page.keyboard.press('/');
  await page.locator('#filter:focus').waitFor();
  await page.keyboard.press('Control+A');
  await page.keyboard.type('label:site=north state:disabled');
  await poll(() => names.count()).toBe(3);
  expect(decodeURIComponent(page.url())).toContain('#filter=label:site=north+state:disabled');
  await page.keyboard.press('Enter');
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  await page.keyboard.press('k');
  const first = (await names.first().textContent())!;
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: first }).waitFor();
  await page.keyboard.press('Escape');
  await poll(() => names.count()).toBe(3);
  await page.goBack();
  await page.getByRole('heading', { name: first }).waitFor();
  watched.expectCalm();
});

test('the nodes of a cluster are shown, and lead to their channels', async (context) => {
  requirePeers(context, 'chromium');
  await using service = await StagedService.start(8);
  const node = { version: '1.0.0', capacity: 1 };
  service.gateway.cluster = {
    name: 'main',
    node: 'gateway-1',
    state: 'up',
    leaseRemaining: 8500,
    storeLatency: 3,
    claims: 2048,
    moves: 0,
    fences: 0,
    slots: { total: 4096, own: 2048, unclaimed: 3 },
    nodes: [
      { ...node, id: 'gateway-1', state: 'up', slots: 2048 },
      { ...node, id: 'gateway-2', state: 'draining', slots: 2045 },
    ],
  };
  await using watched = await WatchedPage.open(browser, service.url, { width: 1000, height: 640 });
  const { page } = watched;
  const rows = page.locator('.channel');
  await rows.nth(7).waitFor({ state: 'attached' });
  expect(await page.locator('.nodes button').allTextContents()).toEqual([
    expect.stringMatching(/^gateway-1\s*up\s*4 channels, 2,048 slots$/),
    expect.stringMatching(/^gateway-2\s*draining\s*4 channels, 2,045 slots$/),
  ]);
  expect(await page.locator('.nodes').textContent()).toContain('3 slots of nobody');
  await page.getByRole('button', { name: /gateway-2/ }).click();
  await expect.poll(() => rows.count()).toBe(4);
  expect(new Set(await page.locator('.owner').allTextContents())).toEqual(new Set(['gateway-2']));
  await watched.expectNoSidewaysScroll();
  watched.expectCalm();
});

test('nothing hangs over the edge of a small phone', async (context) => {
  requirePeers(context, 'chromium');
  await using watched = await WatchedPage.open(browser, few.url, { width: 320, height: 640 });
  const { page } = watched;
  await page.locator('.channel').nth(7).waitFor({ state: 'attached' });
  await watched.expectNoSidewaysScroll();
  await page.getByRole('link', { name: 'door' }).click();
  await page.locator('.channel-page pre').waitFor();
  await watched.expectNoSidewaysScroll();
  await page.getByRole('button', { name: 'Edit' }).click();
  await page.locator('#edit-source').waitFor();
  await watched.expectNoSidewaysScroll();
  watched.expectCalm();
});

// Where things are, and what they are called, is the same in the dark.
for (const [colorScheme, rules] of [
  ['light', 'all'],
  ['dark', 'contrast'],
] as const) {
  test(`whoever cannot see or point finds everything, ${colorScheme}`, async (context) => {
    requirePeers(context, 'chromium');
    await using watched = await WatchedPage.open(browser, few.url, { colorScheme });
    const { page } = watched;
    await page.locator('.channel').nth(7).waitFor();
    await watched.expectAccessible(rules);
    await page.getByRole('link', { name: 'door' }).click();
    await page.locator('.channel-page pre').waitFor();
    await watched.expectAccessible(rules);
    await page.getByRole('button', { name: 'Edit' }).click();
    await page.locator('#edit-source').waitFor();
    await watched.expectAccessible(rules);
    watched.expectCalm();
  });
}

test('the token is asked for, kept for the tab, and stands in no address', async (context) => {
  requirePeers(context, 'chromium');
  const token = '0123456789abcdef-TOKEN';
  await using service = await StagedService.start(8, token);
  await using watched = await WatchedPage.open(browser, service.url);
  const { page } = watched;
  const urls: string[] = [];
  page.on('request', (request) => urls.push(request.url()));
  await page.getByLabel('Token').fill('0123456789abcdef-WRONG');
  await page.keyboard.press('Enter');
  await page.getByRole('alert').waitFor();
  await watched.expectAccessible();
  await page.getByLabel('Token').fill(token);
  await page.keyboard.press('Enter');
  await page.locator('.channel').nth(7).waitFor();
  await page.reload();
  await page.locator('.channel').nth(7).waitFor();
  expect([...urls, page.url()].filter((url) => url.includes('TOKEN'))).toEqual([]);
  watched.expectCalm();
});

test('a channel is added, changed, stopped, started and deleted, and the gateway may go and come', async (context) => {
  requirePeers(context, 'chromium');
  await using folder = await TempFolder.create();
  await using receiver = await CloudpushReceiver.start(folder.file('recordings'));
  const port = await freePort();
  const path = folder.file('gateway.yaml');
  await writeFile(
    path,
    `version: 1
log: { level: info }
engine: { shards: 1 }
api: { listen: "127.0.0.1:${port}" }
channels:
  lobby:
    source: { file: ${fixture('plain.flv')}, loop: true }
    destinations: [ { name: cloud, url: "${receiver.url('lobby')}?token=hush" } ]
  dome:
    source: { file: ${fixture('plain.h265')}, loop: true, frameRate: 25 }
    destinations: [ "${receiver.url('dome')}" ]
`,
  );
  const first = startCloudpush(['gateway', path]);
  try {
    await first.waitForOutput(/lobby is online/);
    await using watched = await WatchedPage.open(browser, `http://127.0.0.1:${port}/`);
    const { page } = watched;
    const row = (name: string) => page.locator(`[data-channel="${name}"]`);
    await poll(() => row('lobby').textContent()).toMatch(/online.*publishing/);

    await addChannel(page, receiver.url('yard'));
    await poll(() => readFile(path, 'utf8')).toMatch(/yard:/);
    await page.getByRole('heading', { name: 'yard' }).waitFor();

    await page.getByRole('button', { name: 'Edit' }).click();
    await page.getByLabel('Labels').fill('site=north');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('label site').waitFor();

    await page.getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Stop' }).click();
    await page.getByRole('button', { name: 'Start' }).waitFor();
    await page.getByText(/disabled since/).waitFor();
    await page.getByRole('button', { name: 'Start' }).click();
    await page.getByRole('button', { name: 'Restart' }).waitFor();

    expect(await first.stop()).toEqual({ code: 0, signal: null });
    await page.getByText('The gateway does not answer').waitFor();
    await using second = startCloudpush(['gateway', path]);
    await second.waitForOutput(/lobby is online/);
    await page.getByText('The gateway does not answer').waitFor({ state: 'detached' });

    await page.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Delete' }).click();
    await poll(() => row('lobby').textContent()).toMatch(/online.*publishing/);
    await poll(() => row('yard').count()).toBe(0);
    expect(await readFile(path, 'utf8')).not.toMatch(/yard:/);

    await row('lobby').getByRole('link').click();
    await page.locator('.channel-page pre').waitFor();
    expect(await page.content()).not.toContain('hush');
    const video = page.locator('video');
    const time = () => video.evaluate((element: { currentTime: number }) => element.currentTime);
    await poll(() => video.evaluate((element: { videoWidth: number }) => element.videoWidth)).toBe(320);
    await page.getByRole('button', { name: 'Watch live' }).click();
    await poll(time).toBeGreaterThan(1);
    await page.getByRole('button', { name: 'Stop watching' }).click();
    await poll(time).toBe(0);

    await page.getByRole('button', { name: 'All channels' }).click();
    await row('dome').getByRole('link').click();
    await page.getByText('This browser cannot show H.265').waitFor();
    watched.expectCalm();
  } finally {
    await first[Symbol.asyncDispose]();
  }
});

/** Fills in the form, at first with faults. */
async function addChannel(page: Page, url: string): Promise<void> {
  await page.getByRole('button', { name: 'Add a channel' }).click();
  await page.getByLabel('Name', { exact: true }).fill('yard');
  await page.getByLabel('Source').fill('http://127.0.0.1/none');
  await page.getByLabel('Destination 1', { exact: true }).fill('rtpm://127.0.0.1/live/yard');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  const faultAt = (id: string) => page.locator(`#${id}[aria-invalid="true"] ~ .fault`);
  await faultAt('edit-source').waitFor();
  await faultAt('edit-destination-0').waitFor();
  // Nobody is there: the camera is tried again and again.
  await page.getByLabel('Source').fill('rtsp://127.0.0.1:9/1');
  await page.getByLabel('Destination 1', { exact: true }).fill(url);
  await page.getByRole('button', { name: 'Add', exact: true }).click();
}
