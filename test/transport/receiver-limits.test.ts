// A receiver among strangers: none of them takes its memory, its connections or its files from the others.

import { expect, test, vi } from 'vitest';
import { Stranger } from '../support/stranger.js';
import { waitFor } from '../support/wait.js';
import { message, TestPublisher } from './support/publish.js';
import { TestReceiver } from './support/receive.js';

// Generous, because machines are shared: no test waits for it when all is well.
vi.setConfig({ testTimeout: 60_000 });
const PATIENCE = 30_000;

test('half-received messages of all clients share one budget: who holds the most goes, a small one stays', async () => {
  await using receiver = await TestReceiver.listen({}, { maxBufferedBytes: 1_000_000 });
  const honest = await TestPublisher.connect({ url: receiver.url('live/honest') });
  const small = await Stranger.connect(receiver.receiver.address);
  small.publish('small');
  small.beginMessage(90_000, 10);
  for (let i = 0; i < 8; i++) {
    const greedy = await Stranger.connect(receiver.receiver.address);
    greedy.publish(`greedy-${i}`);
    greedy.beginMessage(800_000 - i, 10);
  }
  const greedyEnds = await Promise.all(
    Array.from({ length: 7 }, (_, i) =>
      waitFor(`greedy-${i}`, PATIENCE, () =>
        receiver.received.find(({ stream }) => stream.streamName === `greedy-${i}`),
      ).then(({ ended }) => ended),
    ),
  );
  for (const { error } of greedyEnds) {
    expect(error).toMatchObject({ code: 'ERR_CLOUDPUSH_PEER_LIMIT', details: { permitted: 1_000_000 } });
  }
  honest.publisher.send(message(Buffer.alloc(90_000, 7), 0), undefined);
  await honest.publisher.close();
  const { messages } = receiver.received.find(({ stream }) => stream.streamName === 'honest')!;
  expect(messages[0]!.payload).toHaveLength(90_000);
  // Nobody but the last of the greedy, and the small one, is left.
  await waitFor('the others to be gone', PATIENCE, () => receiver.receiver.connections === 2 || undefined);
  small.destroy();
});

test('a publisher that never finishes a message is idle, however it drips', async () => {
  await using receiver = await TestReceiver.listen({}, { idleTimeout: 300 });
  const stranger = await Stranger.connect(receiver.receiver.address);
  stranger.publish('drip');
  stranger.beginMessage(4_000_000, 10);
  await stranger.closed;
  expect(await receiver.received[0]!.ended).toMatchObject({
    clean: false,
    error: { code: 'ERR_CLOUDPUSH_TIMEOUT', stage: 'publishing' },
  });
});

test('one connection cannot begin streams without end', async () => {
  await using receiver = await TestReceiver.listen({}, { maxPublishesPerMinute: 20 });
  const stranger = await Stranger.connect(receiver.receiver.address);
  stranger.publish('name');
  for (let i = 0; i < 100; i++) {
    stranger.command(1, 'closeStream', 0, null);
    stranger.command(1, 'publish', 0, null, 'name', 'live');
  }
  await stranger.closed;
  await waitFor('the error', PATIENCE, () => receiver.errors[0]);
  expect(receiver.errors[0]).toMatchObject({ code: 'ERR_CLOUDPUSH_PEER_LIMIT', details: { permitted: 20 } });
  expect(receiver.received).toHaveLength(20);
});

test('who connects and says nothing makes room for who publishes', async () => {
  await using receiver = await TestReceiver.listen({}, { maxConnections: 2 });
  const silent = await Stranger.connect(receiver.receiver.address);
  const second = await Stranger.connect(receiver.receiver.address);
  const { publisher } = await TestPublisher.connect({ url: receiver.url() });
  await silent.closed;
  await waitFor('the error', PATIENCE, () => receiver.errors[0]);
  expect(receiver.errors[0]).toMatchObject({ code: 'ERR_CLOUDPUSH_PEER_LIMIT', details: { permitted: 2 } });
  publisher.send(message(Buffer.alloc(10), 0), undefined);
  await publisher.close();
  expect(receiver.received[0]!.messages).toHaveLength(1);
  second.destroy();
});
