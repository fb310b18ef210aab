import { setImmediate as turn } from 'node:timers/promises';
import { TagRole, TagType } from '@cloudpush/muxer';
import { RtmpError, RtmpErrorCode } from '@cloudpush/transport';
import { beforeEach, expect, test, vi } from 'vitest';
import { CloudPushError } from '../../base/errors.js';
import { ChannelCounter } from '../../memory/counters.js';
import { Command, type RingConsumer } from '../../memory/ring.js';
import { AUDIO_CODECS } from '../../options/codecs.js';
import { type DestinationConfig, destinationConfig } from '../../options/destination-config.js';
import type { ChannelOptions, DestinationOptions } from '../../options/options.js';
import { channelConfig } from '../../options/stream-config.js';
import type { ChannelConfig } from '../../protocol/stream.js';
import type { FakePublisher } from '../testing/fake-connection.js';
import { type FakePacket, FakeShard } from '../testing/fake-shard.js';
import { ADTS, H264_INTER, H264_KEY, H264_SETS, H264_SLICE, H265_KEY, OPUS } from '../testing/media.js';
import { WorkerChannel } from './worker-channel.js';

const CHANNEL = 1;
const URL = 'rtmp://127.0.0.1/live/a';
const lost = new CloudPushError('ERR_TEST', 'the test says so', { class: 'retryable' });

let shard: FakeShard;
let expectsDestination = false;

beforeEach(() => {
  shard = new FakeShard();
  expectsDestination = false;
});

function open(options: ChannelOptions | object = {}, more: Partial<ChannelConfig> = {}): WorkerChannel {
  const config = {
    ...channelConfig({ trackWait: 0, ...options }),
    encryption: {},
    segment: { number: 1, isOpen: true },
    source: undefined,
    ...more,
  };
  return new WorkerChannel(shard, CHANNEL, config, {
    resume: undefined,
    expectsDestination: () => expectsDestination,
  });
}

function destination(options: Partial<DestinationOptions> = {}): DestinationConfig {
  return destinationConfig({ url: URL, ...options } as DestinationOptions, { maxPacket: 65_536 });
}

/** Adds a destination, whose server answers at once. */
async function publish(
  channel: WorkerChannel,
  number: number,
  options: Partial<DestinationOptions> = {},
): Promise<FakePublisher> {
  channel.attach(number, destination(options), undefined, undefined);
  await turn();
  return shard.connections.latest.succeed();
}

function send(channel: WorkerChannel, ...packets: readonly FakePacket[]): void {
  for (const { descriptor, block } of packets) channel.take(descriptor, block);
  shard.flush();
}

function roles({ sent }: FakePublisher): TagRole[] {
  return sent.map(({ role }) => role);
}

test('a packet is muxed once: each destination gets its tags, behind headers, and the block comes back', async () => {
  const channel = open();
  const publishers = [await publish(channel, 0), await publish(channel, 1)];
  send(channel, shard.keyFrame(channel, H264_KEY, 0), shard.video(channel, H264_INTER, 40));
  send(channel, shard.audio(channel, ADTS, 50));
  const expected = [TagRole.data, TagRole.videoSequenceHeader, TagRole.keyFrame];
  for (const publisher of publishers) expect(roles(publisher).slice(0, 3)).toEqual(expected);
  expect(publishers[0]!.sent.at(-1)).toBe(publishers[1]!.sent.at(-1));
  expect(shard.blocksInUse).toBe(0);
  channel.updateCounters();
  expect(shard.counters.channels.get(CHANNEL, ChannelCounter.elapsed)).toBeGreaterThan(0);
});

test('only where there is one connection may its chunk header be written in front of a tag', async () => {
  const channel = open();
  const publisher = await publish(channel, 0);
  send(channel, shard.audio(channel, ADTS, 0));
  expect(publisher.sent.at(-1)!.headroom).toBeGreaterThan(0);
  await publish(channel, 1);
  send(channel, shard.audio(channel, ADTS, 21));
  expect(publisher.sent.at(-1)!.headroom).toBe(0);
});

test('packets of a codec that a server must be asked about wait for one, and keep their order', async () => {
  const channel = open();
  channel.attach(0, destination(), undefined, undefined);
  await turn();
  send(channel, shard.audio(channel, OPUS, 0, 'opus'), shard.keyFrame(channel, H264_KEY, 10));
  expect([channel.heldPackets.isEmpty, shard.blocksInUse]).toEqual([false, 2]);
  const publisher = await shard.connections.latest.succeed();
  shard.flush();
  expect(publisher.asked).toEqual(['Opus']);
  expect(roles(publisher)).toContain(TagRole.keyFrame);
  expect(roles(publisher).indexOf(TagRole.audioFrame)).toBeLessThan(
    roles(publisher).indexOf(TagRole.keyFrame),
  );
  expect([channel.heldPackets.isEmpty, shard.blocksInUse]).toEqual([true, 0]);
});

test('while one publishes, a new codec is asked about at once, and a server that refuses it loses the stream', async () => {
  const channel = open();
  const [taking, refusing] = [await publish(channel, 0), await publish(channel, 1)];
  refusing.refuses.add('Opus');
  send(channel, shard.audio(channel, OPUS, 0, 'opus'));
  expect([taking.asked, refusing.asked]).toEqual([['Opus'], ['Opus']]);
  expect(roles(taking)).toContain(TagRole.audioFrame);
  expect(shard.connections.made.map(({ signal }) => signal.aborted)).toEqual([false, true]);
});

test('H.265 that waits when a server closes on its enhanced form, and what follows, goes out behind one header', async () => {
  const channel = open();
  const refusing = await publish(channel, 0);
  refusing.isWritable = false;
  const key = (pts: number) => shard.keyFrame(channel, H265_KEY, pts, 'h265');
  send(channel, key(0), key(40), key(80));
  expect([roles(refusing).at(-1), shard.blocksInUse > 0]).toEqual([TagRole.videoSequenceHeader, true]);
  await shard.connections.latest.lose(new RtmpError(RtmpErrorCode.peerClosed, 'publishing', 'closed'));
  shard.clock.pass(0);
  await turn();
  const next = await shard.connections.latest.succeed();
  send(channel, key(120), key(160));
  const videoTags = next.sent.filter(({ type }) => type === TagType.video);
  const pictures = Array.from({ length: 5 }, () => '1c01');
  expect(videoTags.map(({ parts }) => Buffer.from(parts[0]!.subarray(0, 2)).toString('hex'))).toEqual([
    '1c00',
    ...pictures,
  ]);
});

test('a destination that leaves gets what was held back for it before it ends', async () => {
  const channel = open();
  channel.attach(0, destination(), undefined, undefined);
  await turn();
  send(channel, shard.audio(channel, OPUS, 0, 'opus'));
  channel.detach(0);
  const publisher = await shard.connections.latest.succeed();
  expect(roles(publisher)).toContain(TagRole.audioFrame);
  expect(shard.connections.latest.closes).toBe(1);
  send(channel, shard.audio(channel, OPUS, 20, 'opus'));
  expect(roles(publisher).filter((role) => role === TagRole.audioFrame)).toHaveLength(1);
});

test('one that leaves with nothing held back gets nothing of what follows', async () => {
  const channel = open();
  const [leaving, staying] = [await publish(channel, 0), await publish(channel, 1)];
  channel.detach(0);
  send(channel, shard.audio(channel, ADTS, 0));
  expect([leaving.sent.length, roles(staying).at(-1)]).toEqual([0, TagRole.audioFrame]);
});

test('a channel ends once its last destination is over, with all that it had kept', async () => {
  const channel = open();
  const publisher = await publish(channel, 0);
  publisher.held = [];
  send(channel, shard.audio(channel, ADTS, 0));
  expect(shard.blocksInUse).toBe(1);
  channel.close();
  expect([channel.ended, shard.connections.latest.closes]).toEqual([false, 1]);
  for (const block of publisher.held) block.release(true);
  await shard.connections.latest.lose(undefined);
  expect([channel.ended, shard.told.slice(-2)]).toEqual([true, ['detached', 'ended']]);
  send(channel, shard.audio(channel, ADTS, 21));
  expect([shard.blocksInUse, shard.clock.pending]).toEqual([0, 0]);
  expect(shard.counters.channels.get(CHANNEL, ChannelCounter.packetsLost)).toBe(1);
});

test('it does not end while a destination is on its way to it', async () => {
  const channel = open();
  await publish(channel, 0);
  expectsDestination = true;
  channel.abort(lost, 0);
  await shard.connections.latest.lose(lost);
  expect(shard.told).not.toContain('ended');
  expectsDestination = false;
  channel.fail(lost);
  expect(channel.ended).toBe(true);
});

test('packets that are held back when the channel ends are given up, keys with zeros', async () => {
  const channel = open();
  channel.attach(0, destination(), undefined, undefined);
  const key = shard.metadata(channel, { type: 'videoEncrypt', mode: 'keyFrames', key: 'a secret' });
  send(channel, shard.audio(channel, OPUS, 0, 'opus'), key);
  expect(shard.payload(key).includes('a secret')).toBe(true);
  channel.fail(lost);
  await turn();
  expect([channel.ended, shard.blocksInUse]).toEqual([true, 0]);
  expect(shard.payload(key).includes('a secret')).toBe(false);
});

test('it can be given up while it waits to reconnect, and not while it publishes or between segments', async () => {
  const channel = open();
  await publish(channel, 0, { reconnect: true });
  expect(channel.release()).toBe(false);
  await shard.connections.latest.lose(lost);
  expect(shard.told.at(-1)).toBe('disconnected');
  send(channel, shard.keyFrame(channel, H264_KEY, 0));
  expect(shard.blocksInUse).toBe(1);
  send(channel, shard.metadata(channel, { type: 'streamEnd', alarmDuration: 0, time: 0 }));
  expect(channel.release()).toBe(false);
  const other = open();
  await publish(other, 2, { reconnect: true });
  await shard.connections.latest.lose(lost);
  const before = shard.told.length;
  expect(other.release()).toBe(true);
  shard.clock.pass(3_600_000);
  await turn();
  expect(shard.told.slice(before).filter((type) => type === 'connected')).toEqual([]);
});

/** Begins a picture whose further slices do not come. */
function beginPicture(channel: WorkerChannel): void {
  send(channel, shard.video(channel, H264_SETS, 0), shard.video(channel, H264_SLICE, 0));
}

test('a picture that waits for its slices goes out after a while, though nothing follows', async () => {
  const channel = open();
  const publisher = await publish(channel, 0);
  beginPicture(channel);
  expect(roles(publisher)).not.toContain(TagRole.keyFrame);
  shard.clock.pass(200);
  expect(roles(publisher)).toContain(TagRole.keyFrame);
  expect(shard.blocksInUse).toBe(0);
});

test('a picture that waits for its slices does not outlive the channel', async () => {
  const channel = open();
  await publish(channel, 0);
  beginPicture(channel);
  expect(shard.blocksInUse).toBe(1);
  channel.abort(lost, undefined);
  await shard.connections.latest.lose(lost);
  expect([channel.ended, shard.blocksInUse, shard.clock.pending]).toEqual([true, 0, 0]);
});

test('a fault in what a timer does ends the channel, and nothing else', async () => {
  const channel = open();
  const publisher = await publish(channel, 0);
  beginPicture(channel);
  publisher.flush = () => {
    throw new TypeError('no such field');
  };
  expect(() => shard.clock.pass(200)).not.toThrow();
  expect(shard.connections.latest.signal.aborted).toBe(true);
  await shard.connections.latest.lose(lost);
  expect(shard.of('detached')).toMatchObject([{ error: { code: 'ERR_CLOUDPUSH_INTERNAL' } }]);
  expect(channel.ended).toBe(true);
});

test('the source waits for a destination whose queue is full, and no longer when that is over', async () => {
  const channel = open();
  await publish(channel, 0);
  channel.attach(
    1,
    destination({ highWatermark: { bytes: 10 }, lowWatermark: { bytes: 5 } }),
    undefined,
    undefined,
  );
  await turn();
  send(channel, ...[0, 21, 42].map((pts) => shard.audio(channel, ADTS, pts)));
  expect([shard.told.includes('pause'), shard.gates.isOpen(CHANNEL)]).toEqual([true, false]);
  channel.abort(lost, 1);
  await turn();
  expect([shard.told.at(-1), shard.gates.isOpen(CHANNEL)]).toEqual(['resume', true]);
});

test('where the pool runs short, a destination that may drop lets go of what waits', async () => {
  const channel = open();
  channel.attach(0, destination({ overflow: 'drop' }), undefined, undefined);
  await turn();
  const pictures = [40, 80, 120].map((pts) => shard.video(channel, H264_INTER, pts));
  send(channel, shard.keyFrame(channel, H264_KEY, 0), ...pictures);
  const before = shard.blocksInUse;
  send(channel, shard.audio(channel, ADTS, 130));
  expect(shard.blocksInUse).toBe(before + 1);
  shard.gates.press(CHANNEL);
  send(channel, shard.audio(channel, ADTS, 151));
  expect(shard.blocksInUse).toBeLessThan(before);
});

test('packets from the ring have the decoder configuration that the channel was opened with', () => {
  const audioConfig = Buffer.from('1190', 'hex');
  const ring = { command: Command.audio, codec: AUDIO_CODECS.indexOf('aac'), block: 0, enqueuedAt: 0 };
  const taken: (Uint8Array | undefined)[] = [];
  for (const options of [{ audio: 'aac', audioConfig }, { audio: 'aac' }]) {
    const channel = open(options);
    vi.spyOn(channel, 'take').mockImplementation(({ configuration }) => void taken.push(configuration));
    channel.accept({ ...ring } as unknown as RingConsumer);
  }
  expect(taken).toEqual([Uint8Array.from(audioConfig), undefined]);
});
