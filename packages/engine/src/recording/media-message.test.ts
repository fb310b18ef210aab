import { MessageType } from '@cloudpush/transport';
import { expect, test } from 'vitest';
import { bringsMedia } from './media-message.js';

test.each([
  ['an H.264 picture', MessageType.video, '17010000000000', true],
  ['an H.264 configuration', MessageType.video, '17000000000164', false],
  ['an H.264 end of sequence', MessageType.video, '1702000000', false],
  ['an H.265 picture in the older form', MessageType.video, '1c010000000000', true],
  ['an H.265 configuration in the older form', MessageType.video, '1c0000000001', false],
  ['an enhanced picture', MessageType.video, '91687663310000000000', true],
  ['an enhanced picture without offset', MessageType.video, 'a36876633100000000', true],
  ['an enhanced configuration', MessageType.video, '906876633101', false],
  ['an enhanced end of sequence', MessageType.video, '9268766331', false],
  ['a seek command', MessageType.video, '5700', false],
  ['a picture of an older codec', MessageType.video, '22aa', true],
  ['an AAC frame', MessageType.audio, 'af0121', true],
  ['an AAC configuration', MessageType.audio, 'af001210', false],
  ['an MP3 frame', MessageType.audio, '2ffffb', true],
  ['an enhanced sound', MessageType.audio, '914f70757301', true],
  ['an enhanced configuration of sound', MessageType.audio, '904f70757301', false],
  ['an empty message', MessageType.video, '', false],
])('%s', (_name, type, hex, counted) => {
  expect(bringsMedia(type, Buffer.from(hex, 'hex'))).toBe(counted);
});
