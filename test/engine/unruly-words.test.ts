// Words of a server, and words that it leaves unsaid: refusals that may pass, requests to move, and too many
// words.

import { once } from 'node:events';
import { PushEngine } from '@cloudpush/engine';
import { MessageType } from '@cloudpush/transport';
import { describe, expect, test, vi } from 'vitest';
import { waitFor } from '../support/wait.js';
import { cameraPackets, sendOne } from './camera.js';
import { samples } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';
import { UnrulyServer } from './unruly-server.js';

// Busy machines take their time.
vi.setConfig({ testTimeout: 60_000 });

const packets = cameraPackets();
const quickly = { initialDelay: 1, maxDelay: 4 };

describe('a server that refuses without a word', () => {
  test('before it has answered publish is asked again so many times, and the error says what that means', async () => {
    let asked = 0;
    await using receiver = await RecordingReceiver.listen({
      onPublish: () => {
        asked++;
        return 'close';
      },
    });
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a'), reconnect: { ...quickly, maxRefusals: 3 } });
    const [{ error }] = await once(channel, 'close');
    expect(asked).toBe(4);
    expect(error).toMatchObject({
      code: 'ERR_CLOUDPUSH_PEER_CLOSED',
      class: 'retryable',
      details: { silent: true },
    });
    expect(error.message).toContain('usually refuses the stream');
    expect(error.message).toContain('given up after 4 refusals in a row');
    await engine.close();
  });

  test('after it has let the stream begin is asked no more than ten times again, unless told otherwise', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a'), reconnect: quickly });
    channel.on('connect', () => receiver.all.at(-1)!.drop());
    const [{ error }] = await once(channel, 'close');
    expect(error.message).toContain('given up after 11 refusals in a row');
    expect(receiver.all).toHaveLength(11);
    await engine.close();
  });

  test.each(['connect', 'publish'])(
    'or with …Failed at %s, is asked no more than so many times, either',
    async (step) => {
      let asked = 0;
      const hook = step === 'connect' ? 'onConnect' : 'onPublish';
      const code = step === 'connect' ? 'NetConnection.Connect.Failed' : 'NetStream.Publish.Failed';
      await using receiver = await RecordingReceiver.listen({
        [hook]: () => {
          asked++;
          return { code, description: 'not now' };
        },
      });
      const engine = await PushEngine.create({ maxConnections: 1 });
      const channel = engine.openChannel({
        url: receiver.url('a'),
        reconnect: { ...quickly, maxRefusals: 2 },
      });
      const [{ error }] = await once(channel, 'close');
      expect([asked, error.details.serverCode]).toEqual([3, code]);
      await engine.close();
    },
  );
});

test.each([
  ['BadName', { code: 'NetStream.Publish.BadName', description: 'Already publishing' }],
  ['Failed', { code: 'NetStream.Publish.Failed', description: 'not now' }],
  ['a close', 'close' as const],
])('a stream that was refused first, with %s, and then delivered whole ends cleanly', async (_, refusal) => {
  let asked = 0;
  await using receiver = await RecordingReceiver.listen({
    onPublish: () => (asked++ < 2 ? refusal : 'accept'),
  });
  const engine = await PushEngine.create({ maxConnections: 1 });
  const channel = engine.openChannel({ url: receiver.url('a'), reconnect: quickly });
  for (const packet of packets) await sendOne(channel, packet);
  expect(await channel.close()).toEqual({ clean: true, error: undefined });
  const stream = receiver.stream('a');
  const sent = packets.filter(({ kind }) => kind === 'video');
  expect(samples(stream, MessageType.video)).toHaveLength(sent.length);
  expect(asked).toBe(3);
  await engine.close();
});

describe('a server that talks on and on', () => {
  test('and asks the stream to move does not make it fall upon another server', async () => {
    let connections = 0;
    await using target = await UnrulyServer.listen(() => void connections++);
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url('a'), connectTimeout: 500 });
    await channel.connected();
    const started = performance.now();
    const stream = receiver.stream('a');
    for (let i = 0; i < 100; i++) {
      for (let j = 0; j < 20; j++) stream.requestReconnect(`rtmp://127.0.0.1:${target.port}/live`);
      await sendOne(channel, packets[i % packets.length]!);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await waitFor('the stream', 20_000, () => stream.messages.length > 50 || undefined);
    await waitFor('a connection', 20_000, () => connections > 0 || undefined);
    // The second move may come after 5 s, the third after 10 more; each may make the digest handshake, too.
    const elapsed = performance.now() - started;
    expect(connections).toBeLessThanOrEqual(2 * (1 + Math.ceil(elapsed / 5000)));
    await channel.abort();
    await engine.close();
  });

  test('is heard as far as a caller can take it, and the stream goes on', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 1 });
    // What a caller can take is counted from when the connection is made.
    const started = performance.now();
    const channel = engine.openChannel({ url: receiver.url('a') });
    let commands = 0;
    channel.destinations[0]!.on('command', () => void commands++);
    await channel.connected();
    const stream = receiver.stream('a');
    for (let i = 0; i < 20_000; i++) stream.command('onNoise', { text: 'x'.repeat(20) });
    stream.status('status', 'NetStream.Publish.Notify', 'the end of the noise');
    for (const packet of packets) await sendOne(channel, packet);
    const sent = packets.filter(({ kind }) => kind === 'video').length;
    await waitFor(
      'the stream',
      20_000,
      () => samples(stream, MessageType.video).length === sent || undefined,
    );
    expect(commands).toBeGreaterThan(0);
    expect(commands).toBeLessThanOrEqual(100 + ((performance.now() - started) / 1000) * 50);
    channel.abort();
    await engine.close();
  });
});
