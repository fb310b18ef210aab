import { expect, test } from 'vitest';
import { Authenticator } from './authenticator.js';
import { parseChallenges } from './challenge.js';
import { digestAuthorization, readDigestChallenge } from './digest.js';

function digestOf(field: string) {
  return readDigestChallenge(parseChallenges([field])[0]!);
}

/** RFC 2617 §3.5, and the same request in RFC 7616 §3.9.1. */
const request = {
  method: 'GET',
  url: '/dir/index.html',
  username: 'Mufasa',
  count: 1,
};

test('MD5 with qop is that of RFC 2617 §3.5', () => {
  const challenge = digestOf(
    'Digest realm="testrealm@host.com", qop="auth,auth-int", ' +
      'nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", opaque="5ccc069c403ebaf9f0171e9517f40e41"',
  )!;
  const text = digestAuthorization(challenge, { ...request, password: 'Circle Of Life', cnonce: '0a4f113b' });
  expect(text).toBe(
    'Digest username="Mufasa", realm="testrealm@host.com", nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", ' +
      'uri="/dir/index.html", response="6629fae49393a05397450978507c4ef1", ' +
      'opaque="5ccc069c403ebaf9f0171e9517f40e41", qop=auth, nc=00000001, cnonce="0a4f113b"',
  );
});

for (const [algorithm, response] of [
  ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
  ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
]) {
  test(`${algorithm} is that of RFC 7616 §3.9.1`, () => {
    const challenge = digestOf(
      `Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=${algorithm}, ` +
        'nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"',
    )!;
    const cnonce = 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ';
    const text = digestAuthorization(challenge, { ...request, password: 'Circle of Life', cnonce });
    expect(text).toContain(`response="${response}"`);
    expect(text).toContain(`algorithm=${algorithm}`);
  });
}

// Computed with Python's hashlib from the definitions of RFC 7616 §3.4.
test('session variants, the form of RFC 2069 and SHA-512/256 follow their definitions', () => {
  const answer = (parameters: string): string =>
    /response="(\w+)"/.exec(
      digestAuthorization(digestOf(`Digest realm="r", nonce="n"${parameters}`)!, {
        method: 'DESCRIBE',
        url: 'rtsp://h/a',
        username: 'u',
        password: 'p',
        cnonce: 'c',
        count: 2,
      }),
    )![1]!;
  expect(answer('')).toBe('d5ff52dc472e71f47f704480e7d03eb4');
  expect(answer(', qop="auth", algorithm=MD5-sess')).toBe('cc5af0a5903ceb3e08997cea99daa082');
  expect(answer(', qop="auth", algorithm=SHA-256-sess')).toBe(
    '57b2f22343776128f807d989eb3644cadf69831b19a802fe9cefa5df977e3400',
  );
  expect(answer(', qop="auth", algorithm=SHA-512-256')).toBe(
    'b52d554c17e59261c41fca987f156d93b5499b2f18e40c4a6169b21b7499e7f2',
  );
});

test('challenges are told apart, in one field or several, with commas and quotes inside', () => {
  const fields = [
    'Basic realm="a, b=c", Digest realm="say \\"x\\"", nonce=abc , stale=TRUE',
    'Negotiate, NTLM',
  ];
  expect(parseChallenges(fields).map(({ scheme, parameters }) => [scheme, [...parameters]])).toEqual([
    ['basic', [['realm', 'a, b=c']]],
    [
      'digest',
      [
        ['realm', 'say "x"'],
        ['nonce', 'abc'],
        ['stale', 'TRUE'],
      ],
    ],
    ['negotiate', []],
    ['ntlm', []],
  ]);
  expect(parseChallenges(['"', '=', ',,,', 'a=b'])).toEqual([]);
  expect(parseChallenges(['Digest "'])).toEqual([{ scheme: 'digest', parameters: new Map() }]);
});

const zeros = (target: Uint8Array): void => void target.fill(0);
const credentials = { username: 'viewer', password: 'pass:word' };

test('the strongest scheme is taken', () => {
  const authenticator = new Authenticator(credentials, zeros);
  const schemes = [
    'Basic realm="r"',
    'Digest realm="r", nonce="n"',
    'Digest realm="r", nonce="n", algorithm=SHA-256',
  ];
  expect(authenticator.authorization('OPTIONS', 'rtsp://h/')).toBeUndefined();
  expect(authenticator.challenged(schemes, false)).toBe('retry');
  expect(authenticator.authorization('OPTIONS', 'rtsp://h/')).toContain('algorithm=SHA-256');
  expect(authenticator.challenged(schemes.slice(0, 2), true)).toBe('refused');
});

test('Basic is taken when nothing better is offered', () => {
  const authenticator = new Authenticator(credentials, zeros);
  const unusable = 'Digest realm="r", nonce="n", qop="auth-int"';
  expect(authenticator.challenged([unusable, 'Digest realm="r"', 'Basic realm="r"'], false)).toBe('retry');
  expect(authenticator.authorization('OPTIONS', 'x')).toBe('Basic dmlld2VyOnBhc3M6d29yZA==');
});

test('the counter rises with each request, and starts again with each nonce', () => {
  const authenticator = new Authenticator(credentials, zeros);
  authenticator.challenged(['Digest realm="r", nonce="1", qop=auth'], false);
  const count = (): string => /nc=(\d+)/.exec(authenticator.authorization('PLAY', 'x')!)![1]!;
  expect([count(), count()]).toEqual(['00000001', '00000002']);
  authenticator.challenged(['Digest realm="r", nonce="2", qop=auth, stale=true'], true);
  expect(count()).toBe('00000001');
});

test('an expired nonce is renewed: a few times in a row when it says so, once after success when it does not', () => {
  const authenticator = new Authenticator(credentials, zeros);
  const challenge = 'Digest realm="r", nonce="n"';
  expect(authenticator.challenged([challenge], false)).toBe('retry');
  for (let i = 0; i < 3; i++)
    expect(authenticator.challenged([`${challenge}, stale=true`], true)).toBe('retry');
  expect(authenticator.challenged([`${challenge}, stale=true`], true)).toBe('refused');
  authenticator.accepted();
  expect(authenticator.challenged([challenge], true)).toBe('retry');
  expect(authenticator.challenged([challenge], true)).toBe('refused');
});

test('without credentials or a known scheme there is no answer', () => {
  expect(new Authenticator(undefined, zeros).challenged(['Basic realm="r"'], false)).toBe('missing');
  expect(new Authenticator(credentials, zeros).challenged(['Negotiate'], false)).toBe('unsupported');
  expect(new Authenticator(credentials, zeros).challenged([], false)).toBe('unsupported');
});
