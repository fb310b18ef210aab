// Channels come and go while the engine runs, and stopping one always ends, whatever state its connection is
// in.

import { once } from 'node:events';
import { setTimeout } from 'node:timers/promises';
import {
  type Channel,
  type ChannelOptions,
  type ChannelSettings,
  type CloseReport,
  PushEngine,
} from '@cloudpush/engine';
import { describe, expect, test, vi } from 'vitest';
import { cameraPackets } from './camera.js';
import { closeEmpty } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';
import { UnacceptingListener } from './unaccepting-listener.js';

vi.setConfig({ testTimeout: 60_000 });

const [picture] = cameraPackets();
/** Never reached: no state may need its time-out to be left. */
const patient = { connectTimeout: 600_000, closeTimeout: 500 };
const never = (): 'ignore' => 'ignore';

interface Stage extends AsyncDisposable {
  readonly options: ChannelOptions;
  /** Brings the channel into the state. */
  readonly reach: (channel: Channel) => Promise<unknown>;
}

/** A channel to an embedded receiver. */
async function stage(
  behaviour: Parameters<typeof RecordingReceiver.listen>[0],
  reach: (channel: Channel, receiver: RecordingReceiver) => Promise<unknown>,
  options: ChannelSettings = {},
): Promise<Stage> {
  const receiver = await RecordingReceiver.listen(behaviour);
  return {
    options: { url: receiver.url('a'), ...patient, ...options },
    reach: (channel) => reach(channel, receiver),
    [Symbol.asyncDispose]: () => receiver[Symbol.asyncDispose](),
  };
}

async function untilConnected(_: Channel, receiver: RecordingReceiver): Promise<void> {
  while (receiver.connections === 0) await setTimeout(5);
}

async function untilPaused(channel: Channel): Promise<void> {
  await channel.connected();
  for (let pts = 0; channel.sendVideo(picture!.data, { pts }); pts += 40) await setTimeout(1);
}

const states: Readonly<Record<string, () => Promise<Stage>>> = {
  'before its worker thread has heard of it': () => stage({}, async () => {}),
  'while TCP hangs': async () => {
    const listener = await UnacceptingListener.listen();
    return {
      options: { url: `rtmp://127.0.0.1:${listener.port}/live/a`, ...patient },
      // Nothing tells that it hangs: any other outcome would come at once.
      reach: () => setTimeout(100),
      [Symbol.asyncDispose]: () => listener[Symbol.asyncDispose](),
    };
  },
  'while the handshake is not answered': () => stage({ handshake: 'silent' }, untilConnected),
  'while connect is not answered': () => stage({ onConnect: never }, untilConnected),
  'while createStream is not answered': () => stage({ onCreateStream: never }, untilConnected),
  'while publish is not answered': () => stage({ onPublish: never }, untilConnected),
  'while it publishes': () => stage({}, (channel) => channel.connected()),
  'while the server reads nothing': () =>
    stage({ readBytesPerSecond: 0 }, untilPaused, { highWatermark: { bytes: 100_000 } }),
  'while it waits for the next attempt': () =>
    stage(
      {},
      async (channel, receiver) => {
        await channel.connected();
        receiver.stream('a').drop();
        await once(channel, 'disconnect');
      },
      { reconnect: { initialDelay: 3_600_000, maxDelay: 3_600_000 } },
    ),
  'while it closes, and the server does not': () =>
    stage({ neverCloses: true }, async (channel) => {
      await channel.connected();
      void channel.close();
    }),
};

const ways: Readonly<Record<string, (channel: Channel, engine: PushEngine) => unknown>> = {
  close: (channel) => channel.close(),
  abort: (channel) => channel.abort(),
  'closing the engine': (_, engine) => engine.close(),
};

describe.each(Object.keys(states))('a channel that is stopped %s', (state) => {
  test.each(Object.keys(ways))('by %s ends', async (way) => {
    await using given = await states[state]!();
    const engine = await PushEngine.create({ maxConnections: 2, shards: 1, debugPool: true });
    const channel = engine.openChannel(given.options);
    const closed = once(channel, 'close') as Promise<[CloseReport]>;
    await given.reach(channel);
    ways[way]!(channel, engine);
    await closed;
    expect(channel.state).toBe('closed');
    expect(engine.stats()).toMatchObject({ channels: 0, destinations: 0 });
    await closeEmpty(engine);
  });
});

test('channels are listed while they last, and their places are free when they are over', async () => {
  await using receiver = await RecordingReceiver.listen();
  const engine = await PushEngine.create({ maxConnections: 3 });
  const open = (name: string): Channel => engine.openChannel({ url: receiver.url(name) });
  for (let round = 0; round < 3; round++) {
    const channels = ['a', 'b', 'c'].map((name) => open(`${name}${round}`));
    expect(new Set(engine.channels)).toEqual(new Set(channels));
    expect(() => open('one too many')).toThrow(
      expect.objectContaining({ code: 'ERR_CLOUDPUSH_TOO_MANY_CONNECTIONS' }),
    );
    await channels[0]!.connected();
    await Promise.all(channels.map((channel) => channel.close()));
    expect(engine.channels).toEqual([]);
  }
  const ids = new Set(Array.from({ length: 3 }, (_, i) => open(`d${i}`).id));
  expect(Math.min(...ids)).toBeGreaterThan(9);
  await closeEmpty(engine);
});
