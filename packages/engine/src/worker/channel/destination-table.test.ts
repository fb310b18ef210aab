// The first destinations of a channel that stood by: what they begin with, and what ends their wait.

import { setImmediate as turn } from 'node:timers/promises';
import { type FlvTag, TagRole } from '@cloudpush/muxer';
import { describe, expect, test, vi } from 'vitest';
import { destinationConfig } from '../../options/destination-config.js';
import type { EncryptionOptions } from '../../options/encryption-options.js';
import { channelConfig } from '../../options/stream-config.js';
import { WorkerDestination } from '../destination/worker-destination.js';
import { type FakePacket, FakeShard } from '../testing/fake-shard.js';
import { H264_INTER, H264_KEY } from '../testing/media.js';
import { ChannelMuxer } from './channel-muxer.js';
import { FanOut } from './fan-out.js';
import { pictureId } from './key-picture.js';
import { WorkerChannel } from './worker-channel.js';

const HEADERS = ['data@0', 'videoSequenceHeader@0'];
const to = destinationConfig({ url: 'rtmp://127.0.0.1/live/a' }, { maxPacket: 65_536 });
/** No two are alike. */
const keyFrame = (second: number): Buffer => Buffer.concat([H264_KEY, Buffer.from([second + 1])]);

const nameOf = (role: FlvTag['role']): string =>
  Object.entries(TagRole).find(([, number]) => number === role)![0];

function standBy(seconds: number, encryption: EncryptionOptions = {}) {
  const shard = new FakeShard();
  const config = { ...channelConfig({ trackWait: 0 }), encryption, source: undefined, standby: true };
  const segment = { number: 1, isOpen: true };
  const beginning = { resume: undefined, expectsDestination: () => false };
  const channel = new WorkerChannel(shard, 1, { ...config, segment }, beginning);
  const send = ({ descriptor, block }: FakePacket): void => {
    channel.take(descriptor, block);
    shard.flush();
  };
  const group = (second: number): void => {
    send(shard.keyFrame(channel, keyFrame(second), second * 1000));
    send(shard.video(channel, H264_INTER, second * 1000 + 500));
  };
  for (let second = 0; second < seconds; second++) group(second);
  const beginWith = (second: number): void => {
    const { descriptor, block } = shard.video(channel, keyFrame(second), 0);
    channel.intake.beginWith(pictureId(shard.pool, descriptor, block)!);
    block.release();
  };
  const attach = (...numbers: number[]): void => {
    for (const number of numbers) channel.attach(number, to, undefined, undefined);
  };
  /** Has all connections made that are wanted, and tells what goes out on each. */
  const publish = async (): Promise<() => string[][]> => {
    shard.clock.pass(40);
    await turn();
    const publishers = await Promise.all(shard.connections.made.map((connection) => connection.succeed()));
    return () =>
      publishers.map(({ sent }) => sent.map(({ role, timestamp }) => `${nameOf(role)}@${timestamp}`));
  };
  return { shard, channel, send, group, beginWith, attach, publish };
}

test('all destinations that are added together begin with what is kept, headers first', async () => {
  const { group, beginWith, attach, publish, shard } = standBy(5);
  beginWith(3);
  attach(0, 1);
  const sent = await publish();
  group(5);
  const media = ['keyFrame@0', 'interFrame@500', 'keyFrame@1000', 'interFrame@1500', 'keyFrame@2000'];
  expect(sent()).toEqual(Array(2).fill([...HEADERS, ...media, 'interFrame@2500']));
  expect(shard.blocksInUse).toBe(0);
});

test('a key frame that has yet to come is waited for, and has the headers before it', async () => {
  const { group, beginWith, attach, publish, shard } = standBy(2);
  beginWith(3);
  attach(0);
  await turn();
  group(2);
  expect(shard.connections.made).toEqual([]);
  group(3);
  expect((await publish())()).toEqual([[...HEADERS, 'keyFrame@0', 'interFrame@500']]);
  expect(shard.blocksInUse).toBe(0);
});

test('it is waited for 2 s, and then begun with the latest', async () => {
  const { group, beginWith, attach, publish, shard } = standBy(2);
  beginWith(9);
  attach(0);
  group(2);
  shard.clock.pass(1999);
  expect(shard.connections.made).toEqual([]);
  shard.clock.pass(1);
  expect((await publish())()).toEqual([[...HEADERS, 'keyFrame@0', 'interFrame@500']]);
});

test('one that leaves while it waits is told of, and the others wait on', async () => {
  const { channel, group, beginWith, attach, publish, shard } = standBy(3);
  beginWith(3);
  attach(0, 1, 2);
  channel.detach(1);
  channel.abort(new Error('enough'), 2);
  expect(shard.of('detached')).toMatchObject([
    { destination: 1, error: undefined },
    { destination: 2, error: {} },
  ]);
  group(3);
  expect((await publish())()).toEqual([[...HEADERS, 'keyFrame@0', 'interFrame@500']]);
});

test('metadata ends the wait: nothing goes out that another has sent, and the time begins anew', async () => {
  const { send, channel, group, beginWith, attach, publish, shard } = standBy(60);
  beginWith(70);
  attach(0);
  send(shard.metadata(channel, { type: 'streamStart', trigger: 'face', time: 0 }));
  const sent = await publish();
  group(60);
  group(61);
  const media = sent()[0]!.filter((tag) => !tag.startsWith('data'));
  expect(media).toEqual([
    'videoSequenceHeader@0',
    'keyFrame@0',
    'interFrame@500',
    'keyFrame@1000',
    'interFrame@1500',
  ]);
});

test('destinations that are added in several turns of the caller begin together', async () => {
  const { attach, publish, shard } = standBy(2);
  attach(0);
  shard.clock.pass(30);
  await turn();
  attach(1);
  const sent = await publish();
  expect(sent()).toEqual(Array(2).fill([...HEADERS, 'keyFrame@0', 'interFrame@500']));
});

test('a channel that ends while it waits makes no connection, and gives all back', async () => {
  for (const end of ['close', 'abort'] as const) {
    const { channel, beginWith, attach, shard } = standBy(3);
    beginWith(3);
    attach(0);
    if (end === 'close') channel.close();
    else channel.abort(new Error('enough'), undefined);
    await turn();
    expect([shard.blocksInUse, channel.ended]).toEqual([0, true]);
    expect(shard.of('detached')).toMatchObject([{ destination: 0 }]);
    expect([shard.connections.made, shard.clock.pending]).toEqual([[], 0]);
  }
});

test('one that is led elsewhere while it waits begins at once', async () => {
  const { channel, beginWith, attach, shard } = standBy(3);
  beginWith(3);
  attach(0);
  expect(channel.find(0)).toBeDefined();
  await turn();
  expect(shard.connections.made).toHaveLength(1);
});

describe('a fault of ours while several begin ends all of them with its cause, and gives all back:', () => {
  const raise = (): never => {
    throw new TypeError('no such field');
  };
  const unusable = {
    ...to,
    get target(): never {
      return raise();
    },
  };
  const error = { message: expect.stringContaining('no such field') };

  test.each<[string, (bench: ReturnType<typeof standBy>, index: number) => void]>([
    ['when it is made', ({ channel }, index) => channel.attach(index, unusable, undefined, undefined)],
    [
      'when it connects',
      ({ attach }, index) => {
        attach(index);
        const { connect } = WorkerDestination.prototype;
        vi.spyOn(WorkerDestination.prototype, 'connect').mockImplementation(function (
          this: WorkerDestination,
        ) {
          if (this.number === index) raise();
          connect.call(this, undefined);
        });
      },
    ],
    [
      'before the first is made',
      ({ attach }, index) => {
        attach(index);
        vi.spyOn(ChannelMuxer.prototype, 'mux').mockImplementation(raise);
      },
    ],
    [
      'when all are sent what is kept',
      ({ attach }, index) => {
        attach(index);
        const { mux } = ChannelMuxer.prototype;
        const added = vi.spyOn(FanOut.prototype, 'add');
        vi.spyOn(ChannelMuxer.prototype, 'mux').mockImplementation(function (this: ChannelMuxer, ...packet) {
          if (added.mock.calls.length === 3) raise();
          mux.apply(this, packet);
        });
      },
    ],
  ])('%s', async (_, breakOne) => {
    for (const faulty of [0, 1, 2]) {
      const bench = standBy(3);
      const { channel, attach, shard } = bench;
      for (const index of [0, 1, 2])
        if (index === faulty) breakOne(bench, index);
        else attach(index);
      shard.clock.pass(40);
      await turn();
      vi.restoreAllMocks();
      const gone = shard.of('detached').toSorted((a, b) => a.destination - b.destination);
      expect(gone).toMatchObject([0, 1, 2].map((destination) => ({ destination, error })));
      expect([channel.ended, shard.blocksInUse, shard.clock.pending]).toEqual([true, 0, 0]);
    }
  });

  test('also when metadata begins with them, which comes back too', async () => {
    const { channel, attach, send, shard } = standBy(3);
    channel.attach(0, unusable, undefined, undefined);
    attach(1);
    send(shard.metadata(channel, { type: 'streamStart', trigger: 'face', time: 0 }));
    expect(shard.of('detached')).toMatchObject([{ error }, { error }]);
    expect([channel.ended, shard.blocksInUse]).toEqual([true, 0]);
  });
});

test('an encrypted stream that was waited for is told of with the nonces that it has', async () => {
  const { group, beginWith, attach, shard } = standBy(2, {
    video: { mode: 'allFrames', key: new Uint8Array(16) },
  });
  const encryptionOf = async (): Promise<string | undefined> => {
    shard.clock.pass(40);
    await turn();
    const { sent } = await shard.connections.latest.succeed();
    group(4);
    const data = sent
      .filter(({ role }) => role === TagRole.data)
      .map(({ parts }) => Buffer.concat(parts).toString('latin1'));
    return data.find((text) => text.includes('onEncryption'));
  };
  beginWith(2);
  attach(0);
  group(2);
  const first = await encryptionOf();
  attach(1);
  expect(first).toMatch('onEncryption');
  expect(await encryptionOf()).toBe(first);
});
