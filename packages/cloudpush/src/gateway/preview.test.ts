import { CloudPushError } from '@cloudpush/engine';
import { expect, test, vi } from 'vitest';
import { settle } from './testing/fake-clock.js';
import { FakeGateway } from './testing/fake-gateway.js';

const LOOK = 'rtmp://127.0.0.1:5000/preview/unguessable';
const TEXT = `version: 1
channels:
  gate: { source: rtsp://camera-1/1, destinations: [ { name: cloud, url: rtmp://cloud/live/gate } ] }
  sealed:
    source: rtsp://camera-2/1
    encryption: { video: allFrames, key: hush }
    destinations: [ rtmp://cloud/live/sealed ]
  off: { enabled: false, source: rtsp://camera-3/1, destinations: [ rtmp://cloud/live/off ] }
`;

async function running(): Promise<FakeGateway> {
  const gateway = await FakeGateway.start(TEXT);
  gateway.bringUp('gate');
  gateway.bringUp('sealed');
  return gateway;
}

test('whoever looks is one more destination of the engine, and none of the channel', async () => {
  using gateway = await running();
  await gateway.service.openPreview('gate', LOOK);
  const channel = gateway.engine.channel('gate');
  expect(channel.open.map(({ options }) => options)).toEqual([
    expect.objectContaining({ url: 'rtmp://cloud/live/gate' }),
    expect.objectContaining({ url: LOOK, overflow: 'drop', observer: true }),
  ]);
  expect(gateway.state('gate').destinations.map(({ name }) => name)).toEqual(['cloud']);
  await gateway.service.closePreview(LOOK);
  await gateway.service.closePreview(LOOK);
  expect(channel.open).toHaveLength(1);
  expect(gateway.state('gate').state).toBe('online');
});

test('a channel whose server refuses it is tried again, also while somebody looks', async () => {
  using gateway = await running();
  await gateway.service.openPreview('gate', LOOK);
  const channel = gateway.engine.channel('gate');
  channel.open[0]!.refuse();
  await settle();
  expect(gateway.state('gate')).toMatchObject({ state: 'offline', destinations: [{ state: 'refused' }] });
  await gateway.service.retryDestination('gate', 'cloud');
  channel.open.at(-1)!.connect();
  await gateway.service.closePreview(LOOK);
  await settle();
  expect(gateway.state('gate').state).toBe('online');
});

test('a look that the engine refuses is a conflict, and says why', async () => {
  using gateway = await running();
  vi.spyOn(gateway.engine.channel('gate'), 'addDestination').mockImplementation(() => {
    throw new CloudPushError('ERR_CLOUDPUSH_TOO_MANY_CONNECTIONS', '1 destinations are open', {
      class: 'fatal',
    });
  });
  await expect(gateway.service.openPreview('gate', LOOK)).rejects.toMatchObject({
    reason: 'conflict',
    message: 'gate cannot be looked at: 1 destinations are open',
  });
});

test('there is nothing to look at where nothing runs, and where it is encrypted', async () => {
  using gateway = await running();
  await expect(gateway.service.openPreview('off', LOOK)).rejects.toMatchObject({
    reason: 'conflict',
    message: expect.stringMatching(/disabled/),
  });
  await expect(gateway.service.openPreview('sealed', LOOK)).rejects.toMatchObject({
    reason: 'conflict',
    message: expect.stringMatching(/encrypted/),
  });
  await expect(gateway.service.openPreview('none', LOOK)).rejects.toMatchObject({ reason: 'notFound' });
});
