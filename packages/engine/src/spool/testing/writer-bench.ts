import { FakeClock } from '../../base/testing/fake-clock.js';
import { SeriesWriter } from '../series-writer.js';
import { GapRecord } from '../spool-gap.js';
import { DEFAULT_POLICY, SpoolBacklog, type SpoolPolicy } from '../spool-policy.js';
import type { SpoolTag } from '../spool-tag.js';
import { HeldDisk } from './held-disk.js';
import { settle } from './series-bench.js';

/** A writer on a simulated disk, and what it tells. */
export class WriterBench {
  readonly disk = new HeldDisk();
  readonly clock = new FakeClock();
  readonly backlog = new SpoolBacklog();
  readonly writer: SeriesWriter;
  readonly gaps: GapRecord[] = [];
  /** What became of the memory of tags, in order. */
  readonly released: boolean[] = [];
  readonly refused: { tags: number; bytes: number; ms: number }[] = [];
  readonly faults: { tags: number; bytes: number; ms: number }[] = [];
  readonly written = { tags: 0, bytes: 0 };
  onFault: () => void = () => undefined;

  constructor(policy: Partial<SpoolPolicy> = {}) {
    this.writer = new SeriesWriter({
      folder: '/spool/series',
      io: this.disk,
      clock: this.clock,
      policy: { ...DEFAULT_POLICY, ...policy },
      backlog: this.backlog,
      owner: {
        openGap: (start) => {
          const gap = new GapRecord(this.gaps.length + 1, start, true);
          this.gaps.push(gap);
          return gap;
        },
        onWritten: (tags, bytes) => {
          this.written.tags += tags;
          this.written.bytes += bytes;
        },
        onFault: (_error, loss) => {
          this.faults.push(loss);
          this.onFault();
        },
        onRefused: (loss) => this.refused.push(loss),
      },
    });
  }

  /** Hands tags over at the clock's time; returns which were taken. */
  append(...tags: readonly SpoolTag[]): boolean[] {
    const release = (isTaken?: boolean): void => void this.released.push(isTaken ?? true);
    return tags.map((tag) => this.writer.append(tag, this.clock.wallTime(), { release }));
  }

  async pass(ms: number): Promise<void> {
    this.clock.pass(ms);
    await settle();
  }

  /** Groups of each part of each gap. */
  get groups(): number[][] {
    return this.gaps.map(({ parts }) => parts.map(({ groups }) => groups));
  }

  /** Bytes of the media on the disk. */
  get mediaBytes(): number {
    const media = this.disk.paths.filter((path) => path.endsWith('.flv'));
    return media.reduce((sum, path) => sum + this.disk.content(path).length, 0);
  }
}
