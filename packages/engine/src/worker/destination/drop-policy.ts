import { type FlvTag, TagRole } from '@cloudpush/muxer';
import type { Watermark } from '../../options/options.js';
import type { SendQueue } from './send-queue.js';

/** Counts of what was dropped, by cause. */
export interface Dropped {
  /** Pictures that no other refers to. */
  readonly disposable: number;
  /** Pictures of groups that were skipped up to the next key frame. */
  readonly skipped: number;
  /** Audio frames. */
  readonly audio: number;
  /** No key frame is left in the queue: pictures before the next one are not to be queued. */
  readonly awaitKeyFrame: boolean;
}

/**
 * Makes room in a queue that a slow destination has let grow, down to `target`: disposable pictures go first,
 * then whole groups of pictures, so that what is left can be decoded, each with the audio that came before
 * it; audio alone goes only when no video is left to drop before it; sequence headers and data messages
 * never.
 */
export function relieve(queue: SendQueue, target: Watermark): Dropped {
  const disposable = queue.remove((tag) => tag.role === TagRole.disposableFrame);
  const pictures = queue.count(isPicture);
  const audioFrames = queue.count(isAudioFrame);
  if (isAbove(queue, target)) skipGroups(queue, target);
  if (isAbove(queue, target)) queue.removeOldest(isAudioFrame, target.bytes, target.ms);
  const left = queue.count(isPicture);
  return {
    disposable,
    skipped: pictures - left,
    audio: audioFrames - queue.count(isAudioFrame),
    awaitKeyFrame: pictures > 0 && left === 0,
  };
}

function isAbove(queue: SendQueue, limit: Watermark): boolean {
  return queue.bytes > limit.bytes || queue.ms > limit.ms;
}

/**
 * Drops the rest of the group that is under way, then one group after the other until the queue is down to
 * the target.
 */
function skipGroups(queue: SendQueue, target: Watermark): void {
  dropToKeyFrame(queue, 0);
  while (isAbove(queue, target) && queue.count(isKeyFrame) > 0) {
    // The audio in front of the group that now comes first has lost its pictures.
    queue.removeWhile((tag) => (isKeyFrame(tag) ? 'stop' : isAudioFrame(tag) ? 'remove' : 'keep'));
    if (isAbove(queue, target)) dropToKeyFrame(queue, 1);
  }
}

/**
 * Drops pictures up to the key frame that follows `passing` others, which are dropped, too; all when there is
 * none.
 */
function dropToKeyFrame(queue: SendQueue, passing: number): void {
  let passed = 0;
  queue.removeWhile((tag) => {
    if (isKeyFrame(tag) && passed++ === passing) return 'stop';
    return isPicture(tag) ? 'remove' : 'keep';
  });
}

/**
 * Drops the pictures in front of a queue's first key frame: what is left can be decoded from there on only.
 */
export function startAtKeyFrame(queue: SendQueue): Dropped {
  const pictures = queue.count(isPicture);
  const awaitKeyFrame = queue.count(isKeyFrame) === 0;
  if (awaitKeyFrame) queue.remove(isPicture);
  else dropToKeyFrame(queue, 0);
  return { disposable: 0, skipped: pictures - queue.count(isPicture), audio: 0, awaitKeyFrame };
}

/** True for the header that a decoder is set up with. */
export function isSequenceHeader({ role }: FlvTag): boolean {
  return role === TagRole.videoSequenceHeader || role === TagRole.audioSequenceHeader;
}

export function isPicture({ role }: FlvTag): boolean {
  return role === TagRole.keyFrame || role === TagRole.interFrame || role === TagRole.disposableFrame;
}

export function isKeyFrame({ role }: FlvTag): boolean {
  return role === TagRole.keyFrame;
}

export function isAudioFrame({ role }: FlvTag): boolean {
  return role === TagRole.audioFrame;
}
