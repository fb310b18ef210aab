import { describe, expect, it } from 'vitest';
import { ChunkStreamId } from '../message/type.js';
import { type ServerProfileName, serverProfile } from './profile.js';

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

  it('sends FCPublish wherever it sends releaseStream, because SRS then waits for it', () => {
    expect(profile.name).toBe(name);
    expect(profile.fcPublish || !profile.releaseStream).toBe(true);
  });

  it('uses a chunk size that no known server warns of or refuses', () => {
    expect(profile.chunkSize).toBeGreaterThanOrEqual(4096);
    expect(profile.chunkSize).toBeLessThanOrEqual(65_536);
  });
});

describe('HEVC, who takes what', () => {
  it.each<[ServerProfileName, boolean, boolean]>([
    ['srs', true, true],
    ['lal', true, true],
    ['zlmediakit', true, true],
    ['mediamtx', false, true],
    ['xiu', true, false],
    ['youtube', false, true],
  ])('%s: legacy %s, enhanced %s', (name, legacy, enhanced) => {
    expect(serverProfile(name)).toMatchObject({ legacyHevc: legacy, enhancedHevc: enhanced });
  });
});

describe('chunk streams', () => {
  it('are all below 32, beyond which nginx-rtmp takes no commands, and all different', () => {
    const ids = Object.values(ChunkStreamId);
    expect(Math.max(...ids)).toBeLessThan(32);
    expect(new Set(ids).size).toBe(ids.length);
  });
});
