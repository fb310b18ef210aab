import { inspect } from 'node:util';
import { describe, expect, it, test } from 'vitest';
import type { AmfObject } from '../../amf/value.js';
import { RtmpError, RtmpErrorCode } from '../../errors.js';
import { queryValues, redact, withForms } from '../../redaction/known-secrets.js';
import { parseRtmpUrl } from '../../url.js';
import { answerChallenge } from '../common/auth.js';
import {
  announceCapabilities,
  chooseForm,
  FourCcInfo,
  NO_CAPABILITIES,
  readCapabilities,
  takesFourCc,
} from '../common/capabilities.js';
import { ServerAuth } from '../receive/server-auth.js';
import {
  type AttemptOptions,
  type ConnectWishes,
  connectFields,
  firstAttempt,
  nextAttempt,
  reconnectUrl,
} from './attempt.js';
import { serverProfile } from './profile.js';
import { failureOf, statusOf } from './status.js';
import { Transactions } from './transactions.js';

const NONCE = '01234567';
const options: AttemptOptions = {
  handshake: 'simple',
  credentials: undefined,
  maxRedirects: 2,
  app: undefined,
};
const attempt = firstAttempt(parseRtmpUrl('rtmp://u:p@h/live/cam?k=1'), undefined, options);
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
  it.each([
    ['stream-query', 'live', 'rtmp://h/live', 'cam?k=1&token=a%26b', []],
    ['tc-url-query', 'live?token=a%26b', 'rtmp://h/live?token=a%26b', 'cam?k=1', []],
    ['connect-argument', 'live', 'rtmp://h/live', 'cam?k=1', ['a&b']],
  ] as const)('%s', (tokenPlacement, app, tcUrl, streamName, args) => {
    const fields = connectFields(attempt, { ...wishes, token: 'a&b', tokenPlacement });
    expect(fields.connectObject).toMatchObject({ app, tcUrl });
    expect(fields.streamName).toBe(streamName);
    expect(fields.connectArguments).toEqual(args);
  });

  it('keeps credentials out of everything that is sent', () => {
    expect(JSON.stringify(connectFields(attempt, wishes))).not.toMatch(/u:p|"u"|"p"/);
  });

  it('lets the caller add to the command object and change it', () => {
    const { connectObject } = connectFields(attempt, {
      ...wishes,
      connectObject: { flashVer: 'x', pageUrl: 'y' },
    });
    expect(connectObject).toMatchObject({ app: 'live', flashVer: 'x', pageUrl: 'y' });
  });
});

describe('redirects', () => {
  it('are followed up to the limit', () => {
    let next = nextAttempt(attempt, redirectTo('rtmp://b:1936/live/cam'), options, NONCE);
    expect(next).toMatchObject({
      url: { host: 'b', port: 1936, app: 'live', streamName: 'cam', query: '', user: undefined },
      trusted: false,
    });
    next = nextAttempt(next as typeof attempt, redirectTo('rtmp://c/live'), options, NONCE);
    expect(next).toMatchObject({ url: { host: 'c', streamName: 'cam' }, redirects: 2 });
    next = nextAttempt(next as typeof attempt, redirectTo('rtmp://d/live'), options, NONCE);
    expect(next).toMatchObject({ code: 'ERR_CLOUDPUSH_REDIRECT_LIMIT', class: 'fatal' });
    expect((next as RtmpError).message).toMatch(/ \d+ times, permitted: \d+$/);
  });

  function followed(
    from: typeof attempt,
    redirect: string,
    more: Partial<AttemptOptions> = {},
  ): typeof attempt {
    const next = nextAttempt(from, redirectTo(redirect), { ...options, ...more }, NONCE);
    if (next instanceof RtmpError) throw next;
    return next;
  }

  it('on the same host keep what the caller gave, and begin authentication anew', () => {
    const next = followed({ ...attempt, authQuery: '?authmod=adobe', authRounds: 2 }, 'rtmp://h:1936/edge');
    expect(next).toMatchObject({
      url: { app: 'edge', streamName: 'cam', query: 'k=1', user: 'u', password: 'p' },
      authQuery: '',
      authRounds: 0,
      trusted: true,
    });
    expect(connectFields(next, { ...wishes, token: 't' }).streamName).toBe('cam?k=1&token=t');
  });

  it('to another host take no secret along but their own', () => {
    const named = firstAttempt(parseRtmpUrl('rtmp://u:p@h/live/cam?k=1'), 'other?k=2', options);
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
    expect(nextAttempt(next, need, { ...options, credentials }, NONCE)).toBe(need);
    const own = followed(named, 'rtmp://x:y@b/live');
    expect(nextAttempt(own, need, { ...options, credentials }, NONCE)).toMatchObject({
      authQuery: '?authmod=adobe&user=x',
    });
    expect(connectFields(followed(attempt, 'rtmp://b/live?edge=key'), given).streamName).toBe('cam?edge=key');
  });

  it('may name the stream, which the caller’s own name gives way to', () => {
    const named = firstAttempt(attempt.url, 'other?k=2', options);
    expect(connectFields(followed(named, 'rtmp://h/live/edge-name'), wishes).streamName).toBe(
      'edge-name?k=1',
    );
  });

  it('are read with the app that the caller named, where it stands', () => {
    const site = firstAttempt(
      parseRtmpUrl('rtmp://h/live/site/cam', { app: 'live/site' }),
      undefined,
      options,
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

  it('from rtmps to rtmp are refused', () => {
    const secure = firstAttempt(parseRtmpUrl('rtmps://h/live/cam'), undefined, options);
    const next = nextAttempt(secure, redirectTo('rtmp://h/live'), options, NONCE);
    expect(next).toMatchObject({ code: 'ERR_CLOUDPUSH_REDIRECT', class: 'fatal' });
    expect((next as RtmpError).message).toContain('from rtmps to rtmp');
    expect(followed(secure, 'rtmps://b/live').url.secure).toBe(true);
    expect(followed(attempt, 'rtmps://h/live').url.secure).toBe(true);
    expect(reconnectUrl(secure, 'rtmp://b/live')).toBe('rtmps://h:443/live/cam');
    expect(reconnectUrl(secure, '//b/live')).toBe('rtmps://b/live/cam');
    expect(reconnectUrl(secure, 'https://b/live')).toBe('rtmps://h:443/live/cam');
  });

  it('to nowhere are an error', () => {
    expect(nextAttempt(attempt, redirectTo('http://b/'), options, NONCE)).toMatchObject({
      code: 'ERR_CLOUDPUSH_CONNECT_FAILED',
    });
  });

  it('to a URL of no reasonable length are an error, and a request to reconnect there leads to where we are', () => {
    const url = (length: number): string => 'rtmp://b/live/'.padEnd(length, 'x');
    expect(followed(attempt, url(8192)).url.host).toBe('b');
    const next = nextAttempt(attempt, redirectTo(url(8193)), options, NONCE);
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

  it('tries the digest once when that is allowed', () => {
    const auto: AttemptOptions = { ...options, handshake: 'auto' };
    const next = nextAttempt(attempt, broken, auto, NONCE);
    expect(next).toMatchObject({ handshake: 'digest' });
    expect(nextAttempt(next as typeof attempt, broken, auto, NONCE)).toBe(broken);
  });

  it('is not tried unasked, nor after the handshake, nor after an abort', () => {
    const auto: AttemptOptions = { ...options, handshake: 'auto' };
    expect(nextAttempt(attempt, broken, options, NONCE)).toBe(broken);
    const later = new RtmpError(RtmpErrorCode.peerClosed, 'connect', 'closed');
    expect(nextAttempt(attempt, later, auto, NONCE)).toBe(later);
    const abort = new RtmpError(RtmpErrorCode.aborted, 'handshake', 'aborted');
    expect(nextAttempt(attempt, abort, auto, NONCE)).toBe(abort);
  });
});

describe('authentication', () => {
  const credentials = { user: 'me', password: 'secret' };
  const withCredentials: AttemptOptions = { ...options, credentials };

  // Computed with `openssl md5`, by hand from the schemes' formulas.
  it('answers an adobe challenge', () => {
    const challenge =
      '[ AccessManager.Reject ] : [ authmod=adobe ] : ?reason=needauth&user=me&salt=AbCd&challenge=XyZ0&opaque=XyZ0';
    expect(answerChallenge(challenge, credentials, 'live', NONCE)).toBe(
      '?authmod=adobe&user=me&challenge=01234567&response=OxxpBz+D3Tg3GfO0vIfsWw==&opaque=XyZ0',
    );
  });

  it('answers an llnw challenge', () => {
    const challenge = '[ AccessManager.Reject ] : [ authmod=llnw ] : ?reason=needauth&user=me&nonce=abcdef';
    expect(answerChallenge(challenge, credentials, 'live', NONCE)).toBe(
      '?authmod=llnw&user=me&nonce=abcdef&cnonce=01234567&nc=00000001&response=f1fd34118a7fa379c2c573bc2bbc70cc',
    );
  });

  it('names user and scheme when asked to authenticate, in the scheme that is asked for', () => {
    const first = nextAttempt(
      attempt,
      rejected('[ code=403 need auth; authmod=llnw ]'),
      withCredentials,
      NONCE,
    );
    expect(first).toMatchObject({ authQuery: '?authmod=llnw&user=me', authRounds: 1 });
  });

  it('gives up after the second answer, on a clear no, without credentials, and on unknown schemes', () => {
    const need = rejected('authmod=adobe : ?reason=needauth&salt=a&challenge=b&opaque=b');
    expect(nextAttempt({ ...attempt, authRounds: 2 }, need, withCredentials, NONCE)).toBe(need);
    expect(nextAttempt(attempt, need, options, NONCE)).toBe(need);
    for (const reason of [
      'authmod=adobe : ?reason=authfailed',
      'authmod=adobe : ?reason=nosuchuser',
      'authmod=other',
    ]) {
      const no = rejected(reason);
      expect(nextAttempt(attempt, no, withCredentials, NONCE)).toBe(no);
    }
  });

  it.each(['adobe', 'llnw'] as const)('%s: the receiver takes the right password and no other', (scheme) => {
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
    expect(auth.check(`live?authmod=${scheme}&user=me&nonce=00000001&opaque=00000001&response=x`)).toContain(
      'authfailed',
    );
  });
});

describe('Enhanced RTMP capabilities', () => {
  it('announces as the specification has it', () => {
    const announcement = announceCapabilities(2, 15);
    expect(Object.keys(announcement)).toEqual([
      'capsEx',
      'fourCcList',
      'videoFourCcInfoMap',
      'audioFourCcInfoMap',
    ]);
    expect(announcement['videoFourCcInfoMap']).toMatchObject({ hvc1: 2, av01: 2, vp09: 2 });
    expect(announcement['audioFourCcInfoMap']).toMatchObject({ Opus: 2, '.mp3': 2, mp4a: 2 });
  });

  it('announces the codecs that there is a muxer for, and no other, such as VP8 and VVC', () => {
    const video = ['avc1', 'hvc1', 'av01', 'vp09'];
    const audio = ['mp4a', '.mp3', 'Opus', 'fLaC', 'ac-3', 'ec-3'];
    const announcement = announceCapabilities(FourCcInfo.canEncode, 0);
    expect(announcement['fourCcList']).toEqual([...video, ...audio]);
    expect(Object.keys(announcement['videoFourCcInfoMap'] as AmfObject)).toEqual(video);
    expect(Object.keys(announcement['audioFourCcInfoMap'] as AmfObject)).toEqual(audio);
    expect(JSON.stringify(announcement)).not.toMatch(/vp08|vvc1/);
  });

  it('reads nothing from a server that announces nothing', () => {
    expect(readCapabilities([{ fmsVer: 'FMS/3' }, null, 'x'])).toEqual(NO_CAPABILITIES);
  });

  const generic = serverProfile('generic');
  const silent = NO_CAPABILITIES;

  test('are no condition: what a server says nothing about goes out in its enhanced form', () => {
    const onlyReconnects = readCapabilities([{ capsEx: 1 }]);
    for (const capabilities of [silent, onlyReconnects])
      for (const fourCc of ['hvc1', 'av01', 'vp09', 'Opus', 'fLaC', 'ac-3', 'ec-3'])
        expect(chooseForm(fourCc, capabilities, generic)).toBe('enhanced');
  });

  test('leave the oldest codecs in the form that every server knows', () => {
    const all = readCapabilities([{ fourCcList: ['*'] }]);
    for (const fourCc of ['avc1', 'mp4a', '.mp3']) expect(chooseForm(fourCc, all, generic)).toBe('legacy');
  });

  test('are obeyed where a server has named codecs of the same kind', () => {
    const hevcOnly = readCapabilities([{ fourCcList: ['hvc1'] }]);
    const all = readCapabilities([{ videoFourCcInfoMap: { '*': 4 } }]);
    const noHevc = readCapabilities([{ videoFourCcInfoMap: { av01: 4, hvc1: 0 } }]);
    expect(takesFourCc(all, 'av01')).toBe(true);
    expect(chooseForm('hvc1', hevcOnly, generic)).toBe('enhanced');
    expect(chooseForm('hvc1', all, serverProfile('xiu'))).toBe('enhanced');
    expect(chooseForm('hvc1', noHevc, generic)).toBe('legacy');
    expect(() => chooseForm('hvc1', noHevc, serverProfile('mediamtx'))).toThrow('it announced: av01');
    expect(() => chooseForm('av01', hevcOnly, generic)).toThrow('it announced: hvc1');
    const noOpus = readCapabilities([{ audioFourCcInfoMap: { fLaC: 1, Opus: 0 } }]);
    expect(() => chooseForm('Opus', noOpus, generic)).toThrow('it announced: fLaC');
    expect(chooseForm('fLaC', noOpus, generic)).toBe('enhanced');
  });

  test('of video say nothing of audio, and the other way round', () => {
    const video = readCapabilities([{ fourCcList: ['av01', 'vp09', 'hvc1'] }]);
    const audio = readCapabilities([{ audioFourCcInfoMap: { Opus: 1 } }]);
    expect(chooseForm('Opus', video, generic)).toBe('enhanced');
    expect(chooseForm('av01', audio, generic)).toBe('enhanced');
  });

  test('give way to the caller', () => {
    expect(chooseForm('hvc1', silent, generic, 'legacy')).toBe('legacy');
    expect(chooseForm('av01', silent, serverProfile('xiu'), 'enhanced')).toBe('enhanced');
  });

  test('are not looked for in servers that are known to take the older forms only', () => {
    expect(chooseForm('hvc1', silent, serverProfile('xiu'))).toBe('legacy');
    expect(chooseForm('hvc1', silent, serverProfile('nginx-rtmp'))).toBe('legacy');
    expect(() => chooseForm('av01', silent, serverProfile('xiu'))).toThrow('its profile (xiu)');
  });
});

describe('status', () => {
  it('is found wherever a server puts it', () => {
    const info = { level: 'error', code: 'a', description: 'd' };
    expect(statusOf([null, info])).toEqual({ ...info, info });
    expect(statusOf([info, {}])).toMatchObject({ code: 'a' });
    expect(statusOf([null, 'in words'])).toMatchObject({ code: '', description: 'in words' });
    expect(statusOf([])).toMatchObject({ level: '', code: '' });
  });

  it('is shown without queries and user info', () => {
    const text = 'see rtmp://me:p@ss/w@h/live/a?token=x&b=c now';
    expect(redact(text, [])).toBe('see rtmp://…@h/live/a?… now');
  });

  it('is shown without the secrets that are known, in any form', () => {
    const secrets = [
      ...withForms(['a b/c', undefined, '']),
      ...queryValues(['cam?sign=s3cr%2Fet&v=1', 'x', 5]),
    ];
    expect(redact('a b/c a%20b%2Fc s3cr%2Fet s3cr/et v 1', secrets)).toBe('… … … … v 1');
  });

  it('keeps a challenge whole for the answer, and out of the error', () => {
    const description = '[ authmod=adobe ] : ?reason=needauth&user=me&salt=AbCd&challenge=XyZ0&opaque=XyZ0';
    const status = { level: 'error', code: 'NetConnection.Connect.Rejected', description, info: undefined };
    const error = failureOf(status, 'connect', []);
    expect(inspect(error, { depth: 20, showHidden: true })).not.toMatch(/AbCd|XyZ0/);
    const credentials = { user: 'me', password: 'secret' };
    expect(nextAttempt(attempt, error, { ...options, credentials }, NONCE)).toMatchObject({
      authQuery: expect.stringContaining('opaque=XyZ0'),
    });
  });
});

describe('transactions', () => {
  it('forgets the oldest of too many unanswered commands', () => {
    const transactions = new Transactions();
    const ids = Array.from({ length: 20 }, () => transactions.begin('FCPublish'));
    expect(transactions.settle(ids[0]!, undefined)).toBeUndefined();
    expect(transactions.settle(ids[19]!, undefined)).toBe('FCPublish');
    expect(transactions.settle(ids[19]!, undefined)).toBeUndefined();
  });
});
