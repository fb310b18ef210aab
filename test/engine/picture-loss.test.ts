// Pictures that refer to one that was refused, or lost, are of no use to anybody: they are not sent.

import { once } from 'node:events';
import { type Channel, type PacketProblem, PushEngine, type PushTarget } from '@cloudpush/engine';
import { MessageType } from '@cloudpush/transport';
import { describe, expect, test, vi } from 'vitest';
import { type CameraPacket, cameraPackets, expectedVideoMessage, sendOne } from './camera.js';
import { closeEmpty, samples } from './expectations.js';
import { hevcPacket } from './hevc.js';
import { type ArrivedStream, RecordingReceiver } from './recording-receiver.js';

vi.setConfig({ testTimeout: 60_000 });

/** 80 pictures, of which the first and the 41st are key frames; all others are referred to. */
const video = cameraPackets().filter(({ kind }) => kind === 'video');
const SECOND_KEY_FRAME = video.findIndex(({ keyFrame }, i) => i > 0 && keyFrame);

function expectPictures(stream: ArrivedStream, pictures: readonly CameraPacket[]): void {
  const arrived = samples(stream, MessageType.video);
  expect(arrived.map(({ timestamp }) => timestamp)).toEqual(pictures.map(({ pts }) => pts));
  for (const [i, { payload }] of arrived.entries())
    expect(Buffer.compare(payload, expectedVideoMessage(pictures[i]!))).toBe(0);
}

describe('behind a picture that is refused for what is in it', () => {
  /** With a picture in the place of the third that cannot be sent; gives what was told. */
  async function push(
    bad: Uint8Array,
    name: string,
    receiver: RecordingReceiver,
  ): Promise<[Channel, PacketProblem[]]> {
    const engine = await PushEngine.create({ maxConnections: 1 });
    const channel = engine.openChannel({ url: receiver.url(name) });
    const problems: PacketProblem[] = [];
    channel.on('problem', (problem) => problems.push(problem));
    for (const [i, packet] of video.entries())
      await sendOne(channel, i === 2 ? { ...packet, data: bad } : packet);
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
    await closeEmpty(engine);
    return [channel, problems];
  }

  test('the stream goes on at the next key frame, and what lies between is counted', async () => {
    await using receiver = await RecordingReceiver.listen();
    const damaged = Uint8Array.from(video[2]!.data);
    damaged[4]! |= 0x80;
    const [channel, problems] = await push(damaged, 'a', receiver);
    expectPictures(receiver.stream('a'), [...video.slice(0, 2), ...video.slice(SECOND_KEY_FRAME)]);
    expect(channel.stats()).toMatchObject({
      packetsInvalid: 1,
      droppedUndecodable: SECOND_KEY_FRAME - 3,
      videoFrames: video.length - SECOND_KEY_FRAME + 2,
    });
    expect(problems).toMatchObject([{ error: { code: 'ERR_CLOUDPUSH_VIDEO_FORBIDDEN_BIT' }, repeats: 0 }]);
  });

  test('that no other refers to, nothing is left out', async () => {
    await using receiver = await RecordingReceiver.listen();
    const damaged = Uint8Array.from(video[2]!.data);
    // nal_ref_idc 0, and a slice_type that there is not.
    damaged.set([0x01, 0x82, 0xff], 4);
    const [channel] = await push(damaged, 'a', receiver);
    expectPictures(receiver.stream('a'), [...video.slice(0, 2), ...video.slice(3)]);
    expect(channel.stats()).toMatchObject({ packetsInvalid: 1, droppedUndecodable: 0 });
  });
});

describe('behind a picture that there was no room for', () => {
  /**
   * Fills the pool while there is no connection, then lets it flow.
   * @returns how many pictures were taken before the first that was not
   */
  async function fill(engine: PushEngine, channel: Channel, connect: () => void): Promise<number> {
    const refused = video.findIndex(({ data, pts }) => !channel.sendVideo(data, { pts }));
    expect(refused).toBeGreaterThan(0);
    expect(refused).toBeLessThan(SECOND_KEY_FRAME - 2);
    connect();
    await channel.writable();
    expect(engine.stats().poolBlocksInUse).toBeLessThan(refused);
    return refused;
  }

  async function open(receiver: RecordingReceiver) {
    let connect = (): void => undefined;
    const target = new Promise<PushTarget>((resolve) => {
      connect = () => resolve({ url: receiver.url('a') });
    });
    const engine = await PushEngine.create({
      maxConnections: 1,
      poolSize: 128 * 1024,
      tokenProvider: () => target,
    });
    const channel = engine.openChannel({ target: { kind: 'device', deviceSN: 'SN' } });
    return { engine, channel, connect };
  }

  test('a caller that goes on with the next one gets the stream from the next key frame on', async () => {
    await using receiver = await RecordingReceiver.listen();
    const { engine, channel, connect } = await open(receiver);
    const refused = await fill(engine, channel, connect);
    for (const packet of video.slice(refused + 1)) await sendOne(channel, packet);
    const closed = once(channel, 'close');
    void channel.close();
    expect(await closed).toEqual([{ clean: true, error: undefined }]);
    expectPictures(receiver.stream('a'), [...video.slice(0, refused), ...video.slice(SECOND_KEY_FRAME)]);
    expect(channel.stats().droppedUndecodable).toBe(SECOND_KEY_FRAME - refused - 1);
    expect(channel.stats().packetsInvalid).toBe(0);
    await closeEmpty(engine);
  });

  test('a caller that tries it again loses nothing', async () => {
    await using receiver = await RecordingReceiver.listen();
    const { engine, channel, connect } = await open(receiver);
    const refused = await fill(engine, channel, connect);
    for (const packet of video.slice(refused)) await sendOne(channel, packet);
    await channel.close();
    expectPictures(receiver.stream('a'), video);
    expect(channel.stats().droppedUndecodable).toBe(0);
    await closeEmpty(engine);
  });

  test('that no pool could hold, the stream goes on at the next key frame', async () => {
    await using receiver = await RecordingReceiver.listen();
    const { engine, channel, connect } = await open(receiver);
    connect();
    for (const [i, packet] of video.entries()) {
      const data = i === 2 ? Buffer.concat([packet.data, Buffer.alloc(1 << 20, 1)]) : packet.data;
      if (i === 2) expect(() => channel.sendVideo(data, packet)).toThrow(/larger than/);
      else await sendOne(channel, packet);
    }
    await channel.close();
    expectPictures(receiver.stream('a'), [...video.slice(0, 2), ...video.slice(SECOND_KEY_FRAME)]);
    await closeEmpty(engine);
  });
});

test('what the caller says about key frames is a hint: the pictures count, and a contradiction is told once', async () => {
  await using receiver = await RecordingReceiver.listen();
  const engine = await PushEngine.create({ maxConnections: 2 });
  for (const codec of ['h264', 'h265'] as const) {
    const channel = engine.openChannel({ url: receiver.url(codec), video: codec, hevc: 'legacy' });
    const problems: string[] = [];
    channel.on('problem', ({ error }) => problems.push(error.code));
    const pictures = codec === 'h264' ? video : [{ data: hevcPacket, pts: 0 }];
    for (const [i, { data, pts }] of pictures.entries()) channel.sendVideo(data, { pts, keyFrame: i > 0 });
    await channel.close();
    const marks = samples(receiver.stream(codec), MessageType.video).map(
      ({ payload }) => (payload[0]! >> 4) & 7,
    );
    expect(marks).toEqual(pictures.map((_, i) => (i === 0 || i === SECOND_KEY_FRAME ? 1 : 2)));
    expect(problems).toEqual(['ERR_CLOUDPUSH_VIDEO_KEY_FRAME_HINT']);
  }
  await closeEmpty(engine);
});
