import { ClipReader, type SourcePacket } from '@cloudpush/engine/sources';
import { expect, test } from 'vitest';
import type { PushSource } from '../../push/open-inputs.js';
import { readStamp, type StampedCodec, stampUnit } from './stamp.js';
import { isStampable, stampedSource } from './stamped-source.js';

const TIME = 1234.5;

function picture(data: readonly number[], more: Partial<SourcePacket> = {}): SourcePacket {
  return {
    ...{ kind: 'video', codec: 'h264', data: Uint8Array.from(data) },
    ...{ pts: 0, dts: 0, keyFrame: true, duration: 40 },
    ...more,
  };
}

/** The data of the first packet of a source with this one packet, once it is stamped. */
function stampedData(packet: SourcePacket, more: Partial<PushSource> = {}): Uint8Array {
  const source: PushSource = {
    ...{ name: 'test', video: packet.codec as StampedCodec, audio: undefined },
    ...{ frameInterval: 40, duration: 40, notices: [], open: () => new ClipReader([packet]) },
    ...more,
  };
  return stampedSource(source, () => TIME)
    .open()
    .next()!.data;
}

const stamp = [...stampUnit('h264', TIME)];

test('a picture with start codes gets its stamp in front', () => {
  const data = stampedData(picture([0, 0, 0, 1, 0x65, 0x88]));
  expect([...data]).toEqual([0, 0, 0, 1, ...stamp, 0, 0, 0, 1, 0x65, 0x88]);
  expect(readStamp(data)).toBe(TIME);
});

test('a delimiter stays in front', () => {
  const data = stampedData(picture([0, 0, 1, 0x09, 0xf0, 0, 0, 1, 0x65, 0x88]));
  expect([...data]).toEqual([0, 0, 1, 0x09, 0xf0, 0, 0, 0, 1, ...stamp, 0, 0, 1, 0x65, 0x88]);
});

test('the delimiter of H.265 is a byte longer', () => {
  const data = stampedData(picture([0, 0, 1, 0x46, 0x01, 0x50, 0, 0, 1, 0x26, 0x01], { codec: 'h265' }));
  const unit = [...stampUnit('h265', TIME)];
  expect([...data]).toEqual([0, 0, 1, 0x46, 0x01, 0x50, 0, 0, 0, 1, ...unit, 0, 0, 1, 0x26, 0x01]);
});

test.each([
  [1, [2, 0x65, 0x88], [stamp.length]],
  [2, [0, 2, 0x65, 0x88], [0, stamp.length]],
  [4, [0, 0, 0, 2, 0x65, 0x88], [0, 0, 0, stamp.length]],
])('NAL units with lengths of %i bytes get one with its length', (size, data, prefix) => {
  const videoConfig = Uint8Array.of(1, 66, 0, 30, 0xfc + size - 1);
  expect([...stampedData(picture(data), { videoConfig })]).toEqual([...prefix, ...stamp, ...data]);
  expect([...stampedData(picture(data, { configuration: videoConfig }))]).toEqual([
    ...prefix,
    ...stamp,
    ...data,
  ]);
});

test('sound passes as it is, and all other fields stay', () => {
  const sound = picture([0xff, 0xf1], { kind: 'audio', codec: 'aac' });
  expect([...stampedData(sound)]).toEqual([0xff, 0xf1]);
  const source: PushSource = {
    ...{
      name: 'test',
      video: 'h264',
      audio: undefined,
      frameInterval: 40,
      duration: 40,
      notices: ['a note'],
    },
    open: () => new ClipReader([picture([0, 0, 1, 0x41], { pts: 80, dts: 40, keyFrame: false })]),
  };
  const stamped = stampedSource(source, () => TIME);
  expect(stamped.notices).toEqual(['a note']);
  expect(stamped.open().next()).toMatchObject({ pts: 80, dts: 40, keyFrame: false, duration: 40 });
});

test('only pictures of H.264 and H.265 can carry a stamp', () => {
  const source = { ...({} as PushSource) };
  expect(isStampable({ ...source, video: 'h265' })).toBe(true);
  expect(isStampable({ ...source, video: 'av1' })).toBe(false);
  expect(isStampable({ ...source, video: undefined })).toBe(false);
});
