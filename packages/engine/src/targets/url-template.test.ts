import { describe, expect, test } from 'vitest';
import type { TargetRequest } from './target-request.js';
import { withNames, withTime } from './url-template.js';

const device: TargetRequest = { kind: 'device', deviceSN: 'SN-1' };

describe('a URL template', () => {
  test('is filled in with the names of the request, and later with the time', () => {
    const named = withNames('rtmp://host/$appname/$streamname/$time', {
      ...device,
      appname: 'a',
      streamname: 's',
    });
    expect(named).toBe('rtmp://host/a/s/$time');
    expect(withTime(named, 1_700_000_000_123.75)).toBe('rtmp://host/a/s/1700000000123');
  });

  test('is filled in wherever a name stands, however often', () => {
    expect(withNames('rtmp://host/$appname/$streamname_$time?s=$streamname', device)).toBe(
      'rtmp://host/live/SN-1_$time?s=SN-1',
    );
    expect(withTime('$time-$time', 5)).toBe('5-5');
  });

  test('keeps what is no name of its own', () => {
    const url = 'rtmp://us$er:pa$sword@host/$apps/$appname2/$streamnames?key=$1$&$$';
    expect(withTime(withNames(url, device), 5)).toBe(url);
  });

  test.each<[string, TargetRequest, string]>([
    ['the serial number of a device', device, 'SN-1'],
    [
      'the serial number for a live target',
      { kind: 'live', tokenUrl: 'http://a/', deviceSN: 'SN-2' },
      'SN-2',
    ],
    [
      'a name made from a device token',
      { kind: 'deviceToken', deviceToken: 'held' },
      'device-e714e60c49c4f099',
    ],
    ['what a URL request names', { kind: 'url', url: 'rtmp://a', streamname: 'door' }, 'door'],
  ])('has for its stream name %s', (_, request, name) => {
    expect(withNames('$appname/$streamname', request)).toBe(`live/${name}`);
  });

  test('cannot be filled in with a stream name that nobody has given', () => {
    const fill = () => withNames('rtmp://a/$appname/$streamname', { kind: 'url', url: 'rtmp://a' });
    expect(fill).toThrow(expect.objectContaining({ code: 'ERR_CLOUDPUSH_INVALID_URL', class: 'fatal' }));
    expect(withNames('rtmp://a/$appname/s', { kind: 'url', url: 'rtmp://a' })).toBe('rtmp://a/live/s');
  });

  test.each([
    ['a/b?c#d', 'a%2Fb%3Fc%23d'],
    ['$time $&', '%24time%20%24%26'],
    ['00:1A:2b', '00:1A:2b'],
    ['Tür', 'T%C3%BCr'],
  ])('takes %j as one segment', (streamname, segment) => {
    expect(withTime(withNames('rtmp://a/b/$streamname', { ...device, streamname }), 5)).toBe(
      `rtmp://a/b/${segment}`,
    );
  });

  test.each(['', '.', '..', 'a\nb', '\ud800'])('refuses %j, which cannot be a segment', (streamname) => {
    const fill = () => withNames('rtmp://a/b/$streamname', { ...device, streamname });
    expect(fill).toThrow(expect.objectContaining({ code: 'ERR_CLOUDPUSH_INVALID_PARAMETER' }));
  });
});
