import { FakeClock } from '../../base/testing/fake-clock.js';
import { SpoolSeries, type SpoolSeriesParts } from '../spool-series.js';
import type { SpoolTag } from '../spool-tag.js';
import { SimulatedDisk } from './simulated-disk.js';
import { keyFrame, picture, sound } from './tags.js';

/** The folder of the series. */
export const FOLDER = '/spool/series';

/** Lets what the disk was asked for happen. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await Promise.resolve();
}

/** A series on a simulated disk, with a clock of its own. */
export class Bench {
  readonly disk = new SimulatedDisk();
  readonly clock = new FakeClock();
  readonly faults: { code: string; tags: number }[] = [];
  held = 0;
  series!: SpoolSeries;

  async open(parts: Partial<SpoolSeriesParts> = {}): Promise<SpoolSeries> {
    this.series = await SpoolSeries.open({
      folder: FOLDER,
      io: this.disk,
      clock: this.clock,
      onFault: ({ code }, { tags }) => this.faults.push({ code, tags }),
      ...parts,
    });
    return this.series;
  }

  append(...tags: readonly SpoolTag[]): boolean[] {
    return tags.map((tag) => {
      const isTaken = this.series.append(tag, this.clock.wallTime(), {
        release: () => {
          this.held--;
        },
      });
      if (isTaken) this.held++;
      return isTaken;
    });
  }

  async pass(ms: number): Promise<void> {
    this.clock.pass(ms);
    await settle();
  }

  async read(): Promise<number[]> {
    const timestamps: number[] = [];
    for (const gap of [...this.series.gaps])
      for await (const { tags } of this.series.read(gap))
        timestamps.push(...tags.map((tag) => tag.timestamp));
    return timestamps;
  }
}

/** A key frame, a sound and a picture. */
export function group(start: number): SpoolTag[] {
  return [keyFrame(start), sound(start + 20), picture(start + 40)];
}
