// Resources that run out, clocks that step, and processes that are ended at any moment.

import { PushEngine } from '@cloudpush/engine';
import { expect, test } from 'vitest';
import { cameraPackets, sendOne } from '../engine/camera.js';
import { closeEmpty, expectWhole } from '../engine/expectations.js';
import { RecordingReceiver } from '../engine/recording-receiver.js';
import { COMMAND } from '../support/cloudpush.js';
import { CloudpushReceiver } from '../support/cloudpush-receiver.js';
import { clip } from '../support/media.js';
import { requirePeers } from '../support/peers.js';
import { ChildProgram, run } from '../support/process.js';
import { TempFolder } from '../support/temp.js';

const LONG = { timeout: 120_000 };
const packets = cameraPackets();

/** The pushing of the clip in a loop, in a process of its own, under another program or none. */
function pushing(url: string, ...under: readonly string[]): ChildProgram {
  const args = [process.execPath, COMMAND, 'push', clip.video, clip.audio, url, '--loop', '--quiet'];
  const [command, ...rest] = [...under, ...args];
  return new ChildProgram(command!, rest);
}

test(
  'a worker thread that runs out of memory ends alone: a channel beside the leak goes on',
  LONG,
  async () => {
    await using receiver = await RecordingReceiver.listen();
    // A source module with a leak, in the thread of both channels.
    const leak =
      'export const openSource = () => { const all = []; for (;;) all.push({ one: [all.length] }); }';
    const script = `
    import { once } from 'node:events';
    import { PushEngine } from '@cloudpush/engine';
    const engine = await PushEngine.create({ maxConnections: 4, shards: 1 });
    const good = engine.openChannel({ url: ${JSON.stringify(receiver.url('good'))}, reconnect: true });
    await good.connected();
    const lost = once(good, 'disconnect');
    const module = 'data:text/javascript,' + encodeURIComponent(${JSON.stringify(leak)});
    const bad = engine.openChannel({ url: ${JSON.stringify(receiver.url('bad'))}, source: { module } });
    const [{ error }] = await once(bad, 'close');
    await lost;
    await good.connected();
    console.log(error.code, error.cause?.code, good.state);
    good.abort();
    await engine.close();
  `;
    const options = ['--max-old-space-size=64', '--input-type=module', '-e', script];
    const { stdout, code } = await run(process.execPath, options);
    expect({ stdout, code }).toEqual({
      stdout: 'ERR_CLOUDPUSH_SHARD_DIED ERR_WORKER_OUT_OF_MEMORY publishing\n',
      code: 0,
    });
  },
);

test('a caller whose event loop stands still costs nothing that was accepted', LONG, async () => {
  await using receiver = await RecordingReceiver.listen();
  const engine = await PushEngine.create({ maxConnections: 1, shards: 1, debugPool: true });
  const channel = engine.openChannel({ url: receiver.url('a') });
  await channel.connected();
  for (const [i, packet] of packets.entries()) {
    await sendOne(channel, packet);
    // The receiver is in this thread, too: it cannot read either.
    if (i % 60 === 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300);
  }
  expect(await channel.close()).toEqual({ clean: true, error: undefined });
  expectWhole(receiver.stream('a'), packets);
  await closeEmpty(engine);
});

test.for(['+1d', '-1d', '+0 x5'])(
  'a wall clock at %s does not matter to a stream',
  LONG,
  async (clock, context) => {
    requirePeers(context, 'faketime');
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.path);
    const faked = ['--exclude-monotonic', '-f', clock, process.execPath];
    const push = [
      COMMAND,
      'push',
      clip.video,
      clip.audio,
      receiver.url('a'),
      '--as-fast-as-possible',
      '--quiet',
    ];
    const { code, stderr } = await run('faketime', [...faked, ...push]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const { frames: pictures, audioFrames } = clip;
    expect(await receiver.ended('a')).toMatchObject({ clean: true, pictures, audioFrames });
  },
);

test.each(['SIGTERM', 'SIGKILL'] as const)(
  'a pusher that gets %s at any moment leaves a stream that can be decoded',
  LONG,
  async (signal) => {
    await using folder = await TempFolder.create();
    await using receiver = await CloudpushReceiver.start(folder.path);
    for (const name of ['a', 'b', 'c']) {
      await using pusher = pushing(receiver.url(name));
      await receiver.published(name);
      const exit = await pusher.stop(signal);
      if (signal === 'SIGTERM') expect(exit.code).not.toBeNull();
      const { clean } = await receiver.ended(name);
      expect(clean).toBe(signal === 'SIGTERM');
    }
  },
);
