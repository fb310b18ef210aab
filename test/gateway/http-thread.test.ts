import type { Worker } from 'node:worker_threads';
import { expect, onTestFinished, test, vi } from 'vitest';
import { sampleChannel } from '../../packages/cloudpush/dist/gateway/http/testing/sample-state.js';
import { ServedGateway, serveGateway } from './support/served-gateway.js';

const served = serveGateway();
const { ask, gateway } = served;

/** The worker threads that are started from now on until the test is over. */
function watchWorkers(): readonly Worker[] {
  const workers: Worker[] = [];
  const onWorker = (worker: Worker) => workers.push(worker);
  process.on('worker', onWorker);
  onTestFinished(() => void process.off('worker', onWorker));
  return workers;
}

test('health is told by whether the gateway answers, readiness by what it says', async () => {
  await served.begin();
  await vi.waitFor(async () => expect((await ask('GET', '/readyz')).status).toBe(200), 20_000);
  gateway.isReady = false;
  await vi.waitFor(async () => expect((await ask('GET', '/readyz')).status).toBe(503), 10_000);
  expect((await ask('GET', '/healthz')).status).toBe(200);
  expect((await ask('GET', '/readyz')).json.detail).toBe('the gateway is starting or stopping');
});

test('a gateway that throws is not healthy', async () => {
  await served.begin();
  const spy = vi.spyOn(gateway, 'snapshot').mockImplementation(() => {
    throw new Error('a bug');
  });
  await vi.waitFor(async () => expect((await ask('GET', '/healthz')).status).toBe(500), 10_000);
  expect((await ask('GET', '/metrics')).status).toBe(500);
  spy.mockRestore();
  await vi.waitFor(async () => expect((await ask('GET', '/healthz')).status).toBe(200), 10_000);
});

test('information, configuration and its check are given', async () => {
  await served.begin([sampleChannel('gate'), sampleChannel('door', { state: 'offline' })]);
  expect((await ask('GET', '/v1/info')).json).toMatchObject({
    version: '1.2.3',
    nodeVersion: process.versions.node,
    channels: { online: 1, offline: 1, starting: 0 },
    configuration: { file: 'gateway.yaml' },
    engine: { poolSize: 1_000_000 },
  });
  const file = await ask('GET', '/v1/config');
  expect(file.text).toBe('version: 1\nchannels: {}\n');
  expect([file.headers['content-type'], file.headers['etag']]).toEqual([
    expect.stringMatching(/^application\/yaml/),
    '"c1"',
  ]);
  expect((await ask('POST', '/v1/config/reload')).json.successful).toBe(true);
  const check = (text: string) =>
    ask('POST', '/v1/config/check', { headers: { 'content-type': 'application/yaml' }, body: text });
  expect((await check('version: 1')).json).toEqual({ valid: true, faults: [] });
  expect((await check('rtspTransport: tpc')).json).toMatchObject({
    valid: false,
    faults: [{ line: 3, column: 5 }],
  });
});

test('a thread that dies is started again on the same port, and the gateway lives', async () => {
  const workers = watchWorkers();
  const other = new ServedGateway();
  await other.start();
  onTestFinished(() => other.close());
  const { url } = other;
  expect((await other.ask('GET', '/healthz')).status).toBe(200);

  await workers[0]!.terminate();
  expect(other.problems).toEqual(['the HTTP thread ended; it is started again in 1000 ms']);
  await vi.waitFor(async () => expect((await other.ask('GET', '/healthz')).status).toBe(200), 30_000);
  expect(other.url).toBe(url);
  expect(workers).toHaveLength(2);
});

test('closing while a thread is being started again leaves none behind', async () => {
  const workers = watchWorkers();
  const other = new ServedGateway();
  await other.start();
  await workers[0]!.terminate();
  await vi.waitFor(() => expect(workers).toHaveLength(2), 30_000);
  await other.close();
  expect(workers[1]!.threadId).toBe(-1);
});
