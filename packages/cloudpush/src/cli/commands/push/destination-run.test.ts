import { EventEmitter } from 'node:events';
import type { Destination } from '@cloudpush/engine';
import { CloudPushError } from '@cloudpush/engine';
import { expect, test } from 'vitest';
import { DestinationRun } from './destination-run.js';

const counts = { videoFrames: 1, audioFrames: 1 };
const dropped = { droppedDisposable: 0, droppedPictures: 0, droppedAudio: 0, droppedUndecodable: 0 };

test('the timings of every connect are kept', () => {
  const timings = { tcp: 1, handshake: 2, connect: 3, createStream: 4, publish: 5 };
  let latest: object | undefined = timings;
  const destination = Object.assign(new EventEmitter(), {
    stats: () => ({ ...counts, ...dropped, timings: latest }),
    report: { clean: true },
  });
  const run = new DestinationRun(
    destination as unknown as Destination,
    'rtmp://h/a/b',
    (error) => error,
    () => {},
  );
  destination.emit('connect');
  latest = { ...timings, tcp: 9 };
  destination.emit('connect');
  expect(run.outcome(counts).connects).toEqual([timings, { ...timings, tcp: 9 }]);
});

test('attempts that fail behind a loss are neither losses nor its cause', () => {
  const lost = new CloudPushError('ERR_CLOUDPUSH_SHARD_DIED', 'the connection broke');
  const refused = new CloudPushError('ERR_CLOUDPUSH_CLOSE_TIMEOUT', 'nobody listens');
  const destination = Object.assign(new EventEmitter(), {
    stats: () => ({ ...counts, ...dropped }),
    report: undefined as object | undefined,
  });
  const retries: boolean[] = [];
  const run = new DestinationRun(
    destination as unknown as Destination,
    'rtmp://h/a/b',
    (error) => error,
    ({ connected }) => retries.push(connected),
  );
  destination.emit('disconnect', { error: refused, delay: 1 });
  destination.emit('connect');
  destination.emit('disconnect', { error: lost, delay: 1 });
  destination.emit('disconnect', { error: refused, delay: 1 });
  expect(retries).toEqual([false, true, false]);
  expect(run.isWaiting).toBe(true);
  destination.report = { clean: false, error: refused };
  expect(run.isWaiting).toBe(false);
  expect(run.outcome(counts).error).toBe(refused);
  destination.emit('connect');
  expect(run.outcome(counts)).toMatchObject({
    error: lost,
    losses: 1,
    failedAttempts: 1,
    connected: true,
    complete: false,
  });
});
