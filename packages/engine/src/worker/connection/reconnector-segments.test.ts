import { setImmediate as turn } from 'node:timers/promises';
import { RtmpError, RtmpErrorCode } from '@cloudpush/transport';
import { beforeEach, expect, test } from 'vitest';
import { AWAY, failure, IN_SEGMENT, ReconnectorBench, reset } from '../testing/reconnector-bench.js';

let bench: ReconnectorBench;

beforeEach(() => {
  bench = new ReconnectorBench();
});

test('one that is destroyed while the end of its last segment is on its way does not end cleanly', async () => {
  const { reconnector, told } = await bench.publishing(
    { segments: { ...IN_SEGMENT, isBetween: true } },
    { segmentConnection: 'new' },
  );
  reconnector.endStream();
  reconnector.close();
  expect(told).toEqual(['publishing', 'rest']);
  reconnector.destroy(failure());
  await bench.link(0).lose(failure('busy'));
  expect(told.at(-1)).toBe('over: the test says so');
});

test('a server that closes between two segments at the moment of the close ends the stream cleanly', async () => {
  const atRest = {
    segments: { isBetween: true, isAtRest: true, isOpening: false },
    wantsConnection: false,
  };
  const { reconnector, told } = await bench.publishing(atRest);
  reconnector.close();
  expect(bench.link(0).closes).toBe(1);
  await bench.link(0).lose(new RtmpError(RtmpErrorCode.peerClosed, 'publishing', 'the server has closed'));
  expect(told.at(-1)).toBe('over: clean');
});

test.each([
  ['create-stream', 'over: reset (create-stream)'],
  ['publish', 'over: clean'],
] as const)(
  'a reset before the next segment tells of a loss unless the server has answered since: %s',
  async (stage, end) => {
    const { reconnector, told } = await bench.publishing({ segments: { ...IN_SEGMENT, isOpening: true } });
    reconnector.nextStream();
    await bench.link(0).lose(reset(stage));
    await bench.link(1).succeed();
    expect(told.filter((word) => word === 'other connection')).toHaveLength(1);
    reconnector.close();
    await bench.link(1).lose(undefined);
    expect(told.at(-1)).toBe(end);
  },
);

test('a stream that rests while it is moving starts its next segment at the other server', async () => {
  const { reconnector, told } = await bench.publishing({}, { segmentConnection: 'new' });
  reconnector.moveTo(AWAY, false);
  await turn();
  reconnector.endStream();
  expect([told.at(-1), bench.link(0).closes, bench.link(1).signal.aborted]).toEqual(['rest', 1, true]);
  expect(reconnector.nextStream()).toBe(true);
  // The name may still be held by the one before.
  expect(bench.connections.made).toHaveLength(2);
  await bench.link(0).lose(undefined);
  expect(bench.link(2).target).toEqual(AWAY);
});

test('a stream whose next name is another does not wait for the end of the connection before', async () => {
  const { reconnector } = await bench.publishing({}, { segmentConnection: 'new' });
  bench.link(0).renewsName = true;
  reconnector.endStream();
  expect(reconnector.nextStream()).toBe(true);
  expect(bench.connections.made).toHaveLength(2);
});

test('the next stream goes out on the connection that stands, where its server bears that', async () => {
  const { reconnector, told } = await bench.publishing({}, { segmentConnection: 'auto' });
  reconnector.endStream();
  expect(bench.link(0).publisher!.unpublishes).toBe(1);
  expect(reconnector.nextStream()).toBe(false);
  await turn();
  expect([told.at(-1), bench.connections.made.length]).toEqual(['next stream', 1]);
});

test('a connection that was left wakes nobody', async () => {
  const { reconnector, told } = await bench.publishing({}, { segmentConnection: 'new' });
  reconnector.endStream();
  bench.link(0).drain();
  expect(told.at(-1)).toBe('rest');
});
