import { describe, expect, test } from 'vitest';
import { FairShare, poolSizeFor } from './fair-share.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const BASE = 12 * KIB;

/** A share that knows what it has given. */
class Model {
  readonly share: FairShare;
  readonly held: number[];

  constructor(poolSize: number, channels: number, base = BASE) {
    this.share = new FairShare(poolSize, channels, base);
    this.held = Array.from({ length: channels }, () => 0);
  }

  takes(channel: number, bytes: number): boolean {
    this.share.note(channel, bytes);
    if (!this.share.allows(channel, bytes, this.held[channel] === 0)) return false;
    this.share.take(channel, bytes);
    this.held[channel]! += bytes;
    return true;
  }

  /** Lets a channel take packets until it is refused. Returns the bytes that it holds then. */
  fill(channel: number, bytes: number): number {
    while (this.takes(channel, bytes));
    return this.held[channel]!;
  }

  drain(channel: number): void {
    this.share.giveBack(channel, this.held[channel]!);
    this.held[channel] = 0;
  }
}

describe('FairShare', () => {
  test('lets one busy channel use most of an idle pool', () => {
    const model = new Model(1024 * KIB, 20);
    expect(model.fill(0, KIB)).toBeGreaterThan(400 * KIB);
  });

  test('keeps what a hundred stalled channels cannot give back from being what another one needs', () => {
    const model = new Model(64 * MIB, 200, 80 * KIB);
    for (let channel = 0; channel < 100; channel++) {
      model.takes(channel, 60 * KIB);
      model.fill(channel, 20 * KIB);
    }
    for (const again of [0, 1, 2]) {
      expect([again, model.takes(100, 300 * KIB)]).toEqual([again, true]);
      for (let i = 0; i < 10; i++) expect([i, model.takes(100, 20 * KIB)]).toEqual([i, true]);
      model.drain(100);
    }
    expect(model.held.reduce((sum, held) => sum + held)).toBeLessThan(48 * MIB);
  });

  test('gives a channel that needs little what it needs, and divides the rest among those that need more', () => {
    const { share } = new Model(16 * MIB, 8);
    share.note(0, 100 * KIB);
    for (const channel of [1, 2, 3, 4, 5, 6, 7]) share.note(channel, 900 * KIB);
    expect(share.claimOf(0)).toBeGreaterThanOrEqual(200 * KIB - BASE);
    // A quarter of the pool, divided by eight or fewer; claims come in steps of an eighth.
    expect(share.claimOf(1)).toBeGreaterThan(((4 * MIB) / 8) * 0.88);
    const claims = [0, 1, 2, 3, 4, 5, 6, 7].map((channel) => share.claimOf(channel));
    expect(claims.reduce((sum, claim) => sum + claim)).toBeLessThanOrEqual(4 * MIB);
  });

  test('claims nothing for packets of which the base holds two', () => {
    const { share } = new Model(16 * MIB, 8);
    share.note(0, BASE / 2 - KIB);
    expect(share.claimOf(0)).toBe(0);
    expect(share.placeFor(0)).toBe(0);
  });

  test('has a place of its own for each channel with packets larger than the base, as long as its claim holds one', () => {
    const { share } = new Model(16 * MIB, 8);
    expect(share.note(0, 300 * KIB)).toBe(true);
    expect(share.placeFor(0)).toBeGreaterThanOrEqual(300 * KIB);
    expect(share.placeFor(0)).toBeLessThan(300 * KIB * 1.125);
    for (const channel of [1, 2, 3, 4, 5, 6, 7]) share.note(channel, 3 * MIB);
    expect(share.placeFor(1)).toBe(0);
    expect(share.isBeyond(1, 3 * MIB)).toBe(true);
    expect(share.isBeyond(0, 300 * KIB)).toBe(false);
  });

  test('takes the claim of a channel that is over back', () => {
    const model = new Model(16 * MIB, 8);
    for (let channel = 0; channel < 8; channel++) model.takes(channel, 900 * KIB);
    const crowded = model.share.claimOf(0);
    for (let channel = 1; channel < 8; channel++) {
      model.drain(channel);
      model.share.forget(channel);
    }
    expect(model.share.claimOf(0)).toBeGreaterThan(crowded);
    expect(model.share.claimOf(0)).toBeGreaterThanOrEqual(1800 * KIB - BASE);
    expect(model.share.claimOf(7)).toBe(0);
  });

  test('keeps count of what is lent while claims are cut and grow again', () => {
    const model = new Model(16 * MIB, 8);
    const alone = model.fill(0, 100 * KIB);
    model.drain(0);
    for (let channel = 0; channel < 8; channel++) model.fill(channel, (channel + 1) * 100 * KIB);
    for (let channel = 0; channel < 8; channel++) model.drain(channel);
    for (let channel = 0; channel < 8; channel++) model.share.forget(channel);
    expect(model.fill(0, 100 * KIB)).toBe(alone);
  });

  test('does not let a packet that no pool of this size could hold grow a claim', () => {
    const { share } = new Model(MIB, 4);
    expect(share.note(0, 2 * MIB)).toBe(false);
    expect(share.claimOf(0)).toBe(0);
  });

  test('lets a channel that holds nothing take a packet beyond its claim, once', () => {
    const model = new Model(MIB, 4);
    model.fill(1, KIB);
    expect(model.takes(0, 400 * KIB)).toBe(true);
    expect(model.takes(0, 400 * KIB)).toBe(false);
    model.drain(0);
    expect(model.takes(0, 400 * KIB)).toBe(true);
  });

  test('lends no more than half of the pool', () => {
    const model = new Model(1000 * KIB, 7);
    let borrowed = 0;
    for (let channel = 0; channel < 7; channel++) model.fill(channel, 3 * KIB);
    for (let channel = 0; channel < 7; channel++) borrowed += model.share.borrowedBy(channel);
    // Beside what each of them took as its first packet.
    expect(borrowed).toBeLessThanOrEqual((500 + 7 * 3) * KIB);
    expect(borrowed).toBeGreaterThan(450 * KIB);
  });

  test('gives channels that want more in turn about the same', () => {
    const model = new Model(1024 * KIB, 4);
    let refused = 0;
    while (refused < 4) {
      refused = 0;
      for (let channel = 0; channel < 4; channel++) if (!model.takes(channel, KIB)) refused++;
    }
    expect(Math.max(...model.held) - Math.min(...model.held)).toBeLessThanOrEqual(KIB);
  });

  test('says how large a pool would do, and there it does', () => {
    const { share } = new Model(MIB, 10, (MIB / 4 / 10) | 0);
    for (let channel = 0; channel < 10; channel++) share.note(channel, 300 * KIB);
    expect(share.isBeyond(0, 300 * KIB)).toBe(true);
    const { sizeThatWouldDo } = share;
    expect(sizeThatWouldDo).toBeLessThan(poolSizeFor(10, 300 * KIB) * 1.25);
    const larger = new FairShare(sizeThatWouldDo, 10, (sizeThatWouldDo / 4 / 10) | 0);
    for (let channel = 0; channel < 10; channel++) larger.note(channel, 300 * KIB);
    for (let channel = 0; channel < 10; channel++)
      expect(larger.claimOf(channel) + larger.base).toBeGreaterThanOrEqual(600 * KIB);
  });
});

test('a channel is owed exactly its claim, and what is no more than its base or its claim is not beyond it', () => {
  const share = new FairShare(16 * MIB, 16, BASE);
  share.note(0, 300 * KIB);
  const claim = share.claimOf(0);
  expect(claim).toBeGreaterThan(BASE);
  expect([share.isOwed(0, claim), share.isOwed(0, claim + 1)]).toEqual([true, false]);
  expect([share.isBeyond(0, claim), share.isBeyond(0, claim + 1)]).toEqual([false, true]);
  expect([share.isBeyond(1, BASE), share.isBeyond(1, BASE + 1)]).toEqual([false, true]);
});
