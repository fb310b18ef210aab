import { expect, test } from 'vitest';
import { CloudPushError } from '../../base/errors.js';
import { PictureContinuity } from './picture-continuity.js';

const picture = (header: string, size = 20): Uint8Array =>
  Buffer.from(`00000001${header}88`.padEnd(2 * size, 'ff'), 'hex');
const KEY = picture('65', 40);
const INTER = picture('41');
const DISPOSABLE = picture('01');
const SEI = picture('06');

/**
 * Sends packets one after the other, those with an exclamation mark in vain; gives what was said of each that
 * was taken.
 */
function behindLoss(...packets: (readonly [data: Uint8Array, pts: number, refused?: '!'])[]): boolean[] {
  const continuity = new PictureContinuity();
  const said: boolean[] = [];
  for (const [data, pts, refused] of packets) {
    const isBehind = !continuity.isWhole && continuity.isBehindLoss(data, undefined, pts);
    if (refused !== undefined) continuity.onRefused('h264', data, undefined, pts);
    else {
      said.push(isBehind);
      if (!continuity.isWhole) continuity.onTaken();
    }
  }
  return said;
}

test('a picture that is tried again until it is taken is not lost', () => {
  expect(behindLoss([KEY, 0], [INTER, 40, '!'], [INTER, 40, '!'], [INTER, 40], [INTER, 80])).toEqual([
    false,
    false,
    false,
  ]);
});

test('the next picture that is taken is behind the loss of one that others refer to, and none after it', () => {
  expect(behindLoss([KEY, 0, '!'], [INTER, 40], [INTER, 80])).toEqual([true, false]);
  expect(behindLoss([INTER, 0, '!'], [INTER, 40, '!'], [INTER, 40])).toEqual([true]);
  expect(behindLoss([INTER, 0, '!'], [DISPOSABLE, 40, '!'], [DISPOSABLE, 80, '!'], [INTER, 120])).toEqual([
    true,
  ]);
});

test('pictures that no other refers to, and packets without a picture, are not missed', () => {
  expect(behindLoss([DISPOSABLE, 0, '!'], [INTER, 40])).toEqual([false]);
  expect(behindLoss([SEI, 0, '!'], [DISPOSABLE, 40, '!'], [INTER, 80])).toEqual([false]);
});

test('a packet of the same time that is another is no second try', () => {
  expect(behindLoss([KEY, 0, '!'], [INTER, 0])).toEqual([true]);
});

test('a picture that no pool can hold is lost, arguments that cannot be are none', () => {
  const continuity = new PictureContinuity();
  const failed = (code: 'ERR_CLOUDPUSH_INVALID_PARAMETER' | 'ERR_CLOUDPUSH_PACKET_TOO_LARGE') =>
    continuity.onFailed('h265', picture('2601'), new CloudPushError(code, ''));
  failed('ERR_CLOUDPUSH_INVALID_PARAMETER');
  expect(continuity.isWhole).toBe(true);
  failed('ERR_CLOUDPUSH_PACKET_TOO_LARGE');
  expect(continuity.isBehindLoss(INTER, undefined, 0)).toBe(true);
});
