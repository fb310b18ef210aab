import { describe, expect, test } from 'vitest';
import { ChunkStreamId } from '../../message/type.js';
import { detectProfile, type ServerProfileName, serverProfile } from './profile.js';

const names: ServerProfileName[] = [
  'generic',
  'srs',
  'nginx-rtmp',
  'mediamtx',
  'lal',
  'zlmediakit',
  'xiu',
  'node-media-server',
  'youtube',
];

describe.each(names)('profile %s', (name) => {
  const profile = serverProfile(name);

  test('sends FCPublish wherever it sends releaseStream, because SRS then waits for it', () => {
    expect(profile.name).toBe(name);
    expect(profile.fcPublish || !profile.releaseStream).toBe(true);
  });

  test('uses a chunk size that no known server warns of or refuses', () => {
    expect(profile.chunkSize).toBeGreaterThanOrEqual(4096);
    expect(profile.chunkSize).toBeLessThanOrEqual(65_536);
  });
});

describe('HEVC, who takes what', () => {
  test.each<[ServerProfileName, boolean, boolean]>([
    ['srs', true, true],
    ['lal', true, true],
    ['zlmediakit', true, true],
    ['mediamtx', false, true],
    ['nginx-rtmp', true, false],
    ['xiu', true, false],
    ['generic', true, true],
    ['youtube', false, true],
  ])('%s: legacy %s, enhanced %s', (name, legacy, enhanced) => {
    expect(serverProfile(name)).toMatchObject({ legacyHevc: legacy, enhanced });
  });
});

describe('a server in its answer to connect', () => {
  const status = { level: 'status', code: 'NetConnection.Connect.Success', objectEncoding: 0 };
  const properties = { fmsVer: 'FMS/3,0,1,123', capabilities: 31 };

  test.each<[ServerProfileName, object, object]>([
    ['lal', properties, { ...status, version: '0,37,4' }],
    ['srs', properties, { ...status, data: { srs_server: 'SRS/7.0.0', version: '7.0.0' } }],
    ['mediamtx', { ...properties, fmsVer: 'LNX 9,0,124,2' }, status],
    ['generic', properties, status],
    // Adobe's own servers have a version inside of `data`.
    ['generic', properties, { ...status, data: { version: '5,0,3,3029' } }],
  ])('is known as %s', (name, ...values) => {
    expect(detectProfile(values as never)).toBe(name);
  });

  test('is not asked for a second stream where that would end it or the connection', () => {
    const refusing = names.filter((name) => !serverProfile(name).nextStream);
    expect(refusing).toEqual(['mediamtx', 'lal', 'zlmediakit', 'xiu', 'youtube']);
  });
});

describe('chunk streams', () => {
  test('are all below 32, beyond which nginx-rtmp takes no commands, and all different', () => {
    const ids = Object.values(ChunkStreamId);
    expect(Math.max(...ids)).toBeLessThan(32);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
