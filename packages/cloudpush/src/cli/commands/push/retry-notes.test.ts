import { Writable } from 'node:stream';
import { CloudPushError } from '@cloudpush/engine';
import { expect, test } from 'vitest';
import { Output } from '../../terminal/output.js';
import { RetryNotes } from './retry-notes.js';

function notesWith(now: () => number) {
  const told: string[] = [];
  const stream = new Writable({
    write(chunk, _encoding, done) {
      told.push(String(chunk));
      done();
    },
  });
  return { notes: new RetryNotes(new Output(stream, stream), now), told };
}

test('each cause is told once in ten seconds, however many channels and attempts it fails', () => {
  let now = 0;
  const { notes, told } = notesWith(() => now);
  const error = new CloudPushError(
    'ERR_CLOUDPUSH_SOCKET_CONNECT',
    'The TCP connection failed: ECONNREFUSED',
    {
      class: 'retryable',
    },
  );
  for (let i = 1; i <= 100; i++) {
    notes.tellRetry({ url: `rtmp://h/live/${i}`, connected: false, error, delay: 400 });
  }
  notes.tellRetry({ url: 'rtmp://h/live/1', connected: true, error, delay: 1500 });
  now = 10_000;
  notes.tellRetry({ url: 'rtmp://h/live/2', connected: false, error, delay: 400 });
  expect(told).toEqual([
    'cloudpush: rtmp://h/live/1: not connected: The TCP connection failed: ECONNREFUSED; trying again in 0.4 s\n',
    'cloudpush: rtmp://h/live/1: connection lost: The TCP connection failed: ECONNREFUSED; trying again in 1.5 s\n',
    'cloudpush: rtmp://h/live/2: not connected: The TCP connection failed: ECONNREFUSED; trying again in 0.4 s\n',
  ]);
});

test('what a run waits for at the end of its input is told once, however many channels it has', () => {
  const { notes, told } = notesWith(() => 0);
  for (let i = 1; i <= 100; i++) notes.tellWaiting(`rtmp://h/live/${i}`);
  expect(told).toEqual([
    'cloudpush: rtmp://h/live/1: not connected at the end of the input: waiting for it until the close time-out (--close-timeout)\n',
  ]);
});
