import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SnapshotCache } from './snapshot-cache.js';
import { StateFeed } from './state-feed.js';
import { FakeGateway, portTo } from './testing/fake-gateway.js';
import { sampleChannel, sampleDestination } from './testing/sample-state.js';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

interface Message {
  readonly id: number;
  readonly event: string;
  readonly data: Record<string, unknown>;
}

function messageOf(text: string): Message {
  const [, id, event, data] = /^id: (\d+)\nevent: (\w+)\ndata: (.*)\n\n$/.exec(text) ?? [];
  return { id: Number(id), event: event!, data: JSON.parse(data!) };
}

function feedOf(gateway: FakeGateway): StateFeed {
  const port = portTo(gateway);
  return new StateFeed(port, new SnapshotCache(port, () => Date.now()));
}

async function listen(feed: StateFeed): Promise<{ messages: Message[]; stop: () => void }> {
  const messages: Message[] = [];
  const stop = await feed.subscribe((text) => messages.push(messageOf(text)));
  return { messages, stop };
}

test('a subscriber gets a snapshot, then a delta a second with what has changed', async () => {
  const gateway = new FakeGateway([sampleChannel('gate'), sampleChannel('door')]);
  gateway.tell('before');
  const { messages } = await listen(feedOf(gateway));
  expect(messages[0]).toMatchObject({
    event: 'snapshot',
    data: {
      version: '1.2.3',
      channels: { gate: { state: 'online', destinations: { cloud: { state: 'publishing' } } } },
      recent: [{ message: 'before' }],
    },
  });

  gateway.set('gate', {
    state: 'degraded',
    destinations: [sampleDestination({ state: 'retrying', attempt: 2 })],
  });
  gateway.tell('lost', 'gate');
  await vi.advanceTimersByTimeAsync(1000);
  expect(messages[1]).toEqual({
    id: messages[0]!.id + 1,
    event: 'delta',
    data: {
      patch: {
        channels: { gate: { state: 'degraded', destinations: { cloud: { state: 'retrying', attempt: 2 } } } },
      },
      events: [expect.objectContaining({ message: 'lost' })],
    },
  });

  await gateway.removeChannel('door');
  await vi.advanceTimersByTimeAsync(1000);
  expect(messages[2]?.data).toEqual({ patch: { channels: { door: null } }, events: [] });
});

test('all subscribers share the work, and none costs nothing', async () => {
  const gateway = new FakeGateway([sampleChannel('gate')]);
  const feed = feedOf(gateway);
  const [a, b] = await Promise.all([listen(feed), listen(feed)]);
  expect(gateway.snapshots).toBe(1);
  await vi.advanceTimersByTimeAsync(3000);
  expect(gateway.snapshots).toBe(4);
  expect([a.messages.length, b.messages.length]).toEqual([4, 4]);
  a.stop();
  b.stop();
  await vi.advanceTimersByTimeAsync(10_000);
  expect(gateway.snapshots).toBe(4);
  expect(vi.getTimerCount()).toBe(0);
});

test('who comes later begins with what the others know, and shares their deltas', async () => {
  const gateway = new FakeGateway([sampleChannel('gate')]);
  const feed = feedOf(gateway);
  const first = await listen(feed);
  gateway.set('gate', { state: 'offline' });
  gateway.tell('lost');
  await vi.advanceTimersByTimeAsync(1000);
  const second = await listen(feed);
  expect(second.messages[0]?.data).toMatchObject({
    channels: { gate: { state: 'offline' } },
    recent: [{ message: 'lost' }],
  });
  gateway.set('gate', { state: 'online' });
  await vi.advanceTimersByTimeAsync(1000);
  expect(second.messages[1]).toEqual(first.messages.at(-1));
});

test('while the gateway does not answer there are no deltas, and afterwards there are', async () => {
  const gateway = new FakeGateway([sampleChannel('gate')]);
  const { messages } = await listen(feedOf(gateway));
  const snapshot = gateway.snapshot.bind(gateway);
  gateway.snapshot = () => {
    throw new Error('busy');
  };
  await vi.advanceTimersByTimeAsync(3000);
  expect(messages).toHaveLength(1);
  gateway.snapshot = snapshot;
  gateway.set('gate', { state: 'offline' });
  await vi.advanceTimersByTimeAsync(1000);
  expect(messages[1]?.data).toMatchObject({ patch: { channels: { gate: { state: 'offline' } } } });
});

test('a snapshot that comes when its subscriber has gone is nobody else’s', async () => {
  const gateway = new FakeGateway([sampleChannel('gate')]);
  const port = portTo(gateway);
  let answer = () => {};
  let isSlow = false;
  const slow = {
    ...port,
    snapshot: async () => {
      const state = await port.snapshot();
      if (isSlow) await new Promise<void>((resolve) => (answer = resolve));
      return state;
    },
  };
  const feed = new StateFeed(slow, new SnapshotCache(slow, () => Date.now()));
  const first = await listen(feed);
  isSlow = true;
  await vi.advanceTimersByTimeAsync(1000);
  first.stop();
  isSlow = false;
  gateway.set('gate', { state: 'offline' });
  await vi.advanceTimersByTimeAsync(500);
  const second = await listen(feed);
  answer();
  await vi.advanceTimersByTimeAsync(1000);
  expect(second.messages.map(({ event }) => event)).toEqual(['snapshot', 'delta']);
  expect(second.messages[1]?.data).toEqual({ patch: {}, events: [] });
});
