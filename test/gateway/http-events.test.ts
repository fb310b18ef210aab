import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import type { Json } from '../../packages/cloudpush/dist/gateway/http/testing/ask.js';
import { sampleChannel } from '../../packages/cloudpush/dist/gateway/http/testing/sample-state.js';
import { ServedGateway, serveGateway } from './support/served-gateway.js';

const served = serveGateway();
const { gateway } = served;

interface Message {
  readonly id: number;
  readonly event: string;
  readonly data: Json;
}

interface Stream {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly messages: readonly Message[];
  readonly ended: Promise<unknown>;
  readonly stop: () => void;
}

/** Reads server-sent events as the specification says: blocks that end with an empty line. */
async function events(url: string): Promise<Stream> {
  const [body] = (await once(get(`${url}/v1/events`), 'response')) as [IncomingMessage];
  expect(body.statusCode).toBe(200);
  const messages: Message[] = [];
  let rest = '';
  body.on('error', () => {});
  body.on('data', (piece: Buffer) => {
    const blocks = (rest + piece.toString()).split('\n\n');
    rest = blocks.pop()!;
    for (const block of blocks) {
      const fields = Object.fromEntries(block.split('\n').map((line) => line.split(/: (.*)/s).slice(0, 2)));
      messages.push({ id: Number(fields.id), event: fields.event, data: JSON.parse(fields.data) });
    }
  });
  const stop = () => void body.destroy();
  onTestFinished(stop);
  return {
    headers: body.headers,
    messages,
    ended: new Promise((resolve) => body.once('close', resolve)),
    stop,
  };
}

test('a client gets a snapshot and then what changes, as server-sent events', async () => {
  await served.begin([sampleChannel('gate')]);
  const { headers, messages } = await events(served.url);
  expect(headers['content-type']).toBe('text/event-stream; charset=utf-8');
  expect(headers['cache-control']).toBe('no-store');
  expect(headers['content-security-policy']).toContain("default-src 'self'");
  await vi.waitFor(() => expect(messages).toHaveLength(1), 10_000);
  expect(messages[0]).toMatchObject({
    event: 'snapshot',
    data: {
      channels: { gate: { state: 'online', destinations: { cloud: { state: 'publishing' } } } },
      recent: [],
    },
  });

  gateway.set('gate', { state: 'offline' });
  gateway.tell('the camera is gone', 'gate');
  await vi.waitFor(() => expect(messages.some(({ data }) => data.events?.length > 0)).toBe(true), 10_000);
  const delta = messages.find(({ data }) => data.events?.length > 0)!;
  expect(delta).toMatchObject({
    event: 'delta',
    data: {
      patch: { channels: { gate: { state: 'offline' } } },
      events: [{ message: 'the camera is gone' }],
    },
  });
  expect(Object.keys(delta.data.patch.channels.gate)).toEqual(['state']);
  expect(messages.map(({ id }) => id)).toEqual(messages.map((_, index) => messages[0]!.id + index));
});

test('when the last client has gone, the gateway is not asked any more', async () => {
  await served.begin([sampleChannel('gate')]);
  const first = await events(served.url);
  const second = await events(served.url);
  await vi.waitFor(() => expect(second.messages.length).toBeGreaterThan(1), 10_000);
  first.stop();
  second.stop();
  await sleep(1500);
  const { snapshots } = gateway;
  await sleep(2500);
  expect(gateway.snapshots).toBe(snapshots);
});

test('100 clients may listen, and the next one is told to come later', async () => {
  await served.begin([sampleChannel('gate')]);
  const streams = await Promise.all(Array.from({ length: 100 }, () => events(served.url)));
  const answer = await served.ask('GET', '/v1/events');
  expect([answer.status, answer.json.type]).toEqual([503, 'urn:cloudpush:problem:unavailable']);
  streams[0]!.stop();
  await vi.waitFor(async () => {
    const [answer] = (await once(get(`${served.url}/v1/events`), 'response')) as [IncomingMessage];
    answer.on('error', () => {}).destroy();
    expect(answer.statusCode).toBe(200);
  }, 10_000);
  for (const { stop } of streams) stop();
});

test('streams end when the service does, without delay', async () => {
  const other = new ServedGateway();
  await other.start();
  const { messages, ended } = await events(other.url);
  await vi.waitFor(() => expect(messages).toHaveLength(1), 10_000);
  const started = performance.now();
  await other.close();
  await ended;
  expect(performance.now() - started).toBeLessThan(4000);
});
