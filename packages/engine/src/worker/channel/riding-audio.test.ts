// Sound waits for its channel's next picture: in which order both leave, and never longer than the bound.

import { setImmediate as turn } from 'node:timers/promises';
import { TagRole } from '@cloudpush/muxer';
import { beforeEach, describe, expect, test } from 'vitest';
import { CloudPushError } from '../../base/errors.js';
import { ChannelCounter } from '../../memory/counters.js';
import { newCounts, summarize } from '../../memory/latency-histogram.js';
import { destinationConfig } from '../../options/destination-config.js';
import type { ChannelOptions } from '../../options/options.js';
import { channelConfig } from '../../options/stream-config.js';
import type { ChannelSource } from '../source/channel-source.js';
import type { FakePublisher } from '../testing/fake-connection.js';
import { type FakePacket, FakeShard } from '../testing/fake-shard.js';
import { ADTS, H264_INTER, H264_KEY } from '../testing/media.js';
import { WorkerChannel } from './worker-channel.js';

const CHANNEL = 1;
const DELAY = 40;
const { keyFrame, interFrame, audioFrame } = TagRole;

const failure = new CloudPushError('ERR_TEST', 'the test says so', { class: 'retryable' });

let shard: FakeShard;

beforeEach(() => {
  shard = new FakeShard(DELAY);
});

function open(options: Partial<ChannelOptions> = {}): WorkerChannel {
  const config = {
    ...channelConfig({ trackWait: 0, ...options } as ChannelOptions),
    encryption: {},
    segment: { number: 1, isOpen: true },
    source: undefined,
  };
  return new WorkerChannel(shard, CHANNEL, config, { resume: undefined, expectsDestination: () => false });
}

async function publish(channel: WorkerChannel, number = 0): Promise<FakePublisher> {
  const destination = destinationConfig(
    { url: 'rtmp://127.0.0.1/live/a', reconnect: true },
    { maxPacket: 65_536 },
  );
  channel.attach(number, destination, undefined, undefined);
  await turn();
  return shard.connections.latest.succeed();
}

/** A turn of its own. */
function send(channel: WorkerChannel, ...packets: readonly FakePacket[]): void {
  for (const { descriptor, block } of packets) channel.take(descriptor, block);
  shard.flush();
}

function frames({ sent }: FakePublisher): TagRole[] {
  return sent
    .map(({ role }) => role)
    .filter((role) => ([keyFrame, interFrame, audioFrame] as TagRole[]).includes(role));
}

const key = (channel: WorkerChannel, pts: number): FakePacket => shard.keyFrame(channel, H264_KEY, pts);
const inter = (channel: WorkerChannel, pts: number): FakePacket => shard.video(channel, H264_INTER, pts);
const sound = (channel: WorkerChannel, pts: number): FakePacket => shard.audio(channel, ADTS, pts);

/** A channel that is published, with a picture and a frame of sound behind it. */
async function flowing(options: Partial<ChannelOptions> = {}): Promise<[WorkerChannel, FakePublisher]> {
  const channel = open(options);
  const publisher = await publish(channel);
  send(channel, sound(channel, 0), key(channel, 0));
  return [channel, publisher];
}

test('sound waits for the next picture and leaves in front of it, in the order in which it came', async () => {
  const [channel, publisher] = await flowing();
  const before = publisher.sent.length;
  send(channel, sound(channel, 10));
  shard.clock.pass(15);
  send(channel, sound(channel, 31));
  shard.clock.pass(15);
  expect(publisher.sent.length).toBe(before);
  send(channel, inter(channel, 40));
  const left = publisher.sent.slice(before);
  expect(left.map(({ role }) => role)).toEqual([audioFrame, audioFrame, interFrame]);
  expect(left.map(({ timestamp }) => timestamp)).toEqual([10, 31, 40]);
  expect(shard.blocksInUse).toBe(0);
});

test('sound that no picture comes for leaves before the bound', async () => {
  const [channel, publisher] = await flowing();
  send(channel, sound(channel, 10));
  shard.clock.pass(DELAY - 2);
  expect(frames(publisher)).toEqual([audioFrame, keyFrame]);
  shard.clock.pass(2);
  expect(frames(publisher)).toEqual([audioFrame, keyFrame, audioFrame]);
  expect(shard.blocksInUse).toBe(0);
});

test.each([1, 7, 20, 33, 39, 41, 60, 200, 999])(
  'no sound waits for longer than the bound with a picture each %i ms',
  async (interval) => {
    const [channel, publisher] = await flowing();
    const cameAt: number[] = [];
    let seen = publisher.sent.length;
    const check = (): void => {
      for (; seen < publisher.sent.length; seen++) {
        if (publisher.sent[seen]!.role !== audioFrame) continue;
        expect(shard.clock.now() - cameAt.shift()!).toBeLessThanOrEqual(DELAY);
      }
    };
    for (let ms = 1; ms < 2000; ms++) {
      shard.clock.pass(1);
      check();
      if (ms % 21 === 0) {
        cameAt.push(shard.clock.now());
        send(channel, sound(channel, ms));
      }
      if (ms % interval === 0) send(channel, inter(channel, ms));
      check();
    }
    for (let ms = 0; ms < DELAY; ms++) {
      shard.clock.pass(1);
      check();
    }
    expect(cameAt).toEqual([]);
    const times = publisher.sent
      .filter(({ role }) => role !== TagRole.data)
      .map(({ timestamp }) => timestamp);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
  },
);

test('the sound of a channel without pictures leaves at once', async () => {
  const channel = open();
  const publisher = await publish(channel);
  for (let i = 0; i < 5; i++) {
    send(channel, sound(channel, i * 21));
    expect(frames(publisher)).toHaveLength(i + 1);
    shard.clock.pass(21);
  }
  expect(shard.clock.pending).toBe(0);
});

test('the sound of a camera whose pictures have ceased leaves at once', async () => {
  const [channel, publisher] = await flowing();
  shard.clock.pass(1001);
  send(channel, sound(channel, 1001));
  expect(frames(publisher)).toEqual([audioFrame, keyFrame, audioFrame]);
});

test('sound that comes in the turn of a picture leaves with that one', async () => {
  const [channel, publisher] = await flowing();
  send(channel, inter(channel, 40), sound(channel, 42));
  expect(frames(publisher)).toEqual([audioFrame, keyFrame, interFrame, audioFrame]);
});

test('with a bound of 0 sound leaves at once', async () => {
  shard = new FakeShard(0);
  const [channel, publisher] = await flowing();
  send(channel, sound(channel, 10));
  expect(frames(publisher)).toEqual([audioFrame, keyFrame, audioFrame]);
});

test('a stream that waits for its second track begins as soon as that is there', async () => {
  const channel = open({ trackWait: 1000 });
  const publisher = await publish(channel);
  send(channel, key(channel, 0));
  expect(frames(publisher)).toEqual([]);
  send(channel, sound(channel, 5));
  expect(frames(publisher)).toEqual([keyFrame, audioFrame]);
});

describe('before something follows that is no packet, the sound that waits leaves:', () => {
  test('the end of a segment', async () => {
    const [channel, publisher] = await flowing();
    send(channel, sound(channel, 10));
    send(channel, shard.metadata(channel, { type: 'streamEnd', alarmDuration: 0, time: 0 }, 20));
    expect(frames(publisher)).toEqual([audioFrame, keyFrame, audioFrame]);
    expect(publisher.sent.at(-1)!.role).toBe(TagRole.data);
    expect(publisher.unpublishes).toBe(1);
  });

  test('a destination that is added gets none of it', async () => {
    const [channel, first] = await flowing();
    send(channel, sound(channel, 10));
    const second = await publish(channel, 1);
    expect(frames(first)).toEqual([audioFrame, keyFrame, audioFrame]);
    send(channel, key(channel, 40));
    expect(frames(second)).toEqual([keyFrame]);
  });

  test('a destination that leaves gets all of it', async () => {
    const [channel, publisher] = await flowing();
    await publish(channel, 1);
    send(channel, key(channel, 5));
    send(channel, sound(channel, 10));
    channel.detach(0);
    expect(frames(publisher).at(-1)).toBe(audioFrame);
  });

  test('the end of the channel', async () => {
    const [channel, publisher] = await flowing();
    send(channel, sound(channel, 10));
    channel.close();
    expect(frames(publisher)).toEqual([audioFrame, keyFrame, audioFrame]);
    expect(shard.blocksInUse).toBe(0);
  });
});

test('every destination gets the sound in front of the picture', async () => {
  const [channel, first] = await flowing();
  const second = await publish(channel, 1);
  send(channel, key(channel, 5));
  send(channel, sound(channel, 10));
  send(channel, inter(channel, 40));
  for (const publisher of [first, second])
    expect(frames(publisher).slice(-3)).toEqual([keyFrame, audioFrame, interFrame]);
});

test('sound waits for its picture also while the connection is made again, and none is lost', async () => {
  const [channel] = await flowing();
  await shard.connections.latest.lose(failure);
  send(channel, sound(channel, 10));
  send(channel, key(channel, 40));
  send(channel, sound(channel, 50));
  shard.clock.pass(10_000);
  await turn();
  const publisher = await shard.connections.latest.succeed();
  shard.flush();
  expect(frames(publisher).filter((role) => role === keyFrame)).toHaveLength(1);
  expect(frames(publisher).at(-1)).toBe(audioFrame);
  expect(shard.blocksInUse).toBe(0);
});

test('of a channel that is broken off, the sound that waits comes back and counts as lost', async () => {
  const [channel] = await flowing();
  send(channel, sound(channel, 10));
  channel.fail(failure);
  await shard.connections.latest.lose(failure);
  expect(shard.blocksInUse).toBe(0);
  expect(shard.counters.channels.get(CHANNEL, ChannelCounter.packetsLost)).toBe(1);
  shard.clock.pass(100);
});

test('what waits on purpose does not count for the latency, and pictures do', async () => {
  const [channel] = await flowing();
  const counted = (): number => {
    const counts = newCounts();
    shard.counters.latency.addTo(counts);
    return summarize(counts).count;
  };
  const before = counted();
  send(channel, sound(channel, 10));
  shard.clock.pass(30);
  send(channel, inter(channel, 40));
  expect(counted()).toBe(before + 1);
});

test('of more sound than ever waits for a picture, the rest leaves at once', async () => {
  const [channel, publisher] = await flowing();
  for (let i = 0; i < 40; i++) send(channel, sound(channel, 10 + i));
  expect(frames(publisher).length).toBeGreaterThan(20);
  shard.clock.pass(DELAY);
  expect(frames(publisher)).toHaveLength(42);
  const times = publisher.sent.map(({ timestamp }) => timestamp);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
});

test('with a window, all that a source gives waits for the tick, and leaves in order', async () => {
  shard = new FakeShard(0, 100);
  const channel = open();
  channel.source = {} as ChannelSource;
  const publisher = await publish(channel);
  shard.clock.pass(130);
  send(channel, key(channel, 0));
  shard.clock.pass(30);
  send(channel, sound(channel, 30), inter(channel, 40));
  shard.clock.pass(39);
  expect(frames(publisher)).toEqual([]);
  shard.clock.pass(1);
  expect(frames(publisher)).toEqual([keyFrame, audioFrame, interFrame]);
  send(channel, sound(channel, 60));
  shard.clock.pass(100);
  expect(frames(publisher)).toHaveLength(4);
  expect([shard.clock.pending, shard.blocksInUse]).toEqual([0, 0]);
});

test('with a window, what comes through the ring has waited there', async () => {
  shard = new FakeShard(0, 100);
  const channel = open();
  const publisher = await publish(channel);
  send(channel, key(channel, 0), sound(channel, 10));
  expect(frames(publisher)).toEqual([keyFrame, audioFrame]);
});
