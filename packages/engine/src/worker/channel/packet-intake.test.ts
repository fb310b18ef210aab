import { setImmediate as turn } from 'node:timers/promises';
import { TagRole } from '@cloudpush/muxer';
import { expect, test } from 'vitest';
import { destinationConfig } from '../../options/destination-config.js';
import { channelConfig } from '../../options/stream-config.js';
import type { FakePublisher } from '../testing/fake-connection.js';
import { type FakePacket, FakeShard } from '../testing/fake-shard.js';
import { ADTS, H264_INTER, H264_KEY } from '../testing/media.js';
import { WorkerChannel } from './worker-channel.js';

interface Bench {
  readonly shard: FakeShard;
  readonly channel: WorkerChannel;
  readonly publisher: FakePublisher;
}

/** A channel that publishes, and takes packets without waiting for another track. */
async function publishing(): Promise<Bench> {
  const shard = new FakeShard();
  const config = {
    ...channelConfig({ trackWait: 0 }),
    encryption: {},
    segment: { number: 1, isOpen: true },
    source: undefined,
  };
  const channel = new WorkerChannel(shard, 1, config, {
    resume: undefined,
    expectsDestination: () => false,
  });
  const to = destinationConfig({ url: 'rtmp://127.0.0.1/live/a' }, { maxPacket: 65_536 });
  channel.attach(0, to, undefined, undefined);
  await turn();
  return { shard, channel, publisher: await shard.connections.latest.succeed() };
}

function send({ shard, channel }: Bench, { descriptor, block }: FakePacket): void {
  channel.take(descriptor, block);
  shard.flush();
}

function count({ publisher }: Bench, role: TagRole): number {
  return publisher.sent.filter((tag) => tag.role === role).length;
}

test('an end at a key frame lets the pictures and the sound before it go out, and nothing else', async () => {
  const bench = await publishing();
  const { shard, channel } = bench;
  send(bench, shard.keyFrame(channel, H264_KEY, 0));
  channel.intake.endAtKeyFrame();
  send(bench, shard.audio(channel, ADTS, 20));
  send(bench, shard.video(channel, H264_INTER, 40));
  expect(shard.told).not.toContain('atKeyFrame');
  send(bench, shard.keyFrame(channel, H264_KEY, 80));
  send(bench, shard.audio(channel, ADTS, 100));
  send(bench, shard.video(channel, H264_INTER, 120));
  expect(shard.of('atKeyFrame')).toHaveLength(1);
  channel.intake.sendHeldBack();
  expect(
    [TagRole.keyFrame, TagRole.interFrame, TagRole.audioFrame].map((role) => count(bench, role)),
  ).toEqual([1, 1, 1]);
  expect(shard.blocksInUse).toBe(0);
});

test('an end at a key frame comes with the next sound where there are no pictures', async () => {
  const bench = await publishing();
  const { shard, channel } = bench;
  send(bench, shard.audio(channel, ADTS, 0));
  channel.intake.endAtKeyFrame();
  send(bench, shard.audio(channel, ADTS, 20));
  expect(shard.of('atKeyFrame')).toHaveLength(1);
  channel.intake.sendHeldBack();
  expect(count(bench, TagRole.audioFrame)).toBe(1);
  expect(shard.blocksInUse).toBe(0);
});
