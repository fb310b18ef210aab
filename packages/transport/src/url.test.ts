import { describe, expect, test } from 'vitest';
import { RtmpError } from './errors.js';
import { displayUrl, isRtmpUrl, parseRtmpUrl, publishedName } from './url.js';

const told = (text: string): (string | undefined)[] => {
  const url = parseRtmpUrl(text);
  return [url.app, url.appQuery, publishedName(url)];
};

describe('push URL', () => {
  test('takes the first path segment for the app and the rest for the stream name', () => {
    expect(parseRtmpUrl('rtmp://media.example:1936/live/camera/1700000000?token=s3cret&x=1')).toEqual({
      secure: false,
      host: 'media.example',
      port: 1936,
      app: 'live',
      streamName: 'camera/1700000000',
      query: 'token=s3cret&x=1',
      user: undefined,
      password: undefined,
      tcUrl: 'rtmp://media.example:1936/live',
    });
  });

  test.each([
    ['rtmp://h/live/s', 1935, 'rtmp://h/live'],
    ['rtmp://h:1935/live/s', 1935, 'rtmp://h/live'],
    ['rtmps://h/live/s', 443, 'rtmps://h/live'],
    ['rtmps://h:1935/live/s', 1935, 'rtmps://h:1935/live'],
    ['RTMP://h/live/s', 1935, 'rtmp://h/live'],
  ])('%s has port %i and tcUrl %s', (text, port, tcUrl) => {
    expect(parseRtmpUrl(text)).toMatchObject({ port, tcUrl });
  });

  test('understands IPv6 literals', () => {
    const url = parseRtmpUrl('rtmp://[2001:db8::1]:1936/live/s');
    expect(url).toMatchObject({ host: '2001:db8::1', port: 1936, tcUrl: 'rtmp://[2001:db8::1]:1936/live' });
  });

  test('understands user info and keeps it out of tcUrl', () => {
    const url = parseRtmpUrl('rtmp://me:p%40ss%3Aword@h/live/s');
    expect(url).toMatchObject({ user: 'me', password: 'p@ss:word', tcUrl: 'rtmp://h/live' });
  });

  test('keeps the name as it is written: percent signs, slashes, number signs', () => {
    expect(parseRtmpUrl('rtmp://h/live//a%2Fb/').streamName).toBe('/a%2Fb/');
    expect(parseRtmpUrl('rtmp://h/live/key#1').streamName).toBe('key#1');
    expect(parseRtmpUrl('rtmp://h/live/key?t=1#2').query).toBe('t=1#2');
  });

  test('takes an app that is longer than a segment from the option', () => {
    const url = parseRtmpUrl('rtmp://h/live/eu/camera/7', { app: '/live/eu/' });
    expect(url).toMatchObject({ app: 'live/eu', streamName: 'camera/7', tcUrl: 'rtmp://h/live/eu' });
    expect(() => parseRtmpUrl('rtmp://h/live/camera', { app: 'liv' })).toThrow('does not start with the app');
    expect(() => parseRtmpUrl('rtmp://h/live/camera', { app: '/' })).toThrow('empty app');
  });

  test('leaves the stream name empty when there is none', () => {
    expect(parseRtmpUrl('rtmp://h/live').streamName).toBe('');
  });

  test.each([
    'http://h/live/s',
    'h/live/s',
    '',
    'rtmp:/h/live/s',
    'rtmp:///live/s',
    'rtmp://h',
    'rtmp://h/',
    'rtmp://h:0/live/s',
    'rtmp://h:99999/live/s',
    'rtmp://h:port/live/s',
    'rtmp://[::1/live/s',
    'rtmp://h/live/a b',
    'rtmp://h/live/a\nb',
  ])('refuses %j', (text) => {
    expect(() => parseRtmpUrl(text)).toThrow(RtmpError);
  });

  test('never shows a secret in an error or for people', () => {
    const secret = 'hunter2';
    for (const text of [
      `rtmp://me:${secret}@h:99999/live/s?token=${secret}`,
      `rtmp://h/live/a b?token=${secret}`,
    ]) {
      try {
        parseRtmpUrl(text);
        expect.unreachable();
      } catch (error) {
        expect(error).toMatchObject({
          code: 'ERR_CLOUDPUSH_INVALID_URL',
          stage: 'url',
          class: 'fatal',
        });
        expect((error as Error).cause).toBeUndefined();
        expect(String(error)).not.toContain(secret);
      }
    }
    expect(displayUrl(parseRtmpUrl(`rtmp://me:${secret}@h/live/s?token=${secret}`))).toBe('rtmp://h/live/s');
    expect(displayUrl(parseRtmpUrl('rtmp://h/live'))).toBe('rtmp://h/live');
  });

  test.each([
    '摄像头1',
    'κάμερα',
    'cam{1}',
    'a"b',
    '<cam>',
    '100%',
    'a%zz',
    'a|b^c`d',
    'a\\b',
    '🎥',
    './x',
    'a/../b',
    'key#1',
  ])('keeps the name %s as it is typed', (name) => {
    const url = parseRtmpUrl(`rtmp://h/live/${name}?key=${name}`);
    expect(publishedName(url)).toBe(`${name}?key=${name}`);
    expect(parseRtmpUrl(`rtmp://h/${name.split('/')[0]}/s`).app).toBe(name.split('/')[0]);
  });

  test('takes a name that is only a query, question mark included', () => {
    expect(told('rtmp://h/live-bvc/?streamname=live_1&key=a/b')).toEqual([
      'live-bvc',
      undefined,
      '?streamname=live_1&key=a/b',
    ]);
    expect(told('rtmp://h/live/?')).toEqual(['live', undefined, '']);
    expect(told('rtmp://h/live?token=x')).toEqual(['live', 'token=x', '']);
  });

  test('takes a query behind the app, and keeps it there', () => {
    expect(told('rtmp://h/live?doconnect=a&b/cam')).toEqual(['live', 'doconnect=a&b', 'cam']);
    expect(told('rtmp://h/live?a=b/cam/7?c=d/e')).toEqual(['live', 'a=b', 'cam/7?c=d/e']);
    const url = parseRtmpUrl('rtmp://h/live/site?key=s3cret/cam', { app: 'live/site' });
    expect(url).toMatchObject({ app: 'live/site', appQuery: 'key=s3cret', streamName: 'cam', query: '' });
    expect(url.tcUrl + displayUrl(url)).not.toContain('s3cret');
  });

  test('takes the last @ before the path for the end of the user info', () => {
    expect(parseRtmpUrl('rtmp://me:p@ss:w%zz@h:1/live/s@x')).toMatchObject({
      user: 'me',
      password: 'p@ss:w%zz',
      host: 'h',
      port: 1,
      streamName: 's@x',
    });
  });

  test('takes host names as people have them', () => {
    expect(parseRtmpUrl('rtmp://Media_Server.Local/live/s').host).toBe('media_server.local');
    expect(parseRtmpUrl('rtmp://bücher.example/live/s').host).toBe('xn--bcher-kva.example');
    expect(parseRtmpUrl('rtmp://[fe80::1%eth0]/live/s').host).toBe('fe80::1%eth0');
    expect(parseRtmpUrl('rtmp://h:/live/s').port).toBe(1935);
    for (const host of ['a b', 'a%20b', 'a,b', '[1.2.3.4]', '[::1]x', 'h:1:2', 'h:1x', 'h:65536', 'a\u0000b'])
      expect(isRtmpUrl(`rtmp://${host}/live/s`), host).toBe(false);
  });
});

test('a URL that no server could be told is refused, with its length and the limit', () => {
  const base = 'rtmp://host/live/camera?token=';
  expect(parseRtmpUrl(base + 'x'.repeat(65_535 - base.length)).query).toHaveLength(65_535 - base.length + 6);
  expect(() => parseRtmpUrl(base + 'x'.repeat(65_536 - base.length))).toThrow(
    'has 65536 bytes, where 65535 are permitted',
  );
});
