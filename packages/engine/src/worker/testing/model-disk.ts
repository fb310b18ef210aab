import { HeldDisk } from '../../spool/testing/held-disk.js';
import { diskError } from '../../spool/testing/simulated-disk.js';
import type { ModelRandom } from './model-random.js';

/** A disk that fails, is slow, and damages what it keeps, as a seed says. */
export class ModelDisk extends HeldDisk {
  readonly #random: ModelRandom;
  /** Writes may fail. */
  readonly hasFaults: boolean;
  /** Writes and syncs may wait, until it is told to be quick again. */
  readonly isSlow: boolean;
  /** Bytes of segments may change, or be cut off. */
  readonly hasDamage: boolean;
  readonly #releases: (() => void)[] = [];

  constructor(random: ModelRandom) {
    super();
    this.#random = random;
    this.hasFaults = random.chance(0.3);
    this.isSlow = random.chance(0.3);
    this.hasDamage = random.chance(0.2);
  }

  fail(fails: boolean): void {
    const code = this.#random.pick(['ENOSPC', 'EIO']);
    this.onStep = ({ call }) => (fails && call === 'write' ? diskError(code) : undefined);
  }

  /** Nothing is written, or nothing is made durable, or all that waited is. */
  turn(): void {
    if (this.#releases.length > 0) this.quicken();
    else this.#releases.push(this.hold(this.#random.pick(['write', 'write', 'sync'])));
  }

  /** All that waited is written. */
  quicken(): void {
    for (const release of this.#releases.splice(0)) release();
  }

  /** A segment loses its end, or one of its bytes changes. */
  damage(): void {
    const random = this.#random;
    const segments = this.paths.filter((name) => name.endsWith('.flv') && this.content(name).length > 0);
    if (segments.length === 0) return;
    const path = random.pick(segments);
    const content = Buffer.from(this.content(path));
    const at = random.below(content.length);
    content[at]! ^= 1 << random.below(8);
    this.setContent(path, random.chance(0.3) ? content.subarray(0, at) : content);
  }
}
