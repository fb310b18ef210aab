import { expect, test } from 'vitest';
import { Random } from '../../fuzz/transport/random.js';
import { ManualClock } from '../support/manual-clock.js';
import type { FaultKind, Stage } from './stage.js';
import { through } from './stage.js';
import { blackHole, corrupt, cut, delay, rate, split, stall } from './stages.js';

/** One way through a connection whose sender and clock are the test's. */
class Way {
  readonly clock = new ManualClock();
  readonly told: FaultKind[] = [];
  readonly done: string[] = [];
  /** Pieces that have come out, and when. */
  readonly came: { readonly at: number; readonly bytes: string }[] = [];
  isOver = false;
  failure: unknown;
  /** Pieces that the stages have asked for. */
  read = 0;
  readonly #abort = new AbortController();

  constructor(pieces: readonly string[], ...stages: Stage[]) {
    const context = {
      clock: this.clock,
      random: new Random(1),
      signal: this.#abort.signal,
      connection: {
        reset: () => void this.done.push('reset'),
        halfClose: () => void this.done.push('halfClose'),
        end: () => void this.done.push('end'),
      },
      tell: (kind: FaultKind) => void this.told.push(kind),
    };
    const collect = async (): Promise<void> => {
      for await (const piece of through(stages, this.#source(pieces), context))
        this.came.push({ at: this.clock.now(), bytes: piece.toString('latin1') });
      this.isOver = true;
    };
    collect().catch((error: unknown) => {
      this.failure = error;
    });
  }

  get text(): string {
    return this.came.map(({ bytes }) => bytes).join('');
  }

  abort(): void {
    this.#abort.abort();
  }

  async *#source(pieces: readonly string[]): AsyncGenerator<Buffer> {
    for (const piece of pieces) {
      this.read++;
      yield Buffer.from(piece, 'latin1');
    }
  }
}

test('without stages everything passes as it comes', async () => {
  const way = new Way(['one', 'two']);
  await way.clock.pass(0);
  expect(way.came.map(({ bytes }) => bytes)).toEqual(['one', 'two']);
  expect(way.isOver).toBe(true);
});

test('a delay lets many pieces be under way at once, in their order', async () => {
  const way = new Way(['a', 'b', 'c'], delay(30));
  await way.clock.pass(29);
  expect([way.came, way.read]).toEqual([[], 3]);
  await way.clock.pass(1);
  expect(way.came).toEqual(['a', 'b', 'c'].map((bytes) => ({ at: 30, bytes })));
  expect([way.isOver, way.told]).toEqual([true, ['delay']]);
});

test('a delay takes as long for each of very many pieces as for one', async () => {
  const bytes = 'ab'.repeat(200_000);
  const way = new Way([bytes], split(1), delay(10));
  // One of them that costs as much as all behind it would take longer than the test may.
  while (way.came.length < bytes.length) await way.clock.pass(10);
  expect(way.text).toBe(bytes);
});

test('jitter never changes the order, and stays within its bounds', async () => {
  const pieces = Array.from({ length: 50 }, (_, i) => String.fromCharCode(65 + i));
  const way = new Way(pieces, delay(10, 40));
  await way.clock.pass(50);
  expect(way.text).toBe(pieces.join(''));
  for (const { at } of way.came) expect(at).toBeGreaterThanOrEqual(10);
  expect(new Set(way.came.map(({ at }) => at)).size).toBeGreaterThan(1);
});

test('a rate spreads a piece over the time that it takes', async () => {
  const way = new Way(['x'.repeat(100)], rate(1000));
  await way.clock.pass(50);
  expect(way.text.length).toBeGreaterThanOrEqual(50);
  expect(way.text.length).toBeLessThanOrEqual(60);
  await way.clock.pass(50);
  expect([way.text.length, way.isOver]).toEqual([100, true]);
});

test('splitting loses nothing, and leaves no piece longer than it says', async () => {
  const way = new Way(['hello ', 'world, how are you'], split(3));
  await way.clock.pass(0);
  expect(way.text).toBe('hello world, how are you');
  expect(Math.max(...way.came.map(({ bytes }) => bytes.length))).toBe(3);
});

test.each([0, 1, 3, 5, 6, 7])('a stall behind byte %i takes nothing more until it is over', async (at) => {
  const way = new Way(['abc', 'def', 'ghi'], stall(at, 100));
  await way.clock.pass(99);
  expect(way.text).toBe('abcdefghi'.slice(0, at));
  // No more is read than what the place lies in.
  expect(way.read).toBe(Math.ceil(at / 3));
  await way.clock.pass(1);
  expect([way.text, way.isOver, way.told]).toEqual(['abcdefghi', true, ['stall']]);
});

test('a stall for ever ends with the connection', async () => {
  const way = new Way(['abc', 'def'], stall(3));
  await way.clock.pass(1000);
  way.abort();
  await way.clock.pass(0);
  expect([way.text, way.isOver, (way.failure as Error).name]).toEqual(['abc', false, 'AbortError']);
});

test('a black hole reads everything, and never says that it was the end', async () => {
  const way = new Way(['abc', 'def', 'ghi'], blackHole(4));
  await way.clock.pass(1000);
  expect([way.text, way.read, way.isOver, way.told]).toEqual(['abcd', 3, false, ['blackHole']]);
});

test('a place that is never reached is no fault', async () => {
  for (const stage of [stall(10), blackHole(10), cut(10), corrupt(10, 5)]) {
    const way = new Way(['abc', 'def'], stage);
    await way.clock.pass(0);
    expect([way.text, way.isOver, way.told, way.done]).toEqual(['abcdef', true, [], []]);
  }
});

test('corruption changes one bit in each byte of its place, across pieces, and nothing else', async () => {
  const way = new Way(['abc', 'def', 'ghi'], corrupt(2, 3));
  await way.clock.pass(0);
  const before = Buffer.from('abcdefghi');
  const after = Buffer.from(way.text, 'latin1');
  const changed = [...before].map((byte, i) => (byte ^ after[i]!).toString(2).replaceAll('0', '').length);
  expect(changed).toEqual([0, 0, 1, 1, 1, 0, 0, 0, 0]);
  expect(way.told).toEqual(['corrupt']);
});

test.each(['reset', 'end'] as const)('%s at byte 4 passes four bytes and no more', async (how) => {
  const way = new Way(['abc', 'def', 'ghi'], cut(4, how));
  await way.clock.pass(0);
  expect([way.text, way.done, way.told]).toEqual(['abcd', [how], [how]]);
});

test('a half that is closed does not stop the other', async () => {
  const way = new Way(['abc', 'def'], cut(4, 'halfClose'));
  await way.clock.pass(0);
  expect([way.text, way.done]).toEqual(['abcdef', ['halfClose']]);
});

test('stages follow each other', async () => {
  const way = new Way(['abcdef'], split(1), cut(4), delay(5));
  await way.clock.pass(5);
  expect(way.came.map(({ bytes }) => bytes)).toEqual(['a', 'b', 'c', 'd']);
  expect(way.told.sort()).toEqual(['delay', 'reset', 'split']);
});

test('the same seed splits in the same places', async () => {
  const ways = [0, 1].map(() => new Way(['x'.repeat(500)], split(20)));
  for (const way of ways) await way.clock.pass(0);
  expect(ways[0]!.came).toEqual(ways[1]!.came);
});
