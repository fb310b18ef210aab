import assert from 'node:assert/strict';
import { FakeClock } from '../../base/testing/fake-clock.js';
import { seededRandom } from '../../base/testing/seeded-random.js';
import type { SpoolGap } from '../spool-gap.js';
import { BATCH_MS, type SpoolSync, SYNC_MS } from '../spool-policy.js';
import { SpoolSeries } from '../spool-series.js';
import type { SpoolTag } from '../spool-tag.js';
import { diskError, SimulatedDisk } from './simulated-disk.js';
import { HEADERS, keyFrame, picture, sound } from './tags.js';

const FOLDER = '/spool/series';
const STEPS = 120;
const SEGMENT_MS = 2000;
/** Writes overtake a sync that takes long: so many turns at most, in which no more than 300 ms pass. */
const SYNC_TURNS = 150;

/** Where the power goes: in this call of the disk, and where it is a write, behind so many bytes. */
export interface Loss {
  readonly at: number;
  readonly written?: number;
}

/** A tag that was taken, and what is known of it. */
interface Taken {
  readonly tag: SpoolTag;
  readonly gap: number;
  readonly at: number;
  /** Its segment was finished by then, and everything written. */
  isFinished: boolean;
  isConfirmed: boolean;
}

/** Random use of a series, on a disk that loses its power; tags are told apart by their timestamps. */
export class SpoolScenario {
  readonly disk = new SimulatedDisk();
  readonly #clock = new FakeClock();
  readonly #random: () => number;
  readonly #sync: SpoolSync;
  readonly #taken: Taken[] = [];
  readonly #byTimestamp = new Map<number, Taken>();
  #isDead = false;
  #timestamp = 0;
  #holds = 0;

  constructor(seed: number, sync: SpoolSync) {
    this.#random = seededRandom(seed);
    this.#sync = sync;
  }

  /** Runs to the end, or to the loss. Returns the calls of the disk. */
  async run(loss?: Loss): Promise<number> {
    const { onStep } = this.disk;
    this.disk.syncTurns = () => Math.floor(this.#random() * SYNC_TURNS);
    this.disk.onStep = (step) => {
      if (this.#isDead) return diskError('EPOWER');
      if (this.disk.steps - 1 === loss?.at) {
        this.#isDead = true;
        return {
          written: loss.written ?? Math.floor(this.#random() * step.bytes),
          error: diskError('EPOWER'),
        };
      }
      return onStep(step);
    };
    const series = await this.#open().catch(() => undefined);
    if (series !== undefined) await this.#use(series);
    return this.disk.steps;
  }

  async #use(series: SpoolSeries): Promise<void> {
    series.begin(HEADERS, this.#clock.wallTime());
    for (let i = 0; i < STEPS && !this.#isDead; i++) await this.#act(series, i);
    if (this.#isDead) return;
    await series.close();
    assert.equal(this.#holds, 0);
    assert.equal(this.disk.openFiles, 0);
  }

  async #act(series: SpoolSeries, i: number): Promise<void> {
    const dice = this.#random();
    if (dice < 0.75) this.#append(series, i);
    else if (dice < 0.85) await series.flush();
    else if (dice < 0.88) series.setHeaders(HEADERS);
    else if (dice < 0.92) await this.#confirm(series);
    else if (dice < 0.94) await this.#restart(series);
    this.#clock.pass(Math.floor(this.#random() * 150));
    for (let turn = 0; turn < 100; turn++) await Promise.resolve();
  }

  #append(series: SpoolSeries, i: number): void {
    this.#timestamp += 40;
    const make = i % 6 === 0 ? keyFrame : this.#random() < 0.5 ? picture : sound;
    const tag = make(this.#timestamp, 20 + Math.floor(this.#random() * 60));
    this.#holds++;
    const hold = { release: (): void => void this.#holds-- };
    if (!series.append(tag, this.#clock.wallTime(), hold)) {
      this.#holds--;
      return;
    }
    const at = this.#clock.now();
    const taken = { tag, gap: series.openGap!.number, at, isFinished: false, isConfirmed: false };
    this.#taken.push(taken);
    this.#byTimestamp.set(this.#timestamp, taken);
  }

  /** Reads some groups of the oldest gap, and confirms them. */
  async #confirm(series: SpoolSeries): Promise<void> {
    const gap = series.gaps[0];
    if (gap === undefined) return;
    try {
      await this.#confirmSome(series, gap);
    } catch (error) {
      // The power went while it was reading.
      if (!this.#isDead) throw error;
    }
  }

  async #confirmSome(series: SpoolSeries, gap: SpoolGap): Promise<void> {
    let left = 1 + Math.floor(this.#random() * 4);
    for await (const group of series.read(gap)) {
      for (const { timestamp } of group.tags) this.#byTimestamp.get(timestamp)!.isConfirmed = true;
      await series.acknowledge(gap, group.next);
      if (--left === 0 || this.#isDead) break;
    }
  }

  async #restart(series: SpoolSeries): Promise<void> {
    await series.end();
    if (this.#isDead) return;
    for (const taken of this.#taken) taken.isFinished = true;
    series.begin(HEADERS, this.#clock.wallTime());
  }

  #open(): Promise<SpoolSeries> {
    return open(this.disk, this.#clock, this.#sync);
  }

  /** Opens what the disk has kept, and compares. */
  async check(disk: SimulatedDisk, what: string): Promise<void> {
    disk.onStep = () => undefined;
    const { timestamps, damaged, headers } = await recovered(disk, this.#clock, (tag) => {
      const taken = this.#byTimestamp.get(tag.timestamp);
      assert(taken !== undefined, `${what}: a tag that was never written`);
      assert(bodyOf(tag).equals(bodyOf(taken.tag)), `${what}: a tag with other bytes`);
      assert.equal(tag.role, taken.tag.role, what);
    });
    const isOrdered = timestamps.every((each, i) => i === 0 || each > timestamps[i - 1]!);
    assert(isOrdered, `${what}: tags out of order`);
    const there = new Set(timestamps);
    const missing = this.#taken.filter(({ tag, isConfirmed }) => !isConfirmed && !there.has(tag.timestamp));
    const gone = missing.filter((taken) => this.#isSafe(taken)).map(({ tag }) => tag.timestamp);
    assert.deepEqual(gone, [], `${what}: durable, and gone`);
    if (this.#sync === 'none') return;
    assert.equal(damaged, 0, `${what}: damaged groups`);
    assert(
      headers.every((count) => count === HEADERS.length),
      `${what}: headers`,
    );
  }

  /** Whether the policy says that it is on the disk for certain. */
  #isSafe({ at, isFinished }: Taken): boolean {
    if (this.#sync === 'none') return false;
    if (isFinished) return true;
    if (this.#sync === 'segment') return false;
    return at <= this.#clock.now() - SYNC_MS - 2 * BATCH_MS - 450;
  }
}

function open(io: SimulatedDisk, clock: FakeClock, sync: SpoolSync): Promise<SpoolSeries> {
  return SpoolSeries.open({ folder: FOLDER, io, clock, policy: { sync, segmentMs: SEGMENT_MS } });
}

/** Timestamps of all tags that a disk gives back, in order, and the groups that it does not. */
export async function recovered(
  disk: SimulatedDisk,
  clock: FakeClock,
  onTag: (tag: SpoolTag) => void = () => undefined,
): Promise<{ timestamps: number[]; damaged: number; headers: number[] }> {
  const series = await open(disk, clock, 'second');
  const timestamps: number[] = [];
  const headers: number[] = [];
  for (const gap of [...series.gaps]) {
    for await (const group of series.read(gap)) {
      headers.push(group.headers.length);
      for (const tag of group.tags) {
        onTag(tag);
        timestamps.push(tag.timestamp);
      }
    }
  }
  const damaged = series.counters.damagedGroups;
  await series.close();
  return { timestamps, damaged, headers };
}

function bodyOf({ parts }: SpoolTag): Buffer {
  return Buffer.concat(parts);
}
