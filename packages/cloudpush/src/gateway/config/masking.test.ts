import { expect, test } from 'vitest';
import { masked, maskedText, requestFaults, unmasked } from './masking.js';

const DOCUMENT = {
  source: { url: 'rtsp://viewer:hush1@camera/1?key=hush2', username: 'viewer', password: 'hush3' },
  encryption: { video: 'keyFrames', key: 'hush4' },
  destinations: [
    'rtmp://u:hush5@cloud/live/gate?token=hush6',
    {
      url: 'rtmp://cloud/live/gate',
      token: 'hush7',
      proxy: 'socks5://a:hush8@b',
      tls: { key: 'client.pem' },
    },
    { device: { serialNumber: 'SN', token: 'file:/run/secrets/door' } },
  ],
};

test('every secret is masked, and nothing that only refers to one', () => {
  const shown = masked(DOCUMENT);
  expect(JSON.stringify(shown)).not.toContain('hush');
  expect(shown).toEqual({
    source: { url: 'rtsp://viewer:***@camera/1?key=***', username: 'viewer', password: '***' },
    encryption: { video: 'keyFrames', key: '***' },
    destinations: [
      'rtmp://u:***@cloud/live/gate?token=***',
      { url: 'rtmp://cloud/live/gate', token: '***', proxy: '***', tls: { key: 'client.pem' } },
      { device: { serialNumber: 'SN', token: 'file:/run/secrets/door' } },
    ],
  });
});

test('the arguments of a command and the options of a module are masked whole', () => {
  expect(masked({ source: { command: ['ffmpeg', '-i', 'rtsp://u:hush@c'] } })).toEqual({
    source: { command: ['ffmpeg', '***', '***'] },
  });
  expect(masked({ source: { module: 'm.js', options: { key: 'hush' } } })).toEqual({
    source: { module: 'm.js', options: '***' },
  });
});

test('a password that is a variable is shown as the variable', () => {
  expect(masked({ source: `rtsp://viewer:\${PASSWORD}@camera/1` })).toEqual({
    source: `rtsp://viewer:\${PASSWORD}@camera/1`,
  });
});

test('what was read masked is given back as it was', () => {
  expect(unmasked(masked(DOCUMENT), DOCUMENT)).toEqual(DOCUMENT);
  expect(requestFaults(unmasked(masked(DOCUMENT), DOCUMENT), DOCUMENT)).toEqual([]);
});

test('a mask whose surroundings have changed is refused', () => {
  const given = { ...DOCUMENT, source: 'rtsp://viewer:***@other/1' };
  expect(requestFaults(unmasked(given, DOCUMENT), DOCUMENT)).toEqual([
    { path: ['source'], message: expect.stringContaining('give the secret') },
  ]);
});

test.each([
  [{ source: { command: ['sh', '-c', 'true'] } }, 'source.command'],
  [{ source: { module: '/tmp/x.js' } }, 'source.module'],
  [{ source: { file: '/dev/zero' } }, 'source.file'],
  [{ source: { url: 'rtsps://c/1', ca: '/dev/zero' } }, 'source.ca'],
  [{ destinations: [{ url: 'rtmps://s/live/a', tls: { key: '/etc/key.pem' } }] }, 'destinations.0.tls.key'],
  [{ source: { '<<': { command: ['sh', '-c', 'true'] } } }, 'source.<<'],
  [{ '<<': { source: { command: ['sh', '-c', 'true'] } } }, '<<'],
  [{ source: { url: 'rtsp://c/1', password: 'env:AWS_SECRET' } }, 'source.password'],
  [{ source: `rtsp://evil.example/\${AWS_SECRET}` }, 'source'],
  [{ destinations: [{ url: 'rtmp://s/live/a', token: 'file:/etc/shadow' }] }, 'destinations.0.token'],
])('from outside %j is refused', (given, path) => {
  expect(requestFaults(given, undefined).map((fault) => fault.path.join('.'))).toEqual([path]);
});

test('a command of the file may stay as it is when another key is changed', () => {
  const before = { source: { command: ['ffmpeg', '-i', 'x'] }, audio: 'copy' };
  expect(requestFaults({ ...before, audio: 'none' }, before)).toEqual([]);
});

test('secrets do not go along to another server', () => {
  const before = { destinations: [{ url: 'rtmp://cloud/live/a', token: 'hush', password: 'env:P' }] };
  const given = { destinations: [{ url: 'rtmp://evil.example/live/a', token: '***', password: 'env:P' }] };
  const faults = requestFaults(unmasked(given, before), before);
  expect(faults.map(({ path }) => path.join('.'))).toEqual([
    'destinations.0.token',
    'destinations.0.password',
  ]);
});

test.each([
  ['a URL in place of a device', { device: { serialNumber: 'SN' } }, { url: 'rtmp://evil.example/live/a' }],
  [
    'another proxy',
    { url: 'rtmp://cloud/live/a' },
    { url: 'rtmp://cloud/live/a', proxy: 'http://evil.example' },
  ],
])('secrets do not go along with %s', (_, before, given) => {
  const faulty = requestFaults(unmasked({ ...given, token: '***' }, { ...before, token: 'hush' }), {
    ...before,
    token: 'hush',
  });
  expect(faulty.map(({ path }) => path.join('.'))).toEqual(['token']);
});

test('the token of a device does not go along to a token server that was not the one before', () => {
  const before = { device: { serialNumber: 'SN', token: 'hush' } };
  const given = { device: { serialNumber: 'SN', token: '***', tokenUrl: 'https://evil.example/' } };
  expect(unmasked(given, before)).toEqual(given);
});

test('labels may have any names but that of a merge', () => {
  expect(requestFaults({ labels: { file: 'a', command: 'b' } }, undefined)).toEqual([]);
  expect(requestFaults({ labels: { '<<': 'a' } }, undefined)).toHaveLength(1);
});

test('a secret beneath a merge key is masked in the text', () => {
  const text = 'channels:\n  gate:\n    source: { <<: { url: rtsp://c/1, username: a, password: hush } }\n';
  expect(maskedText(text)).toBe(text.replace('hush', '"***"'));
});

test('the name of a stream is masked where it is the key to publish with, and may be given back so', () => {
  const before = { destinations: ['rtmp://a.rtmp.youtube.com/live2/hush', 'rtmp://cloud/live/gate'] };
  const shown = { destinations: ['rtmp://a.rtmp.youtube.com/live2/***', 'rtmp://cloud/live/gate'] };
  expect(masked(before)).toEqual(shown);
  expect(unmasked(shown, before)).toEqual(before);
  const variable = `rtmps://live.twitch.tv:443/app/\${KEY}`;
  expect(masked({ url: variable })).toEqual({ url: variable });
});
