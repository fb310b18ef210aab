import { describe, expect, it } from 'vitest';
import { RtmpError } from './errors.js';
import { displayUrl, parseRtmpUrl } from './url.js';

describe('push URL', () => {
  it('takes the first path segment for the app and the rest for the stream name', () => {
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

  it.each([
    ['rtmp://h/live/s', 1935, 'rtmp://h/live'],
    ['rtmp://h:1935/live/s', 1935, 'rtmp://h/live'],
    ['rtmps://h/live/s', 443, 'rtmps://h/live'],
    ['rtmps://h:1935/live/s', 1935, 'rtmps://h:1935/live'],
    ['RTMP://h/live/s', 1935, 'rtmp://h/live'],
  ])('%s has port %i and tcUrl %s', (text, port, tcUrl) => {
    expect(parseRtmpUrl(text)).toMatchObject({ port, tcUrl });
  });

  it('understands IPv6 literals', () => {
    const url = parseRtmpUrl('rtmp://[2001:db8::1]:1936/live/s');
    expect(url).toMatchObject({ host: '2001:db8::1', port: 1936, tcUrl: 'rtmp://[2001:db8::1]:1936/live' });
  });

  it('understands user info and keeps it out of tcUrl', () => {
    const url = parseRtmpUrl('rtmp://me:p%40ss%3Aword@h/live/s');
    expect(url).toMatchObject({ user: 'me', password: 'p@ss:word', tcUrl: 'rtmp://h/live' });
  });

  it('keeps the name as it is written: percent signs, slashes, number signs', () => {
    expect(parseRtmpUrl('rtmp://h/live//a%2Fb/').streamName).toBe('/a%2Fb/');
    expect(parseRtmpUrl('rtmp://h/live/key#1').streamName).toBe('key#1');
    expect(parseRtmpUrl('rtmp://h/live/key?t=1#2').query).toBe('t=1#2');
  });

  it('takes an app that is longer than a segment from the option', () => {
    const url = parseRtmpUrl('rtmp://h/live/eu/camera/7', { app: '/live/eu/' });
    expect(url).toMatchObject({ app: 'live/eu', streamName: 'camera/7', tcUrl: 'rtmp://h/live/eu' });
    expect(() => parseRtmpUrl('rtmp://h/live/camera', { app: 'liv' })).toThrow('does not start with the app');
    expect(() => parseRtmpUrl('rtmp://h/live/camera', { app: '/' })).toThrow('empty app');
  });

  it('leaves the stream name empty when there is none', () => {
    expect(parseRtmpUrl('rtmp://h/live').streamName).toBe('');
  });

  it.each([
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

  it('never shows a secret in an error or for people', () => {
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
});
