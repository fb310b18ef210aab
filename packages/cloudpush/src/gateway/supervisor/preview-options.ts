import type { DestinationOptions } from '@cloudpush/engine';

/** Most media that may wait for somebody who looks at a channel. */
const QUEUE = { bytes: 4 * 2 ** 20, ms: 2000 };

/** A receiver in this process: it gets what it takes, and is not tried again. */
export function previewOptions(url: string): DestinationOptions {
  return { url, overflow: 'drop', highWatermark: QUEUE, stallTimeout: 10_000, connectTimeout: 2000 };
}
