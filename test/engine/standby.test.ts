// A source that is made ready before its first destination is known, and a stream that ends between two
// groups of pictures.

import { PushEngine } from '@cloudpush/engine';
import { expect, test, vi } from 'vitest';
import { clip } from '../support/media.js';
import { waitFor } from '../support/wait.js';
import { RecordingReceiver } from './recording-receiver.js';

vi.setConfig({ testTimeout: 60_000 });

const VIDEO = 9;
const KEY_FRAME = 1;

test('the first destination begins with the key frame that is in hand, and the end comes before another one', async () => {
  await using receiver = await RecordingReceiver.listen();
  await using engine = await PushEngine.create({ debugPool: true });
  const channel = engine.openStandby({ source: { file: clip.video, loop: true } });
  await channel.standingBy();
  expect([channel.destinations, channel.stats().source?.state, receiver.all]).toEqual([[], 'streaming', []]);
  channel.addDestination({ url: receiver.url('gate') });
  await channel.connected();
  const isKeyFrame = (): boolean[] =>
    (receiver.streams('gate')[0]?.messages ?? [])
      // Sequence headers have packet type 0.
      .filter(({ type, payload }) => type === VIDEO && payload[1] === 1)
      .map(({ payload }) => payload[0]! >> 4 === KEY_FRAME);
  await waitFor('a second group', 20_000, () => isKeyFrame().lastIndexOf(true) > 0 || undefined);
  expect(await channel.close({ untilKeyFrame: 20_000 })).toEqual({ clean: true, error: undefined });
  const pictures = isKeyFrame();
  const starts = pictures.flatMap((isKey, index) => (isKey ? [index] : []));
  const group = starts[1]!;
  expect(starts[0]).toBe(0);
  expect(pictures.length % group).toBe(0);
});

test('a channel without a destination ends by itself alone, and gives back all that it kept', async () => {
  await using engine = await PushEngine.create({ debugPool: true });
  for (const end of ['close', 'abort'] as const) {
    const channel = engine.openStandby({ source: { file: clip.video, loop: true } });
    await channel.standingBy();
    channel[end]();
    await channel.close();
    expect(channel.state).toBe('closed');
  }
  const early = engine.openStandby({ source: { file: clip.video, loop: true } });
  early.abort();
  expect(await early.close()).toMatchObject({ clean: false, error: { code: 'ERR_CLOUDPUSH_ABORTED' } });
  await waitFor('an empty pool', 20_000, () => engine.stats().poolBlocksInUse === 0 || undefined);
});
