import { expect, test } from 'vitest';
import { streamPlace } from './stream-place.js';

test('a stream is named without user info, query and key', () => {
  expect(streamPlace('rtmp://user:s3cret@media.example/live/camera?key=s3cret')).toEqual({
    host: 'media.example',
    stream: 'live/camera',
  });
});

test.each(['a.rtmp.youtube.com', 'YOUTUBE.com', 'live.twitch.tv', 'fra.contribute.live-video.net'])(
  'the stream name of a platform whose key it is stays unsaid: %s',
  (host) => {
    expect(JSON.stringify(streamPlace(`rtmp://${host}/app/s3cret`))).not.toContain('s3cret');
    expect(streamPlace(`rtmp://not${host.slice(host.indexOf('.') + 1)}.example/app/camera`)).toHaveProperty(
      'stream',
      'app/camera',
    );
  },
);

test('what is no URL names no place', () => {
  expect(streamPlace('s3cret')).toBeUndefined();
});
