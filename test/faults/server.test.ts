// Real servers that are killed, stopped and restarted, and one that closes at every stage: what nginx
// recorded, and what our receiver heard, is what was sent, or counted.

import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Channel, type DestinationSettings, PushEngine } from '@cloudpush/engine';
import type { ReceiverBehaviour } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { type CameraPacket, trySend } from '../engine/camera.js';
import { imbalances } from '../engine/conservation/balance.js';
import { Ledger } from '../engine/conservation/ledger.js';
import { Source } from '../engine/conservation/source.js';
import { closeEmpty } from '../engine/expectations.js';
import { type ArrivedStream, RecordingReceiver } from '../engine/recording-receiver.js';
import { Random } from '../fuzz/transport/random.js';
import { NginxRtmp } from '../support/nginx.js';
import { requirePeers } from '../support/peers.js';
import { TempFolder } from '../support/temp.js';
import { readFlv } from '../transport/support/flv.js';
import { outletOf } from './support/outlet.js';

const LONG = { timeout: 120_000 };
const settings: DestinationSettings = {
  reconnect: { maxAttempts: 1_000_000, maxRefusals: 1_000_000, initialDelay: 10, maxDelay: 100 },
  connectTimeout: 2000,
  stallTimeout: 1000,
  highWatermark: { bytes: 400_000, ms: 3_600_000 },
};

/** A channel that is sent a camera's packets, and keeps account. */
class Filming {
  readonly ledger = new Ledger();
  readonly channel: Channel;
  readonly outlet: ReturnType<typeof outletOf>;
  readonly #source = new Source(new Random(1));

  constructor(engine: PushEngine, url: string, overflow: 'drop' | 'reject' = 'drop') {
    this.channel = engine.openChannel({ url, overflow, ...settings });
    this.outlet = outletOf(this.channel, this.ledger);
  }

  /** Sends until so many packets more were, or something has happened. */
  async send(count: number, until?: Promise<unknown>): Promise<void> {
    let isOver = false;
    void until?.then(() => {
      isOver = true;
    });
    for (let i = 0; until === undefined ? i < count : !isOver; i++) {
      const packet = this.#source.next();
      // Servers need not record data messages: none is sent.
      const taken = packet.kind !== 'data' && trySend(this.channel, packet as CameraPacket);
      this.ledger.note(packet, taken, 1);
      if (i % 4 === 0) await sleep(1);
    }
  }

  nextLoss(): Promise<unknown> {
    return once(this.channel, 'disconnect');
  }

  nextConnection(): Promise<unknown> {
    return once(this.channel, 'connect');
  }
}

/** Recordings of nginx, as if they had arrived here. */
async function recordings(folders: readonly string[]): Promise<ArrivedStream[]> {
  const files = await Promise.all(
    folders.map(async (folder) => {
      const path = join(folder, 'nginx', 'recordings');
      return (await readdir(path)).map((name) => join(path, name));
    }),
  );
  return files.flat().map((file) => {
    const messages = readFlv(file)
      .filter(({ type }) => type === 8 || type === 9)
      .map(({ type, timestamp, body }) => ({ type, timestamp, payload: body }));
    return { name: 'victim', messages } as unknown as ArrivedStream;
  });
}

async function expectBalance({ channel, ledger, outlet }: Filming, streams: ArrivedStream[]): Promise<void> {
  expect(streams.length).toBeGreaterThan(0);
  const receiver = { streams: () => streams };
  expect(imbalances({ channel, ledger, receiver, outlets: [outlet] })).toEqual([]);
}

test('nginx is stopped between two messages, and started again', LONG, async (context) => {
  requirePeers(context, 'nginx-rtmp');
  await using before = await TempFolder.create();
  await using after = await TempFolder.create();
  await using first = await NginxRtmp.start(before.path);
  const engine = await PushEngine.create({ maxConnections: 1, shards: 1, debugPool: true });
  const filming = new Filming(engine, first.url('victim'));
  await filming.send(0, filming.channel.connected());
  await filming.send(100);
  const lost = filming.nextLoss();
  await first.stop();
  await filming.send(0, lost);
  const again = filming.nextConnection();
  await using second = await NginxRtmp.start(after.path, { port: first.port });
  await filming.send(0, again);
  await filming.send(100);
  await filming.channel.close();
  await closeEmpty(engine);
  await second.recording('victim');
  await expectBalance(filming, await recordings([before.path, after.path]));
});

test('nginx is killed in the midst of anything, twice', LONG, async (context) => {
  requirePeers(context, 'nginx-rtmp');
  await using one = await TempFolder.create();
  await using two = await TempFolder.create();
  await using three = await TempFolder.create();
  await using first = await NginxRtmp.start(one.path);
  const engine = await PushEngine.create({ maxConnections: 1, shards: 1, debugPool: true });
  const filming = new Filming(engine, first.url('victim'));
  const replace = async (nginx: NginxRtmp, folder: TempFolder): Promise<NginxRtmp> => {
    await filming.send(80);
    const lost = filming.nextLoss();
    nginx.signal('SIGKILL');
    await filming.send(0, lost);
    const again = filming.nextConnection();
    const next = await NginxRtmp.start(folder.path, { port: nginx.port });
    await filming.send(0, again);
    return next;
  };
  await filming.send(0, filming.channel.connected());
  await using second = await replace(first, two);
  await using third = await replace(second, three);
  await filming.send(80);
  await filming.channel.close();
  await closeEmpty(engine);
  await third.recording('victim');
  await expectBalance(filming, await recordings([one.path, two.path, three.path]));
});

test('nginx hangs, and goes on with a name that is busy until it has noticed', LONG, async (context) => {
  requirePeers(context, 'nginx-rtmp');
  await using folder = await TempFolder.create();
  await using nginx = await NginxRtmp.start(folder.path);
  const engine = await PushEngine.create({ maxConnections: 1, shards: 1, debugPool: true });
  const filming = new Filming(engine, nginx.url('victim'));
  await filming.send(0, filming.channel.connected());
  await filming.send(100);
  const lost = filming.nextLoss();
  nginx.signal('SIGSTOP');
  await filming.send(0, lost);
  const again = filming.nextConnection();
  nginx.signal('SIGCONT');
  await filming.send(0, again);
  await filming.send(100);
  await filming.channel.close();
  await closeEmpty(engine);
  await nginx.recording('victim');
  expect(filming.channel.stats().reconnects).toBeGreaterThan(0);
});

/** Behaviours of a server that closes at a stage, the first few times. */
const stages: readonly (readonly [stage: string, behaviour: (isBad: () => boolean) => ReceiverBehaviour])[] =
  [
    ['connect', (isBad) => ({ onConnect: () => (isBad() ? 'close' : 'accept') })],
    ['createStream', (isBad) => ({ onCreateStream: () => (isBad() ? 'close' : 'accept') })],
    ['publish', (isBad) => ({ onPublish: () => (isBad() ? 'close' : 'accept') })],
    [
      'a busy name',
      (isBad) => ({
        onPublish: () =>
          isBad() ? { code: 'NetStream.Publish.BadName', description: 'Already publishing' } : 'accept',
      }),
    ],
    ['media', () => ({ dropMidMessageAfter: 150_000 })],
  ];

test.each(stages)(
  'a server that closes at %s is connected to again, and everything is accounted for',
  LONG,
  async (stage, behaviour) => {
    let asked = 0;
    await using receiver = await RecordingReceiver.listen(behaviour(() => asked++ < 3));
    const engine = await PushEngine.create({ maxConnections: 1, shards: 1, debugPool: true });
    const filming = new Filming(engine, receiver.url('victim'), 'reject');
    await filming.send(0, filming.channel.connected());
    if (stage === 'media') await filming.send(0, filming.nextLoss());
    await filming.send(60);
    await filming.channel.close();
    await closeEmpty(engine);
    await expectBalance(filming, receiver.streams('victim'));
  },
);
