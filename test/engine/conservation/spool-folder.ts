import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ArchivedSeries, SpoolArchive, type SpoolTag } from '@cloudpush/engine/spool';
import type { Arrived, ArrivedStream } from '../recording-receiver.js';

/** A folder for the disk spools of a run, and what lies there at its end. */
export class SpoolFolder implements AsyncDisposable {
  readonly #path: string;
  readonly #kept = new Map<string, ArrivedStream[]>();

  private constructor(path: string) {
    this.#path = path;
  }

  static async make(): Promise<SpoolFolder> {
    return new SpoolFolder(await mkdtemp(join(tmpdir(), 'cloudpush-conservation-')));
  }

  get options(): { readonly folder: string; readonly maxBytes: number; readonly minFree: number } {
    return { folder: this.#path, maxBytes: 4e9, minFree: 0 };
  }

  /** Reads what has not been acknowledged: each gap as a stream. */
  async read(): Promise<void> {
    const archive = await SpoolArchive.open(this.#path);
    for (const series of archive.series) {
      const name = series.names?.destination;
      if (name !== undefined) this.#kept.set(name, await streamsOf(archive, series));
    }
  }

  /** Streams of a series that are on disk. */
  kept(series: string): ArrivedStream[] {
    return this.#kept.get(series) ?? [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#path, { recursive: true });
  }
}

async function streamsOf(archive: SpoolArchive, series: ArchivedSeries): Promise<ArrivedStream[]> {
  const streams: ArrivedStream[] = [];
  for (const gap of series.gaps) {
    const messages: Arrived[] = [];
    let headers: readonly SpoolTag[] | undefined;
    for await (const group of archive.read(series, gap, gap.acknowledged)) {
      if (group.headers !== headers) messages.push(...group.headers.map(messageOf));
      headers = group.headers;
      messages.push(...group.tags.map(messageOf));
    }
    streams.push({ name: 'on disk', messages } as unknown as ArrivedStream);
  }
  return streams;
}

function messageOf({ type, timestamp, parts }: SpoolTag): Arrived {
  return { type, timestamp, payload: Buffer.concat(parts) };
}
