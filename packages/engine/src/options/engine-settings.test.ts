import { availableParallelism } from 'node:os';
import { describe, expect, test, vi } from 'vitest';
import { engineSettings } from './engine-settings.js';

vi.mock('node:os', async (original) => ({
  ...(await original<typeof import('node:os')>()),
  availableParallelism: vi.fn(),
}));

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
    vi.mocked(availableParallelism).mockReturnValue(processors);
    expect(engineSettings({ maxConnections }).shards).toEqual({ count, channelsEach: 256 });
  });

  test('as many as the caller says, which share the channels evenly', () => {
    vi.mocked(availableParallelism).mockReturnValue(2);
    expect(engineSettings({ maxConnections: 10, shards: 5 }).shards).toEqual({ count: 5, channelsEach: 1 });
  });
});

test('the defaults of the other options', () => {
  expect(engineSettings({})).toMatchObject({
    poolSize: 64 * 1024 ** 2,
    maxConnections: 1024,
    maxBatchDelay: 2,
    maxConnecting: 256,
  });
});
