// Advice to an encoder that can change its bit rate.

import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import { type Advice, PushEngine } from '@cloudpush/engine';
import { expect, test, vi } from 'vitest';
import { cameraPackets } from './camera.js';
import { closeEmpty } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';

vi.setConfig({ testTimeout: 60_000 });

const video = cameraPackets().filter(({ kind }) => kind === 'video');
const BYTES_PER_SECOND = 500_000;

test('a server that reads slower than the source gives has the encoder told what it takes', async () => {
  await using slow = await RecordingReceiver.listen({ readBytesPerSecond: BYTES_PER_SECOND });
  await using fast = await RecordingReceiver.listen();
  const engine = await PushEngine.create({ maxConnections: 2 });
  const open = (url: string) =>
    engine.openChannel({ url, highWatermark: { bytes: 1_000_000, ms: 1_000_000 } });
  const channel = open(slow.url('a'));
  const other = open(fast.url('b'));
  await Promise.all([channel.connected(), other.connected()]);
  other.on('advice', () => expect.unreachable('the fast server needs no advice'));
  const told: Advice[] = [];
  channel.on('advice', (advice) => told.push(advice));
  const [destination] = channel.destinations;
  const toDestination = once(destination!, 'advice') as Promise<[Advice]>;
  for (let count = 0; told.length === 0; count++) {
    const { data } = video[count % video.length]!;
    for (const one of [channel, other]) one.sendVideo(data, { pts: count * 40 });
    await setTimeout(2);
  }
  const [advice] = told;
  expect(await toDestination).toEqual([advice]);
  expect(advice).toMatchObject({ reason: 'congested', destination });
  expect(advice!.bitrate).toBeLessThan(advice!.throughput);
  // Far below what the source gives; the kernel's buffers, and their lumps, make the first measurement a
  // rough one.
  expect(advice!.throughput).toBeLessThan(BYTES_PER_SECOND * 8 * 3);
  expect(advice!.throughput).toBeGreaterThan(0);
  channel.abort();
  await closeEmpty(engine);
});
