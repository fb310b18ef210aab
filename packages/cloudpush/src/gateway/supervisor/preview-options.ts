import type { DestinationOptions } from '@cloudpush/engine';

/** Most media that may wait for somebody who looks at a channel. */
const QUEUE = { bytes: 4 * 2 ** 20, ms: 2000 };

/**
 * A receiver in this process: it gets what it takes, is not tried again, and is no part of how its channel
 * ends.
 */
export function previewOptions(url: string): DestinationOptions {
  const limits = { highWatermark: QUEUE, stallTimeout: 10_000, connectTimeout: 2000 };
  return { url, overflow: 'drop', observer: true, ...limits };
}
