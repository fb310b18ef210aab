import { expect, test } from 'vitest';
import { channelUrl, shownUrl } from './channel-url.js';

test.each([
  ['rtmp://host/live/cam{i}', 2, 8, 'rtmp://host/live/cam2'],
  ['rtmp://host/live{i}/cam{i}?token={i}', 3, 8, 'rtmp://host/live3/cam3?token=3'],
  ['rtmp://host/live/cam', 2, 8, 'rtmp://host/live/cam-2'],
  ['rtmp://host/live/cam?token=x', 2, 8, 'rtmp://host/live/cam-2?token=x'],
  ['rtmp://host/live/cam?key={i}', 2, 8, 'rtmp://host/live/cam-2?key=2'],
  ['rtmp://user{i}@host/live/cam', 2, 8, 'rtmp://user2@host/live/cam-2'],
  ['rtmp://host{i}/live/cam', 2, 8, 'rtmp://host2/live/cam'],
  ['rtmp://host/live/cam', 1, 1, 'rtmp://host/live/cam'],
  ['rtmp://host/live/cam#a?token=x', 2, 8, 'rtmp://host/live/cam#a-2?token=x'],
  ['rtmp://host/live/cam{i}', 1, 1, 'rtmp://host/live/cam1'],
])('%s is for channel %i of %i: %s', (template, number, count, url) => {
  expect(channelUrl(template, number, count)).toBe(url);
});

test('what is no push URL is refused without a word of it', () => {
  for (const url of ['rtmp://', 'rtmp://SECRET@host:99999/a/b?SECRET', 'rtmp://host?SECRET']) {
    expect(() => channelUrl(url, 1, 1)).toThrow(/^(?!.*SECRET).*push URL/);
  }
});

test.each([1, 8])('a URL without a stream name is refused, for %i channels', (count) => {
  expect(() => channelUrl('rtmp://host/live?token=SECRET', 1, count)).toThrow(
    'the URL names no stream: rtmp[s]://host[:port]/app/name is needed',
  );
});

test('a URL is shown without query and user info', () => {
  expect(shownUrl('rtmp://user:SECRET@host/live/cam?token=SECRET')).toBe('rtmp://host/live/cam');
});
