import { type FileHandle, open } from 'node:fs/promises';

/** Boxes that hold boxes, on the way to those with runs of samples (ISO/IEC 14496-12 §6.2.3). */
const PARENTS: ReadonlySet<string> = new Set(['moov', 'trak', 'mdia', 'minf', 'moof', 'traf']);
const WINDOW = 16 * 1024;
/** Samples of a fragment that has no field for each of them: more than minutes of sound. */
const MAX_RUN = 2 ** 20;
/** Files are about that were written a little wrong, and play: so many entries too many are no damage. */
const SLACK = 1000;

/** Samples that a track's tables speak of. */
interface TrackTables {
  /** By their sizes. */
  samples: number;
  /** By their decoding times. */
  timed: number;
  /** By the offsets of their presentation times. */
  shifted: number;
  /** By the chunks up to the last run, and that run. */
  placed: number;
  firstOfRun: number;
  perChunk: number;
  chunks: number;
}

/**
 * Looks at the runs of samples in an MP4 or QuickTime file. A run has a count and nothing else: one damaged
 * bit of it stands for billions of samples, and a reader that believes it needs gigabytes and minutes.
 * Files of other kinds, and what is wrong in other ways, pass.
 * @throws Error that says what is wrong, or of the file system
 */
export async function checkSampleTables(path: string): Promise<void> {
  const file = await open(path);
  try {
    const { size } = await file.stat();
    await new TableCheck(file, size).boxes(0, size);
  } finally {
    await file.close();
  }
}

class TableCheck {
  readonly #file: FileHandle;
  readonly #size: number;
  readonly #window = Buffer.alloc(WINDOW);
  #windowAt = 0;
  #windowEnd = 0;
  #track = emptyTables();

  constructor(file: FileHandle, size: number) {
    this.#file = file;
    this.#size = size;
  }

  async boxes(from: number, to: number): Promise<void> {
    for (let at = from; at + 8 <= to; ) {
      const head = await this.#bytes(at, 16);
      if (head.length < 16) return;
      const isLarge = head.readUInt32BE(0) === 1;
      const header = isLarge ? 16 : 8;
      const size = isLarge ? Number(head.readBigUInt64BE(8)) : head.readUInt32BE(0) || to - at;
      if (size < header) return;
      await this.#box(head.toString('latin1', 4, 8), at + header, Math.min(at + size, to));
      at += size;
    }
  }

  async #box(type: string, from: number, to: number): Promise<void> {
    if (PARENTS.has(type)) await this.boxes(from, to);
    else if (type === 'stbl') await this.#sampleTable(from, to);
    else if (type === 'stsz' || type === 'stz2') await this.#sizes(type, from);
    else if (type === 'stts') this.#track.timed = await this.#runs(from, to);
    else if (type === 'ctts') this.#track.shifted = await this.#runs(from, to);
    else if (type === 'stsc') await this.#chunkRuns(from, to);
    else if (type === 'stco' || type === 'co64') this.#track.chunks = await this.#number(from + 4);
    else if (type === 'trun') await this.#fragmentRun(from);
  }

  async #sampleTable(from: number, to: number): Promise<void> {
    this.#track = emptyTables();
    await this.boxes(from, to);
    const { samples, timed, shifted, placed, firstOfRun, perChunk, chunks } = this.#track;
    expectCount('decoding times', timed, samples);
    expectCount('presentation times', shifted, samples);
    expectCount('places', placed + Math.max(0, chunks - firstOfRun + 1) * perChunk, samples);
  }

  /** §8.7.3 */
  async #sizes(type: string, from: number): Promise<void> {
    const first = await this.#number(from + 4);
    const samples = await this.#number(from + 8);
    if (type === 'stz2' && ![4, 8, 16].includes(first & 0xff))
      throw new Error(`sizes of samples have ${first & 0xff} bits`);
    if (type === 'stsz' && samples * first > this.#size)
      throw new Error(`${samples} samples of ${first} bytes are more than the file`);
    this.#track.samples = samples;
  }

  /** Sum of the counts of `stts` or `ctts` (§8.6.1). */
  async #runs(from: number, to: number): Promise<number> {
    const entries = await this.#number(from + 4);
    let sum = 0;
    for (let i = 0, at = from + 8; i < entries && at + 8 <= to; i++, at += 8) sum += await this.#number(at);
    return sum;
  }

  /** §8.7.4 */
  async #chunkRuns(from: number, to: number): Promise<void> {
    const entries = await this.#number(from + 4);
    const track = this.#track;
    for (let i = 0, at = from + 8; i < entries && at + 12 <= to; i++, at += 12) {
      const first = await this.#number(at);
      if (i > 0 && first <= track.firstOfRun) throw new Error('runs of chunks are out of order');
      if (i > 0) track.placed += (first - track.firstOfRun) * track.perChunk;
      track.firstOfRun = first;
      track.perChunk = await this.#number(at + 4);
    }
  }

  /** §8.8.8: where each sample has a field, the box itself is the limit. */
  async #fragmentRun(from: number): Promise<void> {
    const hasFields = ((await this.#number(from)) & 0xf00) !== 0;
    const samples = await this.#number(from + 4);
    if (!hasFields && samples > MAX_RUN) throw new Error(`a fragment has ${samples} samples`);
  }

  /** 0 behind the end of the file. */
  async #number(at: number): Promise<number> {
    const isHere = at >= this.#windowAt && at + 4 <= this.#windowEnd;
    if (isHere) return this.#window.readUInt32BE(at - this.#windowAt);
    const bytes = await this.#bytes(at, 4);
    return bytes.length < 4 ? 0 : bytes.readUInt32BE(0);
  }

  /** Fewer at the end of the file. */
  async #bytes(at: number, count: number): Promise<Buffer> {
    if (at < this.#windowAt || at + count > this.#windowEnd) {
      const { bytesRead } = await this.#file.read(this.#window, 0, WINDOW, at);
      this.#windowAt = at;
      this.#windowEnd = at + bytesRead;
    }
    return this.#window.subarray(at - this.#windowAt, Math.min(at + count, this.#windowEnd) - this.#windowAt);
  }
}

function emptyTables(): TrackTables {
  return { samples: 0, timed: 0, shifted: 0, placed: 0, firstOfRun: 0, perChunk: 0, chunks: 0 };
}

function expectCount(what: string, count: number, samples: number): void {
  if (count > 2 * samples + SLACK) throw new Error(`a track of ${samples} samples has ${count} ${what}`);
}
