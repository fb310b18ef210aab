import { Writable } from 'node:stream';
import { CloudPushError } from '@cloudpush/engine';
import { expect, test } from 'vitest';
import { Output } from '../../terminal/output.js';
import { RetryNotes } from './retry-notes.js';

test('each cause is told once in ten seconds, however many channels and attempts it fails', () => {
  let text = '';
  const stream = new Writable({
    write(chunk, _encoding, done) {
      text += String(chunk);
      done();
    },
  });
  let now = 0;
  const notes = new RetryNotes(new Output(stream, stream), () => now);
  const error = new CloudPushError(
    'ERR_CLOUDPUSH_SOCKET_CONNECT',
    'The TCP connection failed: ECONNREFUSED',
    {
      class: 'retryable',
    },
  );
  for (let i = 1; i <= 100; i++) {
    notes.tell({ url: `rtmp://h/live/${i}`, connected: false, error, delay: 400 });
  }
  notes.tell({ url: 'rtmp://h/live/1', connected: true, error, delay: 1500 });
  now = 10_000;
  notes.tell({ url: 'rtmp://h/live/2', connected: false, error, delay: 400 });
  expect(text).toBe(
    [
      'cloudpush: rtmp://h/live/1: not connected: The TCP connection failed: ECONNREFUSED; trying again in 0.4 s\n',
      'cloudpush: rtmp://h/live/1: connection lost: The TCP connection failed: ECONNREFUSED; trying again in 1.5 s\n',
      'cloudpush: rtmp://h/live/2: not connected: The TCP connection failed: ECONNREFUSED; trying again in 0.4 s\n',
    ].join(''),
  );
});
