// Samples as MP4, Matroska and RTSP have them: NAL units with their lengths in front and raw AAC frames,
// whose decoder configurations are given when the channel is opened.

import { type ChannelSettings, PushEngine } from '@cloudpush/engine';
import { MessageType } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { cameraPackets, sendOne } from './camera.js';
import { closeEmpty } from './expectations.js';
import { type Arrived, RecordingReceiver } from './recording-receiver.js';

const VIDEO_HEADER = 5;
const AUDIO_HEADER = 2;

test('what arrived of access units and ADTS frames arrives the same as samples with their configurations', async () => {
  await using receiver = await RecordingReceiver.listen();
  const engine = await PushEngine.create({ maxConnections: 2, debugPool: true });
  const whole = engine.openChannel({ url: receiver.url('whole') });
  await whole.connected();
  const packets = cameraPackets();
  for (const packet of packets) expect(await sendOne(whole, packet)).toBe(true);
  expect(await whole.close()).toMatchObject({ clean: true });
  const expected = media(receiver, 'whole');
  const [videoConfig, ...pictures] = bodies(expected, MessageType.video, VIDEO_HEADER);
  const [audioConfig, ...frames] = bodies(expected, MessageType.audio, AUDIO_HEADER);
  expect(pictures).toHaveLength(packets.filter(({ kind }) => kind === 'video').length);

  const samples = engine.openChannel({ url: receiver.url('samples'), videoConfig, audioConfig });
  await samples.connected();
  for (const { kind, pts } of packets) {
    const data = kind === 'video' ? pictures.shift()! : frames.shift()!;
    if (kind === 'video') await samples.writeVideo(data, { pts });
    else await samples.writeAudio(data, { pts });
  }
  expect(await samples.close()).toMatchObject({ clean: true });
  expect(media(receiver, 'samples')).toEqual(expected);
  await closeEmpty(engine);
});

test('a channel beside it has start codes all the same, on the same shard', async () => {
  await using receiver = await RecordingReceiver.listen();
  const engine = await PushEngine.create({ maxConnections: 2, shards: 1, debugPool: true });
  const before = engine.openChannel({ url: receiver.url('before') });
  await before.connected();
  const packets = cameraPackets().slice(0, 40);
  for (const packet of packets) await sendOne(before, packet);
  await before.close();
  const expected = media(receiver, 'before');
  const [videoConfig, ...pictures] = bodies(expected, MessageType.video, VIDEO_HEADER);

  const samples = engine.openChannel({ url: receiver.url('samples'), videoConfig, audio: 'none' });
  const beside = engine.openChannel({ url: receiver.url('beside') });
  await Promise.all([samples.connected(), beside.connected()]);
  for (const packet of packets) {
    if (packet.kind === 'video') await samples.writeVideo(pictures.shift()!, { pts: packet.pts });
    await sendOne(beside, packet);
  }
  expect(await samples.close()).toMatchObject({ clean: true });
  expect(await beside.close()).toMatchObject({ clean: true });
  expect(media(receiver, 'beside')).toEqual(expected);
  await closeEmpty(engine);
});

const avcc = Uint8Array.of(1, 0x42, 0, 30, 0xff, 0xe0, 0);

test.each<[string, Partial<ChannelSettings>, string]>([
  ['no bytes', { videoConfig: [1, 2] as never }, 'videoConfig'],
  ['empty', { videoConfig: new Uint8Array(0) }, 'videoConfig.length'],
  ['too long', { audioConfig: new Uint8Array(65_537) }, 'audioConfig.length'],
  ['parameter sets with start codes', { videoConfig: Uint8Array.of(0, 0, 0, 1, 0x67) }, 'videoConfig'],
  ['the codec has none', { audio: 'mp3', audioConfig: Uint8Array.of(0x11, 0x90) }, 'audioConfig'],
  ['no such track', { video: 'none', videoConfig: avcc }, 'videoConfig'],
  ['a source has its own', { videoConfig: avcc, source: { file: 'clip.flv' } }, 'videoConfig'],
])('a configuration that cannot be is refused when the channel is opened: %s', async (_, options, name) => {
  const engine = await PushEngine.create({ maxConnections: 1 });
  expect(() => engine.openChannel({ url: 'rtmp://127.0.0.1:9/live/a', ...options })).toThrowError(
    expect.objectContaining({
      code: 'ERR_CLOUDPUSH_INVALID_PARAMETER',
      message: expect.stringMatching(new RegExp(`^${name.replace('.', '\\.')}\\b`)),
    }),
  );
  await closeEmpty(engine);
});

function media(receiver: RecordingReceiver, name: string): Arrived[] {
  return receiver
    .streams(name)
    .flatMap(({ messages }) => messages)
    .filter(({ type }) => type === MessageType.video || type === MessageType.audio);
}

function bodies(messages: readonly Arrived[], type: number, headerSize: number): Uint8Array[] {
  return messages
    .filter((message) => message.type === type)
    .map(({ payload }) => Uint8Array.from(payload).subarray(headerSize));
}
