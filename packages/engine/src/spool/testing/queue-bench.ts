import { FakeClock } from '../../base/testing/fake-clock.js';
import { Batch } from '../batch.js';
import { DiskQueue } from '../disk-queue.js';
import { type ParsedIndex, parseIndex } from '../index-format.js';
import { SegmentFile } from '../segment-file.js';
import { segmentPaths } from '../segment-loader.js';
import { PartRecord } from '../spool-gap.js';
import type { SpoolSync } from '../spool-policy.js';
import { HeldDisk } from './held-disk.js';

const FOLDER = '/spool/series';

/** One segment that batches are made for. */
export class QueuedSegment {
  readonly part: PartRecord;
  readonly file: SegmentFile;
  readonly media: string;
  readonly index: string;
  #bytes = 0;

  constructor(disk: HeldDisk, segment: number) {
    const name = { gap: 1, segment };
    const { media, index } = segmentPaths(FOLDER, name);
    this.media = media;
    this.index = index;
    this.part = new PartRecord(segment, 0, 0);
    this.file = new SegmentFile(disk, FOLDER, { ...name, gapStart: 0 }, 0);
    this.part.file = this.file;
  }

  /** Text for the end of the file, which is one group. */
  batch(text: string, isLast = false): Batch {
    const batch = new Batch(this.file, this.part);
    batch.parts.push(Buffer.from(text));
    batch.bytes = text.length;
    batch.groups.push({
      offset: this.#bytes,
      bytes: text.length,
      crc: 0,
      firstTimestamp: 0,
      lastTimestamp: 0,
      firstWall: 0,
      lastWall: 0,
      tags: 1,
      isStart: true,
    });
    batch.isLast = isLast;
    this.#bytes += text.length;
    return batch;
  }
}

/** A queue on a simulated disk, with a clock of its own. */
export class QueueBench {
  readonly disk = new HeldDisk();
  readonly clock = new FakeClock();
  readonly queue: DiskQueue;
  /** What the queue told, in order. */
  readonly told: string[] = [];
  /** Calls of the disk, in order, with the names of files. */
  readonly calls: string[] = [];
  onFault: () => void = () => undefined;

  constructor(sync: SpoolSync, now = 0) {
    this.clock.pass(now);
    this.queue = new DiskQueue({
      sync,
      clock: this.clock,
      onWritten: (batch) => this.told.push(`written ${textOf(batch)}`),
      onFault: ({ message }, lost) => {
        this.told.push(`fault ${message.split(':')[0]}, lost ${lost.map(textOf).join(' ') || 'nothing'}`);
        this.onFault();
      },
    });
    this.answer(() => undefined);
  }

  /** Pushes a batch, and waits until all that was pushed is written, or has failed. */
  async write(batch: Batch): Promise<void> {
    this.queue.push(batch);
    await this.queue.idle();
  }

  /** Lets calls of the disk fail: `outcome` is asked with the call and the name of the file. */
  answer(outcome: (call: string) => Error | undefined): void {
    this.disk.onStep = ({ call, path }) => {
      const step = `${call} ${path.replace(`${FOLDER}/`, '')}`;
      this.calls.push(step);
      return outcome(step);
    };
  }

  segment(number = 1): QueuedSegment {
    return new QueuedSegment(this.disk, number);
  }

  text({ media }: QueuedSegment): string {
    return this.disk.content(media).toString();
  }

  index({ index }: QueuedSegment): ParsedIndex | undefined {
    return this.disk.paths.includes(index) ? parseIndex(this.disk.content(index).toString()) : undefined;
  }

  /** How often the disk was asked to make media durable. */
  get syncs(): number {
    return this.calls.filter((call) => /^sync .*\.flv$/.test(call)).length;
  }
}

function textOf({ parts }: Batch): string {
  return Buffer.concat(parts).toString();
}
