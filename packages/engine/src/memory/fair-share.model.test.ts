import { expect, test } from 'vitest';
import { modelRuns } from '../base/testing/model-runs.js';
import { seededRandom } from '../base/testing/seeded-random.js';
import { NO_BLOCK } from './block-layout.js';
import { poolSizeFor } from './fair-share.js';
import { MediaMemory } from './media-memory.js';

/** A channel with a peer that takes `rate` bytes a tick, in order, or nothing while it is stalled. */
class Model {
  readonly #memory: MediaMemory;
  readonly #channel: number;
  readonly #queue: { readonly block: number; left: number }[] = [];
  readonly #rate: number;
  stalled = false;
  /** A packet that was refused, and waits to be handed over again. */
  pending: Uint8Array | undefined;
  /** Packets that were refused although nothing of the channel was in the pool. */
  owed = 0;

  constructor(memory: MediaMemory, channel: number, rate: number) {
    this.#memory = memory;
    this.#channel = channel;
    this.#rate = rate;
  }

  get held(): number {
    return this.#memory.heldBy(this.#channel);
  }

  send(packet: Uint8Array): boolean {
    const block = this.#memory.store(this.#channel, packet);
    if (block === NO_BLOCK) {
      if (this.held === 0) this.owed++;
      return false;
    }
    this.#queue.push({ block, left: packet.length });
    return true;
  }

  drain(): void {
    if (this.stalled) return;
    for (let room = this.#rate; room > 0 && this.#queue.length > 0; ) {
      const first = this.#queue[0]!;
      const taken = Math.min(room, first.left);
      first.left -= taken;
      room -= taken;
      if (first.left > 0) return;
      this.#queue.shift();
      this.#memory.drop(first.block);
    }
  }

  end(): void {
    for (const { block } of this.#queue.splice(0)) this.#memory.drop(block);
    this.#memory.forget(this.#channel);
    this.pending = undefined;
    this.stalled = false;
  }
}

const KIB = 1024;
const media = new Uint8Array(2048 * KIB);

/** Sound, pictures, now and then a key frame of nearly the largest size; each as large as chance wants. */
function packet(largest: number, next: () => number): Uint8Array {
  const kind = next();
  const most = kind < 0.6 ? 400 : kind < 0.95 ? largest / 8 : largest;
  return media.subarray(0, Math.max(1, Math.ceil(most * (0.5 + next() / 2))));
}

/**
 * Runs channels of random sizes against peers that stall at random. Returns how often one that reads was let
 * down.
 */
function run(seed: number): { letDown: number; stalls: number; refused: number } {
  const next = seededRandom(seed);
  const channels = 2 + Math.floor(next() ** 2 * 60);
  const largest = Math.floor(4 * KIB + next() ** 2 * 800 * KIB);
  const memory = new MediaMemory(Math.max(65_536, poolSizeFor(channels, largest)), channels);
  const models = Array.from(
    { length: channels },
    (_, channel) => new Model(memory, channel, Math.ceil(largest * (0.05 + next()))),
  );
  const sizes = models.map(() => Math.ceil(largest * (next() < 0.5 ? 1 : next())));
  const stallChance = 0.03 * next() ** 2;
  const flowChance = 0.03 * next() ** 2;
  let stalls = 0;
  let refused = 0;
  for (let tick = 0; tick < 1500; tick++) {
    for (const [channel, model] of models.entries()) {
      if (next() < (model.stalled ? flowChance : stallChance)) {
        model.stalled = !model.stalled;
        stalls++;
      }
      if (next() < 0.0005) model.end();
      // Stalled peers are served without end, as a camera does; one that reads may be sent more than it
      // takes, too.
      for (let burst = next() < 0.05 ? 20 : 1; burst > 0; burst--) {
        model.pending ??= packet(sizes[channel]!, next);
        if (!model.send(model.pending)) {
          refused++;
          break;
        }
        model.pending = undefined;
      }
      model.drain();
    }
  }
  return { letDown: models.reduce((sum, { owed }) => sum + owed, 0), stalls, refused };
}

test('a channel whose peer reads is never refused for longer than its own queue takes to drain', () => {
  let stalls = 0;
  let refused = 0;
  for (let seed = 1; seed <= modelRuns(30); seed++) {
    const result = run(seed);
    expect({ seed, letDown: result.letDown }).toEqual({ seed, letDown: 0 });
    stalls += result.stalls;
    refused += result.refused;
  }
  // The runs were hard enough to mean something.
  expect(stalls).toBeGreaterThan(modelRuns(1000));
  expect(refused).toBeGreaterThan(modelRuns(10_000));
});
