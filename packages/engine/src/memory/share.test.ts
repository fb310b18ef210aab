import { describe, expect, it } from 'vitest';
import { FairShare } from './share.js';

const KIB = 1024;

/** Lets a channel take packets until it is refused. Returns the bytes that it holds then. */
function fill(share: FairShare, channel: number, packet: number): number {
  while (share.allows(channel, packet)) share.take(channel, packet);
  return share.heldBy(channel);
}

describe('FairShare', () => {
  it('lets one busy channel use most of an idle pool', () => {
    const share = new FairShare(1024 * KIB, 20);
    expect(fill(share, 0, KIB)).toBeGreaterThan(400 * KIB);
    expect(share.heldBy(0)).toBeLessThanOrEqual(share.most);
  });

  it('keeps what is promised for each channel, however many others are stalled', () => {
    const share = new FairShare(1024 * KIB, 20);
    for (let channel = 0; channel < 19; channel++) fill(share, channel, KIB);
    expect(fill(share, 19, KIB)).toBeGreaterThanOrEqual(25 * KIB);
  });

  it('never promises and lends more than there is', () => {
    const share = new FairShare(1000 * KIB, 7);
    let held = 0;
    for (let channel = 0; channel < 7; channel++) held += fill(share, channel, 3 * KIB);
    expect(held).toBeLessThanOrEqual(1000 * KIB);
    expect(held).toBeGreaterThan(900 * KIB);
  });

  it('lends again what was given back', () => {
    const share = new FairShare(1024 * KIB, 4);
    const most = fill(share, 0, KIB);
    share.giveBack(0, most);
    expect(share.heldBy(0)).toBe(0);
    expect(fill(share, 1, KIB)).toBe(most);
  });

  it('gives channels that want more in turn about the same', () => {
    const share = new FairShare(1024 * KIB, 4);
    let refused = 0;
    while (refused < 4) {
      refused = 0;
      for (let channel = 0; channel < 4; channel++) {
        if (share.allows(channel, KIB)) share.take(channel, KIB);
        else refused++;
      }
    }
    const held = [0, 1, 2, 3].map((channel) => share.heldBy(channel));
    expect(Math.max(...held) - Math.min(...held)).toBeLessThanOrEqual(KIB);
  });
});
