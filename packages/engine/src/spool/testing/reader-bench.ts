import { FIRST_PLACE, type SpoolPlace } from '../group-entry.js';
import { GapReader, type ReadEnd, type SpoolGroup } from '../group-reader.js';
import { SegmentFile } from '../segment-file.js';
import { GapRecord, PartRecord } from '../spool-gap.js';
import { SimulatedDisk } from './simulated-disk.js';
import { GAP_START, type StoredParts, type StoredSegment, storeSegment } from './stored-segment.js';

const FOLDER = '/spool/series';

/** A segment of which the file is still being written. */
export interface GrowingSegment {
  readonly part: PartRecord;
  readonly file: SegmentFile;
  /** Writes so many groups more. */
  write(groups: number): Promise<void>;
}

/** A gap on a simulated disk, and what its readers tell. */
export class ReaderBench {
  readonly disk = new SimulatedDisk();
  readonly gap = new GapRecord(1, GAP_START, true);
  readonly damaged: { groups: number; bytes: number; ms: number }[] = [];
  flushes = 0;
  onFlush: () => void | Promise<void> = () => undefined;

  /** A segment that is whole. */
  async store(segment: number, parts: StoredParts = {}): Promise<StoredSegment> {
    const stored = await storeSegment(this.disk, FOLDER, { gap: 1, segment }, parts);
    const part = new PartRecord(segment, stored.headerBytes, GAP_START);
    part.reset(stored.groups, stored.bytes.length);
    this.gap.parts.push(part);
    return stored;
  }

  /** A segment of whole groups, of which nothing is written yet. */
  async grow(segment: number, parts: StoredParts = {}): Promise<GrowingSegment> {
    const { headerBytes, groups, bytes } = await storeSegment(
      new SimulatedDisk(),
      FOLDER,
      { gap: 1, segment },
      parts,
    );
    const part = new PartRecord(segment, headerBytes, GAP_START);
    const file = new SegmentFile(this.disk, FOLDER, { gap: 1, segment, gapStart: GAP_START }, headerBytes);
    part.file = file;
    for (const group of groups) {
      part.addGroup(group);
      file.groups.push(group);
    }
    this.gap.parts.push(part);
    let written = 0;
    const write = async (count: number): Promise<void> => {
      written += count;
      const { offset, bytes: size } = groups[written - 1]!;
      const next = bytes.subarray(file.written, offset + size);
      await file.write([next], next.length, []);
    };
    return { part, file, write };
  }

  reader(from: SpoolPlace = FIRST_PLACE, ofOnePart = false): AsyncGenerator<SpoolGroup, ReadEnd> {
    const owner = {
      io: this.disk,
      folder: FOLDER,
      flush: async () => {
        this.flushes++;
        await this.onFlush();
      },
      onDamaged: (groups: number, bytes: number, ms: number) => this.damaged.push({ groups, bytes, ms }),
    };
    return new GapReader(owner, this.gap, from).groups(ofOnePart);
  }

  async read(from?: SpoolPlace): Promise<SpoolGroup[]> {
    const groups: SpoolGroup[] = [];
    for await (const group of this.reader(from)) groups.push(group);
    return groups;
  }

  /** Places of the groups, as segment and group. */
  async places(from?: SpoolPlace): Promise<[number, number][]> {
    return (await this.read(from)).map(({ place }) => [place.segment, place.group]);
  }
}
