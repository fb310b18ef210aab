import { describe, expect, test } from 'vitest';
import { RtmpError, RtmpErrorCode } from '../../errors.js';
import { attempt, attemptOptions } from '../../testing/attempt.js';
import { parseRtmpUrl } from '../../url.js';
import { ServerAuth } from '../receive/server-auth.js';
import {
  type AttemptOptions,
  type ConnectWishes,
  connectFields,
  firstAttempt,
  nextAttempt,
  reconnectUrl,
} from './attempt.js';
import { answerChallenge } from './auth-challenge.js';

const NONCE = '01234567';
const wishes: ConnectWishes = {
  token: undefined,
  tokenPlacement: 'stream-query',
  announcement: {},
  connectObject: {},
  connectArguments: [],
};

function redirectTo(redirect: string): RtmpError {
  return new RtmpError(RtmpErrorCode.redirect, 'connect', 'moved', { details: { redirect } });
}

function rejected(description: string): RtmpError {
  return new RtmpError(RtmpErrorCode.authFailed, 'connect', 'no', { details: { description } });
}

describe('token placement', () => {
  test.each([
    ['stream-query', 'live', 'rtmp://h/live', 'cam?k=1&token=a%26b', []],
    ['tc-url-query', 'live?token=a%26b', 'rtmp://h/live?token=a%26b', 'cam?k=1', []],
    ['connect-argument', 'live', 'rtmp://h/live', 'cam?k=1', ['a&b']],
  ] as const)('%s', (tokenPlacement, app, tcUrl, streamName, args) => {
    const fields = connectFields(attempt, { ...wishes, token: 'a&b', tokenPlacement });
    expect(fields.connectObject).toMatchObject({ app, tcUrl });
    expect(fields.streamName).toBe(streamName);
    expect(fields.connectArguments).toEqual(args);
  });

  test('keeps credentials out of everything that is sent', () => {
    expect(JSON.stringify(connectFields(attempt, wishes))).not.toMatch(/u:p|"u"|"p"/);
  });

  test('lets the caller add to the command object and change it', () => {
    const { connectObject } = connectFields(attempt, {
      ...wishes,
      connectObject: { flashVer: 'x', pageUrl: 'y' },
    });
    expect(connectObject).toMatchObject({ app: 'live', flashVer: 'x', pageUrl: 'y' });
  });
});

describe('redirects', () => {
  test('are followed up to the limit', () => {
    let next = nextAttempt(attempt, redirectTo('rtmp://b:1936/live/cam'), attemptOptions, NONCE);
    expect(next).toMatchObject({
      url: { host: 'b', port: 1936, app: 'live', streamName: 'cam', query: '', user: undefined },
      trusted: false,
    });
    next = nextAttempt(next as typeof attempt, redirectTo('rtmp://c/live'), attemptOptions, NONCE);
    expect(next).toMatchObject({ url: { host: 'c', streamName: 'cam' }, redirects: 2 });
    next = nextAttempt(next as typeof attempt, redirectTo('rtmp://d/live'), attemptOptions, NONCE);
    expect(next).toMatchObject({ code: 'ERR_CLOUDPUSH_REDIRECT_LIMIT', class: 'fatal' });
    expect((next as RtmpError).message).toMatch(/ \d+ times, permitted: \d+$/);
  });

  function followed(
    from: typeof attempt,
    redirect: string,
    more: Partial<AttemptOptions> = {},
  ): typeof attempt {
    const next = nextAttempt(from, redirectTo(redirect), { ...attemptOptions, ...more }, NONCE);
    if (next instanceof RtmpError) throw next;
    return next;
  }

  test('on the same host keep what the caller gave, and begin authentication anew', () => {
    const next = followed({ ...attempt, authQuery: '?authmod=adobe', authRounds: 2 }, 'rtmp://h:1936/edge');
    expect(next).toMatchObject({
      url: { app: 'edge', streamName: 'cam', query: 'k=1', user: 'u', password: 'p' },
      authQuery: '',
      authRounds: 0,
      trusted: true,
    });
    expect(connectFields(next, { ...wishes, token: 't' }).streamName).toBe('cam?k=1&token=t');
  });

  test('to another host take no secret along but their own', () => {
    const named = firstAttempt(parseRtmpUrl('rtmp://u:p@h/live/cam?k=1'), 'other?k=2', attemptOptions);
    const next = followed(named, 'rtmp://b/live?edge=key');
    const given = { ...wishes, token: 't', connectArguments: ['secret'] };
    for (const tokenPlacement of ['stream-query', 'tc-url-query', 'connect-argument'] as const) {
      expect(connectFields(next, { ...given, tokenPlacement })).toMatchObject({
        connectObject: { app: 'live', tcUrl: 'rtmp://b/live' },
        connectArguments: [],
        streamName: 'other',
      });
    }
    const need = rejected('[ code=403 need auth; authmod=adobe ]');
    const credentials = { user: 'me', password: 'secret' };
    expect(nextAttempt(next, need, { ...attemptOptions, credentials }, NONCE)).toBe(need);
    const own = followed(named, 'rtmp://x:y@b/live');
    expect(nextAttempt(own, need, { ...attemptOptions, credentials }, NONCE)).toMatchObject({
      authQuery: '?authmod=adobe&user=x',
    });
    expect(connectFields(followed(attempt, 'rtmp://b/live?edge=key'), given).streamName).toBe('cam?edge=key');
  });

  test('may name the stream, which the caller’s own name gives way to', () => {
    const named = firstAttempt(attempt.url, 'other?k=2', attemptOptions);
    expect(connectFields(followed(named, 'rtmp://h/live/edge-name'), wishes).streamName).toBe(
      'edge-name?k=1',
    );
  });

  test('are read with the app that the caller named, where it stands', () => {
    const site = firstAttempt(
      parseRtmpUrl('rtmp://h/live/site/cam', { app: 'live/site' }),
      undefined,
      attemptOptions,
    );
    const more = { app: '/live/site' };
    expect(followed(site, 'rtmp://b/live/site', more).url).toMatchObject({
      app: 'live/site',
      streamName: 'cam',
    });
    expect(followed(site, 'rtmp://b/live/sites', more).url).toMatchObject({
      app: 'live',
      streamName: 'sites',
    });
  });

  test('from rtmps to rtmp are refused', () => {
    const secure = firstAttempt(parseRtmpUrl('rtmps://h/live/cam'), undefined, attemptOptions);
    const next = nextAttempt(secure, redirectTo('rtmp://h/live'), attemptOptions, NONCE);
    expect(next).toMatchObject({ code: 'ERR_CLOUDPUSH_REDIRECT', class: 'fatal' });
    expect((next as RtmpError).message).toContain('from rtmps to rtmp');
    expect(followed(secure, 'rtmps://b/live').url.secure).toBe(true);
    expect(followed(attempt, 'rtmps://h/live').url.secure).toBe(true);
    expect(reconnectUrl(secure, 'rtmp://b/live')).toBe('rtmps://h:443/live/cam');
    expect(reconnectUrl(secure, '//b/live')).toBe('rtmps://b/live/cam');
    expect(reconnectUrl(secure, 'https://b/live')).toBe('rtmps://h:443/live/cam');
  });

  test('to nowhere are an error', () => {
    expect(nextAttempt(attempt, redirectTo('http://b/'), attemptOptions, NONCE)).toMatchObject({
      code: 'ERR_CLOUDPUSH_CONNECT_FAILED',
    });
  });

  test('to a URL of no reasonable length are an error, and a request to reconnect there leads to where we are', () => {
    const url = (length: number): string => 'rtmp://b/live/'.padEnd(length, 'x');
    expect(followed(attempt, url(8192)).url.host).toBe('b');
    const next = nextAttempt(attempt, redirectTo(url(8193)), attemptOptions, NONCE);
    expect(next).toMatchObject({
      code: 'ERR_CLOUDPUSH_CONNECT_FAILED',
      cause: { details: { actual: 8193, permitted: 8192 } },
    });
    expect(reconnectUrl(attempt, url(8192))).toMatch(/^rtmp:..b.live/);
    expect(reconnectUrl(attempt, url(8193))).toBe('rtmp://h:1935/live/cam?k=1');
  });
});

describe('handshake fallback', () => {
  const broken = new RtmpError(RtmpErrorCode.peerClosed, 'handshake', 'closed');

  test('tries the digest once when that is allowed', () => {
    const auto: AttemptOptions = { ...attemptOptions, handshake: 'auto' };
    const next = nextAttempt(attempt, broken, auto, NONCE);
    expect(next).toMatchObject({ handshake: 'digest' });
    expect(nextAttempt(next as typeof attempt, broken, auto, NONCE)).toBe(broken);
  });

  test('is not tried unasked, nor after the handshake, nor after an abort', () => {
    const auto: AttemptOptions = { ...attemptOptions, handshake: 'auto' };
    expect(nextAttempt(attempt, broken, attemptOptions, NONCE)).toBe(broken);
    const later = new RtmpError(RtmpErrorCode.peerClosed, 'connect', 'closed');
    expect(nextAttempt(attempt, later, auto, NONCE)).toBe(later);
    const abort = new RtmpError(RtmpErrorCode.aborted, 'handshake', 'aborted');
    expect(nextAttempt(attempt, abort, auto, NONCE)).toBe(abort);
  });
});

describe('authentication', () => {
  const credentials = { user: 'me', password: 'secret' };
  const withCredentials: AttemptOptions = { ...attemptOptions, credentials };

  // Computed with `openssl md5`, by hand from the schemes' formulas.
  test('answers an adobe challenge', () => {
    const challenge =
      '[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=needauth&user=me&salt=AbCd&challenge=XyZ0&opaque=XyZ0';
    expect(answerChallenge(challenge, credentials, 'live', NONCE)).toBe(
      '?authmod=adobe&user=me&challenge=01234567&response=OxxpBz+D3Tg3GfO0vIfsWw==&opaque=XyZ0',
    );
  });

  test('answers an llnw challenge', () => {
    const challenge = '[ AccessManager.Reject ] : [ authmod=llnw ] : ?reason=needauth&user=me&nonce=abcdef';
    expect(answerChallenge(challenge, credentials, 'live', NONCE)).toBe(
      '?authmod=llnw&user=me&nonce=abcdef&cnonce=01234567&nc=00000001&response=f1fd34118a7fa379c2c573bc2bbc70cc',
    );
  });

  test('names user and scheme when asked to authenticate, in the scheme that is asked for', () => {
    const first = nextAttempt(
      attempt,
      rejected('[ code=403 need auth; authmod=llnw ]'),
      withCredentials,
      NONCE,
    );
    expect(first).toMatchObject({ authQuery: '?authmod=llnw&user=me', authRounds: 1 });
  });

  test('gives up after the second answer, on a clear no, without credentials, and on unknown schemes', () => {
    const need = rejected('authmod=adobe : ?reason=needauth&salt=a&challenge=b&opaque=b');
    expect(nextAttempt({ ...attempt, authRounds: 2 }, need, withCredentials, NONCE)).toBe(need);
    expect(nextAttempt(attempt, need, attemptOptions, NONCE)).toBe(need);
    for (const reason of [
      'authmod=adobe : ?reason=authfailed',
      'authmod=adobe : ?reason=nosuchuser',
      'authmod=other',
    ]) {
      const no = rejected(reason);
      expect(nextAttempt(attempt, no, withCredentials, NONCE)).toBe(no);
    }
  });

  test.each(['adobe', 'llnw'] as const)(
    '%s: the receiver takes the right password and no other',
    (scheme) => {
      let nonce = 0;
      const auth = new ServerAuth({
        scheme,
        ...credentials,
        nonce: (bytes) => (++nonce).toString(16).padStart(2 * bytes, '0'),
      });
      const tryWith = (password: string): string | undefined => {
        let app = 'live';
        for (let round = 0; round < 2; round++) {
          const answer = answerChallenge(auth.check(app) ?? '', { user: 'me', password }, 'live', NONCE);
          app = `live${answer}`;
        }
        return auth.check(app);
      };
      expect(tryWith('secret')).toBeUndefined();
      expect(tryWith('wrong')).toContain('reason=authfailed');
      expect(auth.check('live')).toContain(`authmod=${scheme}`);
      expect(auth.check(`live?authmod=${scheme}&user=you`)).toContain('nosuchuser');
      expect(
        auth.check(`live?authmod=${scheme}&user=me&nonce=00000001&opaque=00000001&response=x`),
      ).toContain('authfailed');
    },
  );
});
