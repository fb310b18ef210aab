// Destinations with disk spools that do well, many in one pool.

import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, PushEngine } from '@cloudpush/engine';
import { expect, test } from 'vitest';
import { TempFolder } from '../../support/temp.js';
import { sendOne } from '../camera.js';
import { numberedPackets } from './support/numbered-camera.js';
import { OutageServer } from './support/outage-server.js';

const servers = ['normal', 'never', 'reset', 'huge'] as const;
/** To each of them. */
const CHANNELS = 6;
const MIB = 2 ** 20;

/** Sends media in real time. */
async function film(channels: readonly Channel[], seconds: number): Promise<void> {
  const begin = performance.now();
  for (const packet of numberedPackets()) {
    if (packet.pts > seconds * 1000) return;
    await sleep(Math.max(0, begin + packet.pts - performance.now()));
    await Promise.all(channels.map((channel) => sendOne(channel, packet)));
  }
}

test.each([64, 12])(
  'nothing is written while servers read, however they acknowledge, in a pool of %i MiB',
  async (pool) => {
    const listening = await Promise.all(
      servers.map((acknowledgements) => OutageServer.listen({ acknowledgements })),
    );
    await using folder = await TempFolder.create();
    await using engine = await PushEngine.create({
      poolSize: pool * MIB,
      maxConnections: CHANNELS * servers.length,
      spool: { folder: folder.path, minFree: 0 },
    });
    const urls = listening.flatMap((server) =>
      Array.from({ length: CHANNELS }, (_, i) => server.url(`a${i}`)),
    );
    const channels = urls.map((url) => engine.openChannel({ url, reconnect: true, overflow: 'spool' }));
    await Promise.all(channels.map((channel) => channel.connected()));
    await film(channels, 6);
    const spools = channels.map((channel) => channel.destinations[0]!.stats().spool);
    expect(spools.map((spool) => spool?.spooledBytes)).toEqual(channels.map(() => 0));
    await Promise.all(channels.map((channel) => channel.close()));
    await Promise.all(listening.map((server) => server[Symbol.asyncDispose]()));
  },
);
