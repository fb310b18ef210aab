// A destination with a disk spool when its server goes down and comes up again.

import { readdirSync } from 'node:fs';
import { type Channel, PushEngine, type SpoolGap } from '@cloudpush/engine';
import { expect, test } from 'vitest';
import { TempFolder } from '../../support/temp.js';
import { expectAllArrived } from './support/expect-arrived.js';
import { NumberedCamera } from './support/numbered-camera.js';
import { mediaOf, metadataOf, OutageServer } from './support/outage-server.js';

const reconnect = { initialDelay: 20, maxDelay: 50 };
const spool = { speed: 100 };

test('an outage costs no packet: live goes on at once, and the gap is sent beside it, bit for bit', async () => {
  await using server = await OutageServer.listen();
  await using folder = await TempFolder.create();
  await using engine = await PushEngine.create({ spool: { folder: folder.path, minFree: 0 } });
  const channel = engine.openChannel({ url: server.url('a'), reconnect, overflow: 'spool', spool });
  const gaps: SpoolGap[] = [];
  channel.on('gap', (gap) => gaps.push(gap));
  await channel.connected();
  const camera = new NumberedCamera(channel);
  await camera.send(300);
  await server.down();
  await camera.sendUntil(() => gaps.length > 0);
  await camera.send(400);
  expect(stateOf(channel)).toBe('spooling');
  await server.up();
  await camera.sendUntil(() => gaps.some(({ outcome }) => outcome === 'sent'));
  await camera.send(100);
  await channel.close();

  expect(gaps.map(({ outcome }) => outcome)).toEqual(['opened', 'sent']);
  const live = server.named('a');
  expect(live).toHaveLength(2);
  expect(server.gaps.length).toBeGreaterThan(0);
  expectAllArrived(camera.sent, [...live, ...server.gaps]);
  expect(mediaOf(live[1]!)[0]!.payload[0]).toBe(0x17);
  for (const gap of server.gaps) {
    expect(gap.ended).toBe('cleanly');
    expect(mediaOf(gap)[0]!.timestamp).toBe(0);
    expect(metadataOf(gap)).toMatchObject({ gapOf: 'a', gapPart: 1, width: expect.any(Number) });
  }
  expect(filesIn(folder.path)).toEqual([]);
});

function stateOf(channel: Channel): string | undefined {
  return channel.destinations[0]!.stats().spool?.state;
}

/** Files with media. */
function filesIn(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.flv'));
}
