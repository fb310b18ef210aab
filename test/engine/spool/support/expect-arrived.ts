import { expect } from 'vitest';
import { expectedMessage, type NumberedPacket, numberOf } from './numbered-camera.js';
import { mediaOf, type OutageStream } from './outage-server.js';

/**
 * Every packet has arrived, bit for bit, in some stream; and within each stream nothing is astray, and,
 * unless it has skipped what was spooled, nothing missing.
 */
export function expectAllArrived(
  sent: readonly NumberedPacket[],
  streams: readonly Pick<OutageStream, 'messages'>[],
  { hasSkips = false } = {},
): void {
  const arrived = new Set<number>();
  for (const stream of streams) {
    const numbers = mediaOf(stream).map(({ payload }) => numberOf(payload));
    for (const [i, { payload }] of mediaOf(stream).entries()) {
      const number = numbers[i]!;
      expect(Buffer.compare(payload, expectedMessage(sent[number]!))).toBe(0);
      if (i > 0 && hasSkips) expect(number).toBeGreaterThan(numbers[i - 1]!);
      else if (i > 0) expect(number).toBe(numbers[i - 1]! + 1);
      arrived.add(number);
    }
  }
  const missing = sent.filter(({ number }) => !arrived.has(number)).map(({ number }) => number);
  expect(missing).toEqual([]);
}
