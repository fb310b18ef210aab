import { expect, test } from 'vitest';
import { parseRtspUrl, resolveControl } from './rtsp-url.js';

test('a URL is taken apart, and what errors show has neither user info nor query', () => {
  expect(parseRtspUrl('rtsp://viewer:s%40fe@camera-1.example:8554/Streaming/101?token=abc#x')).toEqual({
    tls: false,
    host: 'camera-1.example',
    port: 8554,
    requestUrl: 'rtsp://camera-1.example:8554/Streaming/101?token=abc',
    shown: 'rtsp://camera-1.example:8554/Streaming/101',
    username: 'viewer',
    password: 's@fe',
  });
});

test('ports have defaults, addresses of IPv6 have brackets, and a scheme has no case', () => {
  expect(parseRtspUrl('rtsp://camera')).toMatchObject({ host: 'camera', port: 554, tls: false });
  expect(parseRtspUrl('RTSPS://[2001:db8::1]/x')).toMatchObject({
    host: '2001:db8::1',
    port: 322,
    tls: true,
  });
  expect(parseRtspUrl('rtsp://[::1]:99/').requestUrl).toBe('rtsp://[::1]:99/');
});

test('user info may hold @ and : and % as they are', () => {
  expect(parseRtspUrl('rtsp://a:b@c:d%@host/')).toMatchObject({
    username: 'a',
    password: 'b@c:d%',
    host: 'host',
  });
  expect(parseRtspUrl('rtsp://admin@host/')).toMatchObject({ username: 'admin', password: '' });
});

for (const text of [
  '',
  'camera',
  'http://secret@host/',
  'rtsp:///path',
  'rtsp://host:0/',
  'rtsp://host:65536/',
  'rtsp://host/a b',
  'rtsp://host/a\r\nEvil: 1',
  'rtsp://[::1/x',
]) {
  test(`${JSON.stringify(text)} is refused without being repeated`, () => {
    expect(() => parseRtspUrl(text)).toThrow(
      expect.objectContaining({
        code: 'ERR_CLOUDPUSH_RTSP_URL',
        message: expect.not.stringMatching(/secret/),
      }),
    );
  });
}

test('a port that is none is named with its limits, and no password with it', () => {
  for (const port of ['0', '65536', '99999999']) {
    expect(() => parseRtspUrl(`rtsp://user:12345@host:${port}/`)).toThrow(
      `the source's RTSP URL has the port ${port}; ports are 1 to 65535`,
    );
  }
});

const controls: readonly [base: string, control: string | undefined, resolved: string][] = [
  ['rtsp://h/a/', 'track1', 'rtsp://h/a/track1'],
  ['rtsp://h/a', 'track1', 'rtsp://h/a/track1'],
  ['rtsp://h/a?channel=1', 'trackID=0', 'rtsp://h/a?channel=1/trackID=0'],
  ['rtsp://h/a', '?track=1', 'rtsp://h/a?track=1'],
  ['rtsp://h:99/a/b', '/c', 'rtsp://h:99/c'],
  ['rtsp://h/a', '*', 'rtsp://h/a'],
  ['rtsp://h/a', '', 'rtsp://h/a'],
  ['rtsp://h/a', undefined, 'rtsp://h/a'],
  ['rtsp://h/a', 'rtsp://other/b', 'rtsp://other/b'],
  ['rtsp://h/a', 'rtsp://user:secret@other/b', 'rtsp://other/b'],
];

for (const [base, control, resolved] of controls) {
  test(`control ${control} of ${base} is ${resolved}`, () => {
    expect(resolveControl(base, control)).toBe(resolved);
  });
}
