import { expect, test } from 'vitest';
import { Command } from '../../memory/ring.js';
import { AUDIO_CODECS, VIDEO_CODECS } from '../../options/codecs.js';
import { GivenConfigurations } from './given-configurations.js';

const video = Uint8Array.of(1, 2);
const audio = Uint8Array.of(3);
const given = new GivenConfigurations({
  video: { codec: 'h265', bytes: video },
  audio: { codec: 'opus', bytes: audio },
});

test('packets of the track and its codec get the configuration, the same array each time', () => {
  expect(given.of(Command.video, VIDEO_CODECS.indexOf('h265'))).toBe(video);
  expect(given.of(Command.audio, AUDIO_CODECS.indexOf('opus'))).toBe(audio);
});

test('packets of another codec bring theirs along, and metadata has none', () => {
  expect(given.of(Command.video, VIDEO_CODECS.indexOf('h264'))).toBeUndefined();
  expect(given.of(Command.audio, AUDIO_CODECS.indexOf('aac'))).toBeUndefined();
  expect(given.of(Command.metadata, VIDEO_CODECS.indexOf('h265'))).toBeUndefined();
});

test('a track without one', () => {
  const none = new GivenConfigurations({ video: undefined, audio: undefined });
  expect(none.of(Command.video, 0)).toBeUndefined();
  expect(none.of(Command.audio, 0)).toBeUndefined();
});
