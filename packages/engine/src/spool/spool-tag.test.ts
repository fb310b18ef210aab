import { TagRole, TagType } from '@cloudpush/muxer';
import { expect, test } from 'vitest';
import { roleOf } from './spool-tag.js';

test.each([
  ['an H.264 key frame', TagType.video, '1701000000', TagRole.keyFrame],
  ['an H.264 picture', TagType.video, '2701000000', TagRole.interFrame],
  ['an H.264 picture that none refers to', TagType.video, '3701000000', TagRole.disposableFrame],
  ['an H.264 configuration', TagType.video, '1700000000', TagRole.videoSequenceHeader],
  ['an enhanced key frame', TagType.video, '9168766331000000', TagRole.keyFrame],
  ['an enhanced picture', TagType.video, 'a368766331', TagRole.interFrame],
  ['an enhanced configuration', TagType.video, '9068766331', TagRole.videoSequenceHeader],
  ['an end of sequence', TagType.video, '1702000000', TagRole.interFrame],
  ['enhanced metadata', TagType.video, 'a468766331', TagRole.videoMetadata],
  ['a key frame of an unknown codec', TagType.video, '1f', TagRole.keyFrame],
  ['an AAC frame', TagType.audio, 'af0121', TagRole.audioFrame],
  ['an AAC configuration', TagType.audio, 'af001210', TagRole.audioSequenceHeader],
  ['an MP3 frame', TagType.audio, '2f00', TagRole.audioFrame],
  ['an enhanced sound', TagType.audio, '914f707573', TagRole.audioFrame],
  ['an enhanced configuration of sound', TagType.audio, '904f707573', TagRole.audioSequenceHeader],
  ['script data', TagType.scriptData, '02', TagRole.data],
  ['an empty tag', TagType.video, '', TagRole.data],
])('%s has its role', (_what, type, hex, role) => {
  expect(roleOf(type, Buffer.from(hex, 'hex'))).toBe(role);
});
