import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { planChannel } from './channel-plan.js';
import { destinationConfig } from './destination-config.js';
import { engineSettings } from './engine-settings.js';
import type { DestinationOptions } from './options.js';
import type { SpoolConfig, SpoolStoreConfig } from './spool-config.js';
import type { SpoolOptions, SpoolStoreOptions } from './spool-options.js';

const url = 'rtmp://media.example/live/camera';
const context = { maxPacket: 65_536, hasSpool: true };
const refusal = (name: string) =>
  expect.objectContaining({
    code: 'ERR_CLOUDPUSH_INVALID_PARAMETER',
    message: expect.stringContaining(name),
  });

function storeOf(spool: SpoolStoreOptions): SpoolStoreConfig | undefined {
  return engineSettings({ spool }).spool;
}

function configOf(spool: SpoolOptions | undefined): SpoolConfig {
  return destinationConfig({ url, overflow: 'spool', spool }, context).spool!;
}

test('a spool needs a folder alone: the rest has defaults', () => {
  expect(storeOf({ folder: 'spool' })).toEqual({
    folder: resolve('spool'),
    maxBytes: 10 * 2 ** 30,
    maxAge: 7 * 86_400_000,
    minFree: 2 ** 30,
    sync: 'second',
    maxGaps: 4,
  });
  expect(configOf(undefined)).toEqual({
    series: 'media.example/live/camera',
    names: { channel: '', destination: 'media.example/live/camera' },
    former: undefined,
    when: 'outage',
    resume: 'live',
    speed: 2,
    window: undefined,
    stream: '$stream-gap-$start',
  });
});

test('a series of names takes over what lies under the name of the place, unless it is told not to', () => {
  expect(configOf({ series: { channel: 'yard', destination: 'cloud' } })).toMatchObject({
    names: { channel: 'yard', destination: 'cloud' },
    former: 'media.example/live/camera',
  });
  expect(configOf({ series: { channel: 'yard', takesOver: false } })).toMatchObject({
    names: { channel: 'yard', destination: 'media.example/live/camera' },
    former: undefined,
  });
  expect(configOf({ series: 'mine' })).toMatchObject({
    series: 'mine',
    names: { channel: '', destination: 'mine' },
    former: undefined,
  });
});

test('hours may go over midnight', () => {
  expect(configOf({ window: '22:00-04:30', speed: 1.5 })).toMatchObject({
    speed: 1.5,
    window: { from: 22 * 60, to: 4 * 60 + 30 },
  });
});

test('the name of a series is always the same, differs for each stream, and tells no secret', () => {
  const nameOf = (options: DestinationOptions): string =>
    destinationConfig({ ...options, overflow: 'spool' }, context).spool!.series;
  expect(nameOf({ url })).toBe(nameOf({ url: `${url}?token=s3cret` }));
  expect(nameOf({ url })).not.toBe(nameOf({ url: `${url}_` }));
  expect(nameOf({ url: 'rtmp://media.example:1935/live/camera' })).toBe(nameOf({ url }));
  expect(nameOf({ url: 'rtmp://media.example:1936/live/camera' })).toBe('media.example:1936/live/camera');
  expect(nameOf({ url: 'rtmp://a.rtmp.youtube.com/live2/s3cret' })).not.toContain('s3cret');
  expect(nameOf({ target: { kind: 'deviceToken', deviceToken: 's3cret' } })).not.toContain('s3cret');
  expect(nameOf({ target: { kind: 'url', url: `${url}?k=s3cret` } })).toBe('media.example/live/camera /');
  expect(nameOf({ target: { kind: 'device', deviceSN: 'A-1', appname: 'b' } })).toBe('device A-1 b/');
  expect(nameOf({ url: 'rtmp://h/a/b', connection: { streamName: 'c?k=s3cret' } })).toBe('h/a/c');
});

test.each([
  ['spool.folder', {}],
  ['spool.folder', { folder: '' }],
  ['spool.maxBytes', { folder: '/s', maxBytes: 1000 }],
  ['spool.maxAge', { folder: '/s', maxAge: 0 }],
  ['spool.minFree', { folder: '/s', minFree: -1 }],
  ['spool.sync', { folder: '/s', sync: 'always' }],
  ['spool.maxGaps', { folder: '/s', maxGaps: 0 }],
  ['spool.size', { folder: '/s', size: 1 }],
])('an engine refuses %s in %j', (name, given) => {
  expect(() => storeOf(given as unknown as SpoolStoreOptions)).toThrow(refusal(name));
});

test.each([
  ['spool.series', { series: '' }],
  ['spool.series.channel', { series: { channel: '' } }],
  ['spool.series.destination', { series: { channel: 'yard', destination: 'x'.repeat(129) } }],
  ['spool.when', { when: 'never' }],
  ['spool.resume', { resume: 'later' }],
  ['spool.speed', { speed: 0.5 }],
  ['spool.speed', { speed: 1, resume: 'in-order' }],
  ['spool.window', { window: '1-5' }],
  ['spool.window', { window: '05:00-05:00' }],
  ['spool.window', { window: '20:00-24:00' }],
  ['spool.stream', { stream: '$stream-gap' }],
  ['spool.stream', { stream: '$start?key=a' }],
  ['spool.folder', { folder: '/s' }],
])('a destination refuses %s in %j', (name, given) => {
  expect(() => configOf(given as unknown as SpoolOptions)).toThrow(refusal(name));
});

test('a spool without the overflow that makes use of it is a mistake, and so is the reverse', () => {
  for (const overflow of [undefined, 'drop', 'reject'] as const)
    expect(() => destinationConfig({ url, overflow, spool: {} }, context)).toThrow(refusal('spool'));
  expect(() => destinationConfig({ url, overflow: 'spool' }, { maxPacket: 65_536 })).toThrow(
    refusal('overflow'),
  );
});

test('a channel with a source spools where it is told to, and drops otherwise', () => {
  const source = { rtsp: 'rtsp://camera.example/live' };
  const overflowOf = (options: object): string =>
    planChannel({ url, source, ...options }, context).first.config.overflow;
  expect([overflowOf({}), overflowOf({ overflow: 'spool' })]).toEqual(['drop', 'spool']);
});
