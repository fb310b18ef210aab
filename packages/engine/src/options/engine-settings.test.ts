import { describe, expect, test } from 'vitest';
import { engineSettings } from './engine-settings.js';

describe('the threads of an engine', () => {
  test.each([
    [1, 8, 1],
    [256, 8, 1],
    [257, 8, 2],
    [1024, 8, 4],
    [1024, 2, 2],
    [65_535, 8, 8],
    [65_535, 64, 16],
    [65_535, 1, 1],
  ])('%d connections on %d processors: %d, 256 channels each', (maxConnections, processors, count) => {
    expect(engineSettings({ maxConnections }, processors).shards).toEqual({ count, channelsEach: 256 });
  });

  test('as many as the caller says, which share the channels evenly', () => {
    const { shards } = engineSettings({ maxConnections: 10, shards: 5 }, 2);
    expect(shards).toEqual({ count: 5, channelsEach: 1 });
  });
});

test('the defaults of the other options', () => {
  expect(engineSettings({})).toMatchObject({
    poolSize: 64 * 1024 ** 2,
    maxConnections: 1024,
    maxBatchDelay: 0,
    maxAudioDelay: 40,
    maxConnecting: 256,
  });
});
