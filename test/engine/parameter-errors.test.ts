// Parameters that are not valid: every public method says so at once, names parameter, value and what is
// permitted, and neither raises an event nor harms the channel.

import { inspect } from 'node:util';
import { runInNewContext } from 'node:vm';
import {
  type Channel,
  type ChannelOptions,
  type CloudPushError,
  createLogger,
  PushEngine,
  type PushEngineOptions,
  TargetCache,
} from '@cloudpush/engine';
import { MessageType } from '@cloudpush/transport';
import { describe, expect, test } from 'vitest';
import { cameraPackets } from './camera.js';
import { closeEmpty, samples, transcript } from './expectations.js';
import { RecordingReceiver } from './recording-receiver.js';

const picture = cameraPackets()[0]!.data;
const url = 'rtmp://127.0.0.1:1/live/a';
const at = { pts: 0 };

/** Values that no type checker has seen. */
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
  ['options', loose(null)],
  ['options', loose(5)],
  ['options', loose([])],
  ['poolsize', loose({ poolsize: 65_536 })],
  ['signal', { signal: loose(null) }],
  ['signal', { signal: loose(new AbortController()) }],
  ['debugPool', { debugPool: loose('yes') }],
  ['logger', { logger: loose({ info() {} }) }],
  ['tokenServer', { tokenServer: loose(null) }],
  ['conections', { tokenServer: loose({ url: 'http://a/b', conections: 5 }) }],
  ['retry.tries', { tokenServer: { retry: loose({ tries: 5 }) } }],
  ['timeouts', { tokenServer: { timeouts: loose(5) } }],
  ['tls', { tokenServer: { tls: loose(null) } }],
  ['now', { tokenServer: { now: loose(5) } }],
  ['tokenProvider', { tokenProvider: loose({}) }],
  ['targets', { targets: loose(null) }],
  ['targets, tokenServer, tokenProvider', { tokenServer: 'http://a/b', tokenProvider: loose(() => {}) }],
];

const channelOptions: readonly [parameter: string, options: ChannelOptions][] = [
  ['url, target', loose({})],
  ['url, target', loose({ url, target: { kind: 'url', url } })],
  ['options', loose(null)],
  ['options', loose(undefined)],
  ['reconect', loose({ url, reconect: true })],
  ['url', { url: loose(null) }],
  ['url', { url: loose(5) }],
  ['signal', { url, signal: loose('now') }],
  ['highWatermark', { url, highWatermark: loose(null) }],
  ['highWatermark.byte', { url, highWatermark: loose({ byte: 1 }) }],
  ['reconnect', { url, reconnect: loose(null) }],
  ['reconnect', { url, reconnect: loose('yes') }],
  ['reconnect.delay', { url, reconnect: loose({ delay: 1 }) }],
  ['endOfSequence', { url, endOfSequence: loose(1) }],
  ['encryption', { url, encryption: loose(null) }],
  ['encryption.vido', { url, encryption: loose({ vido: {} }) }],
  ['encryption.video', { url, encryption: { video: loose(null) } }],
  ['connection', { url, connection: loose(null) }],
  ['connection.lookup', { url, connection: loose({ lookup() {} }) }],
  ['connection.token', { url, connection: { token: loose({}) } }],
  ['connection.token', { url, connection: { token: loose(5) } }],
  ['connection.tokenPlacement', { url, connection: { tokenPlacement: loose('header') } }],
  ['connection.streamName', { url, connection: { streamName: '' } }],
  ['connection.credentials.password', { url, connection: { credentials: loose({ user: 'x' }) } }],
  ['connection.credentials.name', { url, connection: { credentials: loose({ name: 'x' }) } }],
  ['connection.profile', { url, connection: { profile: loose('srs8') } }],
  ['connection.handshake', { url, connection: { handshake: loose(true) } }],
  ['connection.digestScheme', { url, connection: { digestScheme: loose(2) } }],
  ['connection.publishType', { url, connection: { publishType: loose('dvr') } }],
  ['connection.enhanced', { url, connection: { enhanced: loose('no') } }],
  ['connection.connectArguments', { url, connection: { connectArguments: loose('x') } }],
  ['connection.connectArguments', { url, connection: { connectArguments: [loose(Symbol('x'))] } }],
  ['connection.maxRedirects', { url, connection: { maxRedirects: -1 } }],
  ['connection.tls', { url, connection: { tls: loose(true) } }],
  ['connection.tls.rejectUnauthorized', { url, connection: { tls: loose({ rejectUnauthorized: false }) } }],
  ['connection.tls.verify', { url, connection: { tls: { verify: loose(0) } } }],
  ['connection.tls.ca', { url, connection: { tls: { ca: loose([5]) } } }],
  ['connection.tls.pins', { url, connection: { tls: { pins: loose('aa') } } }],
  ['connection.proxy', { url, connection: { proxy: loose({ host: 'x' }) } }],
  ['connection.localAddress', { url, connection: { localAddress: loose(1) } }],
  ['connection.family', { url, connection: { family: loose('6') } }],
  ['connection.keepAlive', { url, connection: { keepAlive: loose('1 s') } }],
  ['connection.noDelay', { url, connection: { noDelay: loose(null) } }],
  ['target', { target: loose(null) }],
  ['target.deviceSn', { target: loose({ kind: 'device', deviceSN: 'x', deviceSn: 'x' }) }],
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
  ['sendVideo', 'options', (channel) => channel.sendVideo(picture, loose(undefined))],
  ['sendVideo', 'options', (channel) => channel.sendVideo(picture, loose(null))],
  ['sendAudio', 'options', (channel) => channel.sendAudio(picture, loose(5))],
  ['sendData', 'options', (channel) => channel.sendData('x', [], loose(undefined))],
  ['sendData', 'name', (channel) => channel.sendData(loose(5), [], at)],
  ['sendData', 'values', (channel) => channel.sendData('x', loose(null), at)],
  ['sendPrivateData', 'options', (channel) => channel.sendPrivateData(picture, loose(null))],
  [
    'sendMetadata',
    'options',
    (channel) => channel.sendMetadata({ type: 'disconnect', code: 1 }, loose(null)),
  ],
  ['sendVideo', 'pts', (channel) => channel.sendVideo(picture, { pts: loose(Symbol('now')) })],
  [
    'sendVideo',
    'codec',
    (channel) => channel.sendVideo(picture, { pts: 0, codec: loose(Object.create(null)) }),
  ],
  ['writeVideo', 'options', (channel) => channel.writeVideo(picture, at, loose(null))],
  ['writeAudio', 'signal', (channel) => channel.writeAudio(picture, at, { signal: loose(5) })],
  ['connected', 'signal', (channel) => channel.connected(loose('x'))],
  ['writable', 'signal', (channel) => channel.writable(loose(null))],
  ['close', 'options', (channel) => channel.close(loose(null))],
  ['close', 'signal', (channel) => channel.close({ signal: loose(new AbortController()) })],
  ['close of a destination', 'signal', (channel) => channel.destinations[0]!.close({ signal: loose(5) })],
  ['moveTo', 'target', (channel) => channel.destinations[0]!.moveTo(loose(undefined))],
  ['createWritable', 'options', (channel) => channel.createWritable('video', loose(null))],
  ['createWritable', 'ownChannel', (channel) => channel.createWritable('video', loose({ ownChannel: true }))],
  ['writeVideo', 'data', (channel) => channel.writeVideo(loose('text'), at)],
  ['writeAudio', 'pts', (channel) => channel.writeAudio(picture, { pts: Number.NaN })],
  ['writeData', 'pts', (channel) => channel.writeData('onCuePoint', [], { pts: Number.NaN })],
  ['createWritable', 'track', (channel) => channel.createWritable(loose('text'))],
  ['addDestination', 'url, target', (channel) => channel.addDestination(loose({}))],
  ['addDestination', 'closeTimeout', (channel) => channel.addDestination({ url, closeTimeout: 0 })],
];

/** The error that a call throws, or its promise rejects with. */
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

test('a value that may be a secret is not quoted when it is of the wrong type', async () => {
  const engine = await PushEngine.create({ maxConnections: 1 });
  const secret = { toString: () => 'S3CRET', toJSON: () => 'S3CRET' };
  for (const connection of [
    { token: secret },
    { credentials: { user: 'me', password: secret } },
    { proxy: secret },
    { tls: { key: secret } },
  ]) {
    const error = await errorOf(() => engine.openChannel({ url, connection: loose(connection) }));
    expect(inspect(error, { depth: 9 })).not.toContain('S3CRET');
  }
  await closeEmpty(engine);
});

test('a message that AMF0 cannot carry is refused with its own code', async () => {
  const engine = await PushEngine.create({ maxConnections: 1 });
  const channel = engine.openChannel({ url });
  const error = await errorOf(() => channel.sendData('x', [loose(() => 1)], at));
  expect([error.name, error.code]).toEqual(['CloudPushError', 'ERR_CLOUDPUSH_AMF']);
  channel.abort();
  await closeEmpty(engine);
});

test('the memory of targets and the log refuse what they cannot do', async () => {
  const provider = async () => ({ url });
  const request = { kind: 'url', url } as const;
  const cache = new TargetCache(provider);
  const refused: readonly [parameter: string, call: () => unknown][] = [
    ['provider', () => new TargetCache(loose(null))],
    ['options', () => new TargetCache(provider, loose(null))],
    ['minimumIntervall', () => new TargetCache(provider, loose({ minimumIntervall: 5 }))],
    ['onRefreshFailed', () => new TargetCache(provider, { onRefreshFailed: loose(5) })],
    ['query', () => cache.get(request, loose(null))],
    ['target', () => cache.get(loose(null), { reason: 'connect' })],
    ['onNewTarget', () => cache.watch(request, loose(5))],
    ['options', () => createLogger(loose(null))],
    ['foldr', () => createLogger(loose({ foldr: 'x' }))],
    ['folder', () => createLogger({ folder: loose(5) })],
    ['console', () => createLogger({ console: loose('yes') })],
    ['onError', () => createLogger({ onError: loose(5) })],
  ];
  for (const [parameter, call] of refused)
    expect(await errorOf(call), parameter).toEqual(refusalOf(parameter));
  cache.close();
});

test('bytes are bytes in whichever context they were made, and nothing else is, whatever it looks like', async () => {
  await using receiver = await RecordingReceiver.listen();
  const engine = await PushEngine.create({ maxConnections: 2 });
  // Test runners give each test file a context, and so classes, of its own.
  const foreign = (bytes: Uint8Array): Uint8Array =>
    runInNewContext('Uint8Array.from(bytes)', { bytes: [...bytes] }) as Uint8Array;
  expect(foreign(picture)).not.toBeInstanceOf(Uint8Array);
  const key = foreign(new Uint8Array(16).fill(7));
  const channel = engine.openChannel({
    url: receiver.url('a'),
    audio: 'none',
    encryption: { video: { mode: 'allFrames', key } },
  });
  const lookalike = { __proto__: Uint8Array.prototype, length: 5, byteLength: 5 };
  for (const data of [lookalike, new Proxy(picture, {}), new DataView(new ArrayBuffer(5)), [0, 0, 1, 9]]) {
    for (const send of [
      () => channel.sendVideo(loose(data), at),
      () => channel.sendPrivateData(loose(data), at),
    ])
      expect(await errorOf(send)).toEqual(refusalOf('data'));
  }
  await channel.connected();
  expect(channel.sendVideo(foreign(picture), at)).toBe(true);
  expect(channel.sendPrivateData(foreign(picture), at)).toBe(true);
  expect(channel.sendData('onSomething', [runInNewContext('new Date(5)') as Date], at)).toBe(true);
  expect(await errorOf(() => channel.sendData('onSomething', [loose(key)], at))).toMatchObject({
    code: 'ERR_CLOUDPUSH_AMF',
  });
  expect((await channel.close()).clean).toBe(true);
  expect(channel.stats()).toMatchObject({ videoFrames: 1, packetsInvalid: 0 });
  await closeEmpty(engine);
});

test('the compiler refuses a destination with neither or both of url and target', () => {
  expect(typesOfPlaces).toBeTypeOf('function');
});

/** Never called: the compiler is what is asked. */
function typesOfPlaces(engine: PushEngine, channel: Channel): void {
  // @ts-expect-error neither url nor target
  engine.openChannel({});
  // @ts-expect-error both
  engine.openChannel({ url, target: { kind: 'url', url } });
  // @ts-expect-error a name that is misspelt
  engine.openChannel({ url, reconect: true });
  // @ts-expect-error neither url nor target
  channel.addDestination({ overflow: 'drop' });
  // @ts-expect-error both
  channel.addDestination({ url, target: { kind: 'url', url } });
  engine.openChannel({ url, target: undefined });
  engine.openChannel({ url: undefined, target: { kind: 'url', url } });
}
