import { expect, test } from 'vitest';
import { FakeGateway } from '../testing/fake-gateway.js';
import { noteCameraEvent } from './channel-requests.js';

const ONE = `version: 1
channels:
  gate:
    source: rtsp://camera-1/1
    destinations: [ { name: cloud, url: rtmp://cloud/live/gate }, { name: backup, url: rtmp://backup/live/gate } ]
`;

test('a server that says no again and again is told to do so since it first did', async () => {
  using gateway = await FakeGateway.start(ONE);
  gateway.bringUp('gate');
  const { all } = gateway.engine.channel('gate');
  await gateway.clock.advance(5000);
  all[1]!.refuse();
  const since = gateway.clock.now();
  for (const [index, wait] of [60_000, 120_000].entries()) {
    await gateway.clock.advance(wait);
    expect(gateway.state('gate').destinations[1]).toMatchObject({ state: 'connecting' });
    all[2 + index]!.refuse();
    expect(gateway.state('gate').destinations[1]).toMatchObject({ state: 'refused', since });
  }
  await gateway.clock.advance(240_000);
  all[4]!.connect();
  all[4]!.refuse();
  expect(gateway.state('gate').destinations[1]).toMatchObject({
    state: 'refused',
    since: gateway.clock.now(),
  });
});

test('what there is to say of a source stands in the log and in its state, until it is lost', async () => {
  using gateway = await FakeGateway.start(ONE);
  gateway.bringUp('gate');
  const channel = gateway.engine.channel('gate');
  const message = 'lobby.ts: the file is cut off';
  channel.emit('sourceWarning', { message });
  channel.emit('sourceWarning', { message });
  expect(gateway.state('gate').source.warnings).toEqual([message]);
  expect(gateway.events.query().filter(({ type }) => type === 'sourceWarning')).toMatchObject([
    { level: 'warn', channel: 'gate', message: `the source of gate: ${message}` },
    {},
  ]);
  for (let count = 0; count < 20; count++) channel.emit('sourceWarning', { message: `${count}` });
  expect(gateway.state('gate').source.warnings).toHaveLength(8);
  channel.lose();
  expect(gateway.state('gate').source.warnings).toBeUndefined();
});

test('motion that goes on while its channel starts anew is recorded from then on, until it is over', async () => {
  const event = `    mode: event
    preRoll: 1s
    postRoll: 2s
    triggers: [ { onvif: { url: "http://camera-1/onvif" } } ]
`;
  using gateway = await FakeGateway.start(ONE + event);
  gateway.bringUp('gate');
  const supervised = gateway.channel('gate');
  const [trigger] = supervised.plan.event!.onvifTriggers;
  noteCameraEvent(supervised, 'start', trigger!);
  expect(gateway.state('gate').event).toMatchObject({ trigger: 'moveDetect', endsAt: undefined });
  await supervised.restart();
  gateway.bringUp('gate');
  const started = () =>
    gateway.engine.channel('gate').metadata.filter(({ type }) => type === 'streamStart').length;
  expect([gateway.state('gate').event?.trigger, started()]).toEqual(['moveDetect', 1]);
  noteCameraEvent(supervised, 'stop', trigger!);
  await gateway.clock.advance(2000);
  expect(gateway.state('gate').event).toBeUndefined();
  // Over: the next start has nothing to record.
  await supervised.restart();
  gateway.bringUp('gate');
  expect(started()).toBe(0);
});
