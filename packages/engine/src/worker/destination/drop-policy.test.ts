import { FlvTag, TagRole, TagType } from '@cloudpush/muxer';
import { describe, expect, test } from 'vitest';
import { PacketBlock } from '../channel/packet-block.js';
import { relieve, startAtKeyFrame } from './drop-policy.js';
import { SendQueue } from './send-queue.js';

const roles: Record<string, TagRole> = {
  H: TagRole.videoSequenceHeader,
  h: TagRole.audioSequenceHeader,
  K: TagRole.keyFrame,
  P: TagRole.interFrame,
  b: TagRole.disposableFrame,
  a: TagRole.audioFrame,
  d: TagRole.data,
};

/** A queue of one tag a letter, 100 bytes and 10 ms each. */
function queueOf(letters: string): { queue: SendQueue; released: number[] } {
  const queue = new SendQueue();
  const released: number[] = [];
  for (const [i, letter] of [...letters].entries()) {
    const tag = new FlvTag(TagType.video, roles[letter]!, i * 10, [new Uint8Array(100)], 100, 0);
    const block = new PacketBlock({ returnBlock: ({ index }) => released.push(index) }, i, 0);
    queue.push({ tag, block, description: undefined, mark: undefined, at: i * 10, isOnDisk: false });
  }
  return { queue, released };
}

function lettersOf(queue: SendQueue): string {
  let letters = '';
  for (let entry = queue.shift(); entry !== undefined; entry = queue.shift()) {
    letters += Object.keys(roles).find((letter) => roles[letter] === entry.tag.role);
  }
  return letters;
}

describe('relieve', () => {
  test.each([
    {
      what: 'disposable pictures first',
      from: 'KbPbPb',
      bytes: 300,
      left: 'KPP',
      disposable: 3,
      skipped: 0,
      audio: 0,
    },
    {
      what: 'the rest of a group up to the next key frame',
      from: 'PPaPKP',
      bytes: 300,
      left: 'aKP',
      disposable: 0,
      skipped: 3,
      audio: 0,
    },
    {
      what: 'no more groups than it must',
      from: 'PPKPKPKP',
      bytes: 400,
      left: 'KPKP',
      disposable: 0,
      skipped: 4,
      audio: 0,
    },
    {
      what: 'whole groups down to the last key frame',
      from: 'KPPKPPKP',
      bytes: 200,
      left: 'KP',
      disposable: 0,
      skipped: 6,
      audio: 0,
    },
    {
      what: 'never a sequence header or data',
      from: 'HhdPPHdKP',
      bytes: 700,
      left: 'HhdHdKP',
      disposable: 0,
      skipped: 2,
      audio: 0,
    },
    {
      what: 'the audio that came before the group that stays',
      from: 'aaPPaaK',
      bytes: 200,
      left: 'K',
      disposable: 0,
      skipped: 2,
      audio: 4,
    },
    {
      what: 'the oldest audio of a stream without video',
      from: 'aaaa',
      bytes: 200,
      left: 'aa',
      disposable: 0,
      skipped: 0,
      audio: 2,
    },
  ])('drops $what', ({ from, bytes, left, disposable, skipped, audio }) => {
    const { queue, released } = queueOf(from);
    expect(relieve(queue, { bytes, ms: 1e9 })).toEqual({ disposable, skipped, audio, awaitKeyFrame: false });
    expect(released.length).toBe(from.length - left.length);
    expect(queue.bytes).toBe(left.length * 100);
    expect(lettersOf(queue)).toBe(left);
  });

  test('drops a group without an end, and says that the next key frame must be awaited', () => {
    const { queue } = queueOf('PPaPP');
    expect(relieve(queue, { bytes: 200, ms: 1e9 })).toEqual({
      disposable: 0,
      skipped: 4,
      audio: 0,
      awaitKeyFrame: true,
    });
    expect(lettersOf(queue)).toBe('a');
  });

  test('drops a group whole that alone is more than the queue may hold', () => {
    const { queue } = queueOf('HKPPPaP');
    expect(relieve(queue, { bytes: 300, ms: 1e9 })).toEqual({
      disposable: 0,
      skipped: 5,
      audio: 0,
      awaitKeyFrame: true,
    });
    expect(lettersOf(queue)).toBe('Ha');
  });

  test('brings the queue down in time as well', () => {
    const { queue } = queueOf('PaPaKaPa');
    relieve(queue, { bytes: 1e9, ms: 30 });
    expect(queue.ms).toBeLessThanOrEqual(30);
    expect(lettersOf(queue)).toBe('KaPa');
  });

  test('leaves a queue that is not above its target alone, but for disposable pictures', () => {
    const { queue } = queueOf('KPaP');
    expect(relieve(queue, { bytes: 400, ms: 30 })).toEqual({
      disposable: 0,
      skipped: 0,
      audio: 0,
      awaitKeyFrame: false,
    });
    expect(lettersOf(queue)).toBe('KPaP');
  });
});

test('the rest of a group stays while the queue is not above its target', () => {
  const { queue } = queueOf('PaKP');
  expect(relieve(queue, { bytes: 400, ms: 30 }).skipped).toBe(0);
  expect(lettersOf(queue)).toBe('PaKP');
});

describe('startAtKeyFrame', () => {
  test.each([
    { from: 'PaPHKPa', left: 'aHKPa', skipped: 2, awaitKeyFrame: false },
    { from: 'KP', left: 'KP', skipped: 0, awaitKeyFrame: false },
    { from: 'PaPb', left: 'a', skipped: 3, awaitKeyFrame: true },
    { from: '', left: '', skipped: 0, awaitKeyFrame: true },
  ])('leaves "$left" of "$from"', ({ from, left, skipped, awaitKeyFrame }) => {
    const { queue } = queueOf(from);
    expect(startAtKeyFrame(queue)).toEqual({ disposable: 0, skipped, audio: 0, awaitKeyFrame });
    expect(lettersOf(queue)).toBe(left);
  });
});
