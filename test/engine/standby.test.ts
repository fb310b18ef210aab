// A source that is made ready before its first destination is known, and a stream that ends between two
// groups of pictures.

import { type Channel, PushEngine } from '@cloudpush/engine';
import { expect, test, vi } from 'vitest';
import { FaultProxy } from '../faults/proxy/fault-proxy.js';
import { delay } from '../faults/proxy/stages.js';
import { clip } from '../support/media.js';
import { waitFor } from '../support/wait.js';
import { RecordingReceiver } from './recording-receiver.js';
import { ScriptedCamera, slices } from './scripted-camera.js';

vi.setConfig({ testTimeout: 60_000 });

const VIDEO = 9;
const DATA = 18;
const SEQUENCE_HEADER = 0;
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
  const keyFrame = expect.stringMatching(/^[\w-]{22}$/);
  expect(await channel.close({ untilKeyFrame: 20_000 })).toEqual({ clean: true, error: undefined, keyFrame });
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

test.concurrent.each([
  ['later than', 0, 1400],
  ['earlier than', 1400, 0],
])(
  'whoever goes on with a camera, and sees it %s who ends, sends each picture that follows, and none again',
  async (_, first, second) => {
    await using camera = await ScriptedCamera.listen({ live: true });
    const target = Number(new URL(camera.url).port);
    await using receiver = await RecordingReceiver.listen();
    await using engine = await PushEngine.create({ debugPool: true });
    const proxyOf = (ms: number): Promise<FaultProxy> =>
      FaultProxy.listen({ target, faults: () => ({ down: [delay(ms)] }) });
    await using near = await proxyOf(first);
    await using far = await proxyOf(second);
    const open = async ({ port }: FaultProxy): Promise<Channel> => {
      const channel = engine.openStandby({
        source: { rtsp: camera.url.replace(`:${target}/`, `:${port}/`) },
      });
      await channel.standingBy();
      return channel;
    };
    const [one, other] = [await open(near), await open(far)];
    one.addDestination({ url: receiver.url('one') });
    const pictures = (name: string): number[] =>
      (receiver.streams(name)[0]?.messages ?? [])
        .filter(({ type, payload }) => type === VIDEO && payload[1] === 1)
        .map(({ payload }) =>
          slices.findIndex((slice) => Buffer.from(payload.subarray(-slice.length)).equals(slice)),
        );
    await waitFor('pictures', 20_000, () => pictures('one').length > 50 || undefined);
    const { keyFrame, clean } = await one.close({ untilKeyFrame: 20_000 });
    expect(clean).toBe(true);
    other.beginWith(keyFrame!);
    other.addDestination({ url: receiver.url('other') });
    await waitFor('pictures', 20_000, () => pictures('other').length > 50 || undefined);
    await other.close();
    const [metadata, header] = receiver.streams('other')[0]!.messages;
    expect([metadata!.type, header!.type, header!.payload[1]]).toEqual([DATA, VIDEO, SEQUENCE_HEADER]);
    const all = [...pictures('one'), ...pictures('other')];
    expect(all.slice(0, 150)).toEqual(all.slice(0, 150).map((_, index) => (all[0]! + index) % slices.length));
  },
);
