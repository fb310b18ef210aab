import { expect, test } from 'vitest';
import { firstAttempt } from '../../session/client/attempt.js';
import { StageTimer } from '../../session/client/stage-timer.js';
import { parseRtmpUrl } from '../../url.js';
import type { PublisherOptions } from './publisher-options.js';
import { attemptOptions, resolveTimeouts, sessionOptions } from './settings.js';

function handshakeTimeout(more: Partial<PublisherOptions>): number {
  const options = { url: 'rtmp://h/live/x', ...more };
  const url = parseRtmpUrl(options.url);
  const attempt = firstAttempt(url, undefined, attemptOptions(options, url));
  const timeouts = resolveTimeouts({ handshake: 8000 });
  return sessionOptions(attempt, options, timeouts, new StageTimer(() => 0)).timeouts.handshake;
}

test('a handshake that another may follow leaves it half of the time', () => {
  expect(handshakeTimeout({})).toBe(4000);
  expect(handshakeTimeout({ handshake: 'auto' })).toBe(4000);
  expect(handshakeTimeout({ handshake: 'simple' })).toBe(8000);
  expect(handshakeTimeout({ handshake: 'digest' })).toBe(8000);
});

test('what a caller puts into the command object counts as secret, what every server is told does not', () => {
  const options = {
    url: 'rtmp://h/live/x',
    connectObject: {
      device: { key: 's3cret-key' },
      flashVer: 'Player/1',
      swfUrl: 'http://h/p.swf?sign=s3cret-sign',
    },
  };
  const url = parseRtmpUrl(options.url);
  const attempt = firstAttempt(url, undefined, attemptOptions(options, url));
  const { secrets } = sessionOptions(attempt, options, resolveTimeouts({}), new StageTimer(() => 0));
  expect(secrets).toEqual(expect.arrayContaining(['s3cret-key', 's3cret-sign']));
  expect(secrets).not.toContain('Player/1');
});
