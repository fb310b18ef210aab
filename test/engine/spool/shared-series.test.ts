// Destinations that are given one series of the spool, at a time or one after the other.

import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { PushEngine, type SpoolGap } from '@cloudpush/engine';
import { expect, test } from 'vitest';
import { TempFolder } from '../../support/temp.js';
import { waitFor } from '../../support/wait.js';
import { expectAllArrived } from './support/expect-arrived.js';
import { expectedMessage, NumberedCamera, numberOf } from './support/numbered-camera.js';
import { mediaOf, OutageServer } from './support/outage-server.js';

const settings = {
  reconnect: { initialDelay: 20, maxDelay: 50 },
  overflow: 'spool',
  spool: { speed: 100, series: 'cam' },
} as const;

test('one has the series, the other is told so and sends live; it has the series when the first is closed', async () => {
  await using server = await OutageServer.listen();
  await using folder = await TempFolder.create();
  await using engine = await PushEngine.create({ shards: 2, spool: { folder: folder.path, minFree: 0 } });
  const a = engine.openChannel({ url: server.url('a'), ...settings });
  const b = engine.openChannel({ url: server.url('b'), ...settings });
  const gaps = { a: [] as SpoolGap[], b: [] as SpoolGap[] };
  a.on('gap', (gap) => gaps.a.push(gap));
  b.on('gap', (gap) => gaps.b.push(gap));
  const [{ error }] = await once(b, 'problem');
  expect(error).toMatchObject({ code: 'ERR_CLOUDPUSH_SPOOL_SERIES_IN_USE' });
  await Promise.all([a.connected(), b.connected()]);
  expect(engine.stats().channelsByShard).toEqual([1, 1]);
  const cameras = { a: new NumberedCamera(a), b: new NumberedCamera(b) };
  await Promise.all([cameras.a.send(200), cameras.b.send(200)]);
  await server.down();
  await cameras.a.sendUntil(() => gaps.a.length > 0);
  await Promise.all([cameras.a.send(200), cameras.b.send(200)]);
  expect(readdirSync(folder.path).filter((name) => name !== 'lock')).toHaveLength(1);
  await server.up();
  await cameras.a.sendUntil(() => gaps.a.some(({ outcome }) => outcome === 'sent'));
  await a.close();
  expect(gaps.b).toEqual([]);
  expectAllArrived(
    cameras.a.sent,
    server.streams.filter(({ name }) => name.startsWith('a')),
  );

  await waitFor('b to be connected', 20_000, () => (b.state === 'publishing' ? true : undefined));
  await cameras.b.send(300);
  await server.down();
  await cameras.b.sendUntil(() => gaps.b.length > 0);
  await cameras.b.send(100);
  await server.up();
  await cameras.b.sendUntil(() => gaps.b.some(({ outcome }) => outcome === 'sent'));
  await b.close();
  const gapsOfB = server.gaps.filter(({ name }) => name.startsWith('b-gap-'));
  expect(gapsOfB.length).toBeGreaterThan(0);
  for (const gap of gapsOfB)
    for (const { payload } of mediaOf(gap)) {
      const packet = cameras.b.sent[numberOf(payload)]!;
      expect(Buffer.compare(payload, expectedMessage(packet))).toBe(0);
    }
});

test('what lies under the name of the place is sent by a destination that is given names of channel and destination', async () => {
  await using server = await OutageServer.listen();
  await using folder = await TempFolder.create();
  const store = { folder: folder.path, minFree: 0 };
  const before = await PushEngine.create({ spool: store });
  const first = before.openChannel({
    url: server.url('a'),
    reconnect: settings.reconnect,
    overflow: 'spool',
    spool: { resume: 'keep' },
  });
  const gaps: SpoolGap[] = [];
  first.on('gap', (gap) => gaps.push(gap));
  await first.connected();
  const camera = new NumberedCamera(first);
  await camera.send(100);
  await server.down();
  await camera.sendUntil(() => gaps.length > 0);
  await camera.send(300);
  await before.close();
  await server.up();

  await using engine = await PushEngine.create({ spool: store });
  const series = { channel: 'yard', destination: 'cloud' };
  const next = engine.openChannel({
    url: server.url('a'),
    reconnect: settings.reconnect,
    overflow: 'spool',
    spool: { speed: 100, series },
  });
  next.on('gap', (gap) => gaps.push(gap));
  await waitFor('the gap to be sent', 20_000, () =>
    gaps.some(({ outcome }) => outcome === 'sent') ? true : undefined,
  );
  const [name, ...others] = readdirSync(folder.path).filter((each) => each !== 'lock');
  expect(name).toMatch(/^yard_cloud_[0-9a-f]{12}$/);
  expect(others).toEqual([]);
  await next.close();
  const numbers = server.gaps.flatMap((gap) => mediaOf(gap).map(({ payload }) => numberOf(payload)));
  expect(numbers.at(-1)! - numbers[0]!).toBeGreaterThan(250);
});
