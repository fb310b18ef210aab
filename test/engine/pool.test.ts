// An engine that watches over its pool.

import { PushEngine } from '@cloudpush/engine';
import { expect, test, vi } from 'vitest';
import { cameraPackets, sendOne } from './camera.js';
import { closeEmpty, expectWhole } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';

vi.setConfig({ testTimeout: 60_000 });

const packets = cameraPackets();

test('an engine that overwrites what was released still sends every byte, to one server and to several', async () => {
  await using receiver = await RecordingReceiver.listen();
  const engine = await PushEngine.create({ maxConnections: 3, debugPool: true });
  const single = engine.openChannel({ url: receiver.url('single') });
  const several = engine.openChannel({ url: receiver.url('first') });
  several.addDestination({ url: receiver.url('second') });
  for (const packet of packets) for (const channel of [single, several]) await sendOne(channel, packet);
  for (const channel of [single, several])
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
  for (const name of ['single', 'first', 'second']) expectWhole(receiver.stream(name), packets);
  await closeEmpty(engine);
});

test('an engine that watches over its pool finds nothing amiss when connections are lost', async () => {
  await using receiver = await RecordingReceiver.listen({ readBytesPerSecond: 0 });
  const engine = await PushEngine.create({ maxConnections: 2, debugPool: true });
  const reconnect = { initialDelay: 10, maxDelay: 10 };
  const channel = engine.openChannel({ url: receiver.url('a'), reconnect });
  await channel.connected();
  for (const packet of packets) await sendOne(channel, packet);
  receiver.stream('a').drop();
  const again = new Promise((resolve) => channel.once('connect', resolve));
  await again;
  channel.abort();
  await closeEmpty(engine);
});
