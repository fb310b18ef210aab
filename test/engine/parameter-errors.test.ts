// Parameters that are not valid: every public method says so at once, names parameter, value and what is permitted, and
// neither raises an event nor harms the channel.

import {
  type Channel,
  type ChannelOptions,
  type CloudPushError,
  PushEngine,
  type PushEngineOptions,
} from '@cloudpush/engine';
import { MessageType } from '@cloudpush/transport';
import { describe, expect, test } from 'vitest';
import { cameraPackets } from './camera.js';
import { closeEmpty, samples, transcript } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';

const picture = cameraPackets()[0]!.data;
const url = 'rtmp://127.0.0.1:1/live/a';
const at = { pts: 0 };

/** What no type checker has seen. */
function loose<T>(value: unknown): T {
  return value as T;
}

/** Refused for this parameter, with its value and what would be permitted. */
function refusalOf(parameter: string): object {
  return expect.objectContaining({
    name: 'CloudPushError',
    code: 'ERR_CLOUDPUSH_INVALID_PARAMETER',
    class: 'fatal',
    message: expect.stringContaining(parameter),
    details: expect.objectContaining({ parameter, permitted: expect.anything() }),
  });
}

const engineOptions: readonly [parameter: string, options: PushEngineOptions][] = [
  ['poolSize', { poolSize: 65_535 }],
  ['poolSize', { poolSize: Number.NaN }],
  ['maxConnections', { maxConnections: 0 }],
  ['maxConnections', { maxConnections: 65_536 }],
  ['shards', { shards: 1.5 }],
  ['maxBatchDelay', { maxBatchDelay: -1 }],
  ['maxConnecting', { maxConnecting: loose('all') }],
  ['targets, tokenServer, tokenProvider', { tokenServer: 'http://a/b', tokenProvider: loose(() => {}) }],
];

const channelOptions: readonly [parameter: string, options: ChannelOptions][] = [
  ['url, target', loose({})],
  ['url, target', loose({ url, target: { kind: 'url', url } })],
  ['kind', { target: loose({ kind: 'other' }) }],
  ['deviceSN', { target: loose({ kind: 'device' }) }],
  ['video', { url, video: loose('h266') }],
  ['audio', { url, audio: loose('vorbis') }],
  ['hevc', { url, hevc: loose('both') }],
  ['inputClock', { url, inputClock: loose('atomic') }],
  ['overflow', { url, overflow: loose('burst') }],
  ['connectTimeout', { url, connectTimeout: 0 }],
  ['connectTimeout', { url, connectTimeout: 600_001 }],
  ['closeTimeout', { url, closeTimeout: Number.POSITIVE_INFINITY }],
  ['stallTimeout', { url, stallTimeout: -1 }],
  ['chunkSize', { url, chunkSize: 127 }],
  ['highWatermark.bytes', { url, highWatermark: { bytes: -1 } }],
  ['lowWatermark.ms', { url, highWatermark: { ms: 100 }, lowWatermark: { ms: 101 } }],
  ['reconnect.initialDelay', { url, reconnect: { initialDelay: -1 } }],
  ['reconnect.maxAttempts', { url, reconnect: { maxAttempts: 0 } }],
  ['encryption.video.mode', { url, encryption: { video: { mode: loose('some'), key: 'k' } } }],
  ['encryption.audio.key', { url, encryption: { audio: { mode: 'allFrames' } } }],
  ['connection.connectObject', { url, connection: { connectObject: { callback: loose(() => 1) } } }],
];

const calls: readonly [what: string, parameter: string, call: (channel: Channel) => unknown][] = [
  ['sendVideo', 'data', (channel) => channel.sendVideo(loose('text'), at)],
  ['sendVideo', 'data.length', (channel) => channel.sendVideo(new Uint8Array(0), at)],
  ['sendVideo', 'pts', (channel) => channel.sendVideo(picture, { pts: Number.NaN })],
  ['sendVideo', 'dts', (channel) => channel.sendVideo(picture, { pts: 0, dts: Number.POSITIVE_INFINITY })],
  ['sendAudio', 'data', (channel) => channel.sendAudio(loose(null), at)],
  ['sendAudio', 'pts', (channel) => channel.sendAudio(picture, { pts: loose('0') })],
  ['sendData', 'pts', (channel) => channel.sendData('onCuePoint', [], { pts: Number.NaN })],
  ['sendPrivateData', 'data', (channel) => channel.sendPrivateData(loose([1, 2]), at)],
  ['sendPrivateData', 'pts', (channel) => channel.sendPrivateData(picture, { pts: loose(undefined) })],
  ['sendMetadata', 'metadata', (channel) => channel.sendMetadata(loose(null))],
  ['sendMetadata', 'metadata.type', (channel) => channel.sendMetadata(loose({ type: 'other' }))],
  ['sendMetadata', 'time', (channel) => channel.sendMetadata({ type: 'streamStart', trigger: 0, time: -1 })],
  [
    'sendMetadata',
    'trigger',
    (channel) => channel.sendMetadata({ type: 'streamStart', trigger: 106, time: 0 }),
  ],
  ['sendMetadata', 'audio', (channel) => channel.sendMetadata({ type: 'bitrate', audio: 0.5, video: 0 })],
  ['sendMetadata', 'mode', (channel) => channel.sendMetadata({ type: 'videoEncrypt', mode: loose('x') })],
  ['sendMetadata', 'key', (channel) => channel.sendMetadata({ type: 'audioEncrypt', mode: 'allFrames' })],
  [
    'sendMetadata',
    'pts',
    (channel) => channel.sendMetadata({ type: 'disconnect', code: 1 }, { pts: Number.NaN }),
  ],
  ['writeVideo', 'data', (channel) => channel.writeVideo(loose('text'), at)],
  ['writeAudio', 'pts', (channel) => channel.writeAudio(picture, { pts: Number.NaN })],
  ['writeData', 'pts', (channel) => channel.writeData('onCuePoint', [], { pts: Number.NaN })],
  ['createWritable', 'track', (channel) => channel.createWritable(loose('text'))],
  ['addDestination', 'url, target', (channel) => channel.addDestination(loose({}))],
  ['addDestination', 'closeTimeout', (channel) => channel.addDestination({ url, closeTimeout: 0 })],
];

/** What a call throws, or its promise rejects with. */
async function errorOf(call: () => unknown): Promise<CloudPushError> {
  try {
    await call();
  } catch (error) {
    return error as CloudPushError;
  }
  throw new Error('it was taken');
}

describe('a parameter that is not valid is refused at once:', () => {
  test.each(engineOptions)('%s of an engine, %o', async (parameter, options) => {
    expect(() => PushEngine.createSync(options)).toThrow(refusalOf(parameter));
    await expect(PushEngine.create(options)).rejects.toEqual(refusalOf(parameter));
  });

  test('of a channel, which then is not there', async () => {
    const engine = await PushEngine.create({ maxConnections: 1 });
    for (const [parameter, options] of channelOptions) {
      expect(() => engine.openChannel(options), parameter).toThrow(refusalOf(parameter));
      expect(engine.stats()).toMatchObject({ channels: 0, destinations: 0 });
    }
    await closeEmpty(engine);
  });

  test('of a call, and the channel goes on as if it had not been made', async () => {
    await using receiver = await RecordingReceiver.listen();
    const engine = await PushEngine.create({ maxConnections: 2 });
    const channel = engine.openChannel({ url: receiver.url('a') });
    const events = transcript(channel);
    await channel.connected();
    for (const [what, parameter, call] of calls)
      expect(await errorOf(() => call(channel)), what).toEqual(refusalOf(parameter));
    expect(channel.sendVideo(picture, at)).toBe(true);
    expect(await channel.close()).toEqual({ clean: true, error: undefined });
    await closeEmpty(engine);
    expect(events).toEqual(['connect', 'close']);
    expect(samples(receiver.stream('a'), MessageType.video)).toHaveLength(1);
  });
});
