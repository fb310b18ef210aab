import { expect, test } from 'vitest';
import { redactLine, redactText } from './text.js';

/** A text, and what may be left of it. */
const texts: [string, string][] = [
  ['rtmp://host:1935/live/cam?token=abc&x=1 refused', 'rtmp://host:1935/live/cam?… refused'],
  ['the stream cam?sign=abc is busy', 'the stream cam?… is busy'],
  ['https://user:pass@host/a', 'https://…@host/a'],
  ['https://user:p@ss@host/a?b=c', 'https://…@host/a?…'],
  ['rtmp://user:wh?t@host/a', 'rtmp://…'],
  ['rtmp://host/a?user=b@c', 'rtmp://…'],
  ['{"token": "abc def", "level": 3}', '{"token": "…", "level": 3}'],
  ['{"client_secret":"a\\"b","deviceSN":"c"}', '{"client_secret":"…","deviceSN":"c"}'],
  ['"{\\"device_token\\":\\"abc\\"}"', '"{\\"device_token\\":…'],
  ["password='top secret' for cam", "password='…' for cam"],
  ['clientSecret=abc,def next', 'clientSecret=… next'],
  ['Authorization: Bearer abc.def', 'Authorization: …'],
  ['Authorization: Digest username="a", response="abc"', 'Authorization: …'],
  ['set-cookie: a=abc; b=def\nnext: 1', 'set-cookie: …\nnext: 1'],
  ['{"authorization":"Basic abc","deviceSN":"c"}', '{"authorization":"…","deviceSN":"c"}'],
  ["{ key: <Buffer a0 a1 a2>, mode: 'none' }", "{ key: …, mode: 'none' }"],
  ["{ key: Uint8Array(3) [ 1, 2, 3 ], mode: 'none' }", "{ key: …, mode: 'none' }"],
  ['tokens: ["abc", "def"], 2', 'tokens: …, 2'],
  ['key={"type":"Buffer", "data":[160, 161]} next', 'key=… next'],
  ['pwd=abc signature: def', 'pwd=… signature: …'],
  ['sent with Bearer abcdefgh1234 to it', 'sent with Bearer … to it'],
  ['redirect=%2Flive%3Ftoken%3Dabc', 'redirect=%2Flive%3Ftoken%3D…'],
  ['got eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl, not welcome', 'got …, not welcome'],
  ['x-eyJh.b.c.d eyJh.b eyJh. eyJ.b a.eyJh.b.', 'x-….d … eyJh. eyJ.b a.…'],
  ['unterminated key="abc', 'unterminated key="…"'],
];

for (const [text, shown] of texts) {
  test(`of ${text} there remains ${shown}`, () => {
    expect(redactText(text)).toBe(shown);
    expect(redactText(shown)).toBe(shown);
  });
}

const harmless = [
  'connected to rtmp://host:1935/live/cam',
  'is the server up? It was a minute ago',
  'mail to someone@example.com',
  'key frame 12, token server, keyCheck=9f00',
  '    at open (file:///srv/node_modules/@cloudpush/engine/dist/engine.js:10:5)',
  'packet refused: actual 5, permitted 1 to 4',
];

for (const text of harmless) {
  test(`${text.trim()} stays as it is`, () => {
    expect(redactText(text)).toBe(text);
    const line = `${JSON.stringify({ level: 30, msg: text })}\n`;
    expect(redactLine(line)).toBe(line);
  });
}

test('a line of the log keeps its form without what is secret in its fields and texts', () => {
  const line = {
    level: 40,
    msg: 'rtmp://host/live/cam?token=abc is lost',
    url: 'rtmp://user:abc@host/live/cam',
    token: 'abc',
    connection: { credentials: { user: 'abc' }, streamKey: 'abc', keyFrames: 3 },
    servers: [{ client_secret: 'abc', deviceToken: 12345 }, 'http://host/?abc'],
    hasToken: true,
    key: null,
    'rtmp://host/?abc': 1,
    err: { type: 'Error', message: 'secret: abc', stack: 'Error: secret: abc\n    at x (file:///y.js:1:2)' },
  };
  expect(JSON.parse(redactLine(`${JSON.stringify(line)}\n`))).toEqual({
    level: 40,
    msg: 'rtmp://host/live/cam?… is lost',
    url: 'rtmp://…@host/live/cam',
    token: '…',
    connection: { credentials: '…', streamKey: '…', keyFrames: 3 },
    servers: [{ client_secret: '…', deviceToken: '…' }, 'http://host/?…'],
    hasToken: true,
    key: null,
    'rtmp://host/?…': 1,
    err: { type: 'Error', message: 'secret: …', stack: 'Error: secret: …\n    at x (file:///y.js:1:2)' },
  });
  expect(redactLine(`${JSON.stringify(line)}\n`)).toMatch(/^\{.*\}\n$/);
});
