// Sound that waits for its picture, on its way through encryption, and to a server that is too slow.

import { setImmediate as turn } from 'node:timers/promises';
import { FlvDecryptor, TagRole, TagType } from '@cloudpush/muxer';
import { expect, test } from 'vitest';
import { ChannelCounter } from '../../memory/counters.js';
import { destinationConfig } from '../../options/destination-config.js';
import type { EncryptionOptions } from '../../options/encryption-options.js';
import type { ChannelOptions, DestinationOptions } from '../../options/options.js';
import { channelConfig } from '../../options/stream-config.js';
import { FakePublisher } from '../testing/fake-connection.js';
import { type FakePacket, FakeShard } from '../testing/fake-shard.js';
import { H264_INTER, H264_KEY } from '../testing/media.js';
import { WorkerChannel } from './worker-channel.js';

const DELAY = 40;
const KEY = 'vavakey';
const { keyFrame, interFrame, audioFrame } = TagRole;

/** A frame of AAC-LC in ADTS, 48 kHz stereo, long enough to have something to encrypt. */
const SOUND = Buffer.concat([Buffer.from('fff15080081ffc', 'hex'), Buffer.alloc(57, 0x21)]);

/**
 * A channel that is published to a server whose kernel takes nothing, so that all that was sent stays to be
 * read.
 */
class Bench {
  readonly shard = new FakeShard(DELAY);
  readonly publisher = new FakePublisher();
  readonly #channel: WorkerChannel;
  readonly #options: Partial<DestinationOptions>;

  constructor(encryption: EncryptionOptions, options: Partial<DestinationOptions> = {}) {
    const config = {
      ...channelConfig({ trackWait: 0 } as ChannelOptions),
      encryption,
      segment: { number: 1, isOpen: true },
      source: undefined,
    };
    this.#channel = new WorkerChannel(this.shard, 1, config, {
      resume: undefined,
      expectsDestination: () => false,
    });
    this.#options = options;
  }

  async publish(): Promise<this> {
    const config = destinationConfig(
      { url: 'rtmp://127.0.0.1/live/a', reconnect: true, ...this.#options } as DestinationOptions,
      { maxPacket: 65_536 },
    );
    this.#channel.attach(0, config, undefined, undefined);
    await turn();
    await this.shard.connections.latest.succeed(this.publisher);
    return this;
  }

  key(pts: number): void {
    this.#send(this.shard.keyFrame(this.#channel, H264_KEY, pts));
  }

  inter(pts: number): void {
    this.#send(this.shard.video(this.#channel, H264_INTER, pts));
  }

  sound(pts: number): void {
    this.#send(this.shard.audio(this.#channel, SOUND, pts));
  }

  /** Roles and times of the frames that have been sent. */
  get frames(): [TagRole, number][] {
    const isFrame = ({ role }: { readonly role: TagRole }): boolean =>
      ([keyFrame, interFrame, audioFrame] as TagRole[]).includes(role);
    return this.publisher.sent.filter(isFrame).map(({ role, timestamp }) => [role, timestamp]);
  }

  close(): void {
    this.#channel.close();
  }

  /** A turn of its own. */
  #send({ descriptor, block }: FakePacket): void {
    this.#channel.take(descriptor, block);
    this.shard.flush();
  }
}

/** The frames that a viewer gets of a stream whose sound comes apart from its pictures. */
async function playedOf(encryption: EncryptionOptions): Promise<string[]> {
  const bench = await new Bench(encryption).publish();
  bench.publisher.held = [];
  const { clock } = bench.shard;
  bench.sound(0);
  bench.key(0);
  for (const pts of [10, 31]) {
    clock.pass(15);
    bench.sound(pts);
  }
  bench.inter(40);
  bench.sound(52);
  clock.pass(DELAY);
  const order = bench.frames.map(([role]) => role);
  expect(order).toEqual([audioFrame, keyFrame, audioFrame, audioFrame, interFrame, audioFrame]);
  const decryptor = new FlvDecryptor({ keys: [KEY] });
  const clear = bench.publisher.sent.map(({ type, timestamp, parts }) =>
    decryptor.decrypt({ type, timestamp, payload: Buffer.concat(parts) }),
  );
  decryptor.end();
  // Of the pictures here nothing is encrypted: all of their bytes are headers.
  const isEncrypted = encryption.audio !== undefined;
  expect(decryptor.counts.decrypted).toBe(isEncrypted ? 4 : 0);
  return clear
    .filter((tag) => tag !== undefined && tag.type !== TagType.scriptData)
    .map((tag) => `${tag!.timestamp} ${Buffer.from(tag!.payload).toString('hex')}`);
}

test('sound that is encrypted waits for its picture too, and decrypted it is what it was, in its order', async () => {
  const settings = { mode: 'allFrames', key: KEY } as const;
  expect(await playedOf({ video: settings, audio: settings })).toEqual(await playedOf({}));
});

test('sound that is encrypted leaves before the bound when no picture comes', async () => {
  const bench = await new Bench({ audio: { mode: 'allFrames', key: KEY } }).publish();
  bench.sound(0);
  bench.key(0);
  bench.sound(10);
  bench.shard.clock.pass(DELAY - 2);
  expect(bench.frames).toHaveLength(2);
  bench.shard.clock.pass(2);
  expect(bench.frames.at(-1)).toEqual([audioFrame, 10]);
});

test('of a server that is too slow, pictures are dropped with the sound in front of them, and order stays', async () => {
  const bench = await new Bench(
    {},
    { overflow: 'drop', highWatermark: { bytes: 1500 }, lowWatermark: { bytes: 700 } },
  ).publish();
  const { shard, publisher } = bench;
  bench.sound(0);
  bench.key(0);
  publisher.isWritable = false;
  for (let picture = 1; picture <= 40; picture++) {
    const pts = picture * 40;
    shard.clock.pass(10);
    bench.sound(pts - 30);
    shard.clock.pass(20);
    bench.sound(pts - 9);
    shard.clock.pass(10);
    if (picture % 10 === 0) bench.key(pts);
    else bench.inter(pts);
  }
  const { counters } = shard;
  expect(counters.channels.get(1, ChannelCounter.packetsLost)).toBe(0);
  publisher.isWritable = true;
  shard.connections.latest.drain();
  shard.flush();
  bench.sound(1610);
  shard.clock.pass(DELAY);
  const times = bench.frames.map(([, time]) => time);
  expect(times).toEqual(times.toSorted((a, b) => a - b));
  expect(times.length).toBeLessThan(80);
  expect(bench.frames.at(-1)).toEqual([audioFrame, 1610]);
  // Behind a gap the stream begins at a key frame, and no sound that was in front of it is left.
  const gap = times.findIndex((time, i) => i > 0 && time - times[i - 1]! > 50);
  expect(bench.frames[gap]).toEqual([keyFrame, expect.any(Number)]);
  bench.close();
  expect(shard.blocksInUse).toBe(0);
});
