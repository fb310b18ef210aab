import { join } from 'node:path';
import { orderGroups } from './group-order.js';
import { writeJoined } from './joined-file.js';
import type { Recording } from './recorded-group.js';
import { indexRecording } from './recording-index.js';

/** A recording that is complete. */
export interface FinishedRecording {
  readonly app: string;
  readonly name: string;
  readonly file: string;
  readonly startedAt: Date;
}

/** A file that was joined. */
export interface JoinedStream {
  readonly app: string;
  readonly name: string;
  readonly file: string;
  /** Recordings that are in it, and those of them that are gaps. */
  readonly recordings: number;
  readonly gaps: number;
  readonly groups: number;
}

/**
 * Joins each stream that gaps were sent for with them, to one file in order.
 * @param folder for the joined files; one of an earlier run is replaced
 */
export async function joinRecordings(
  folder: string,
  recordings: readonly FinishedRecording[],
): Promise<JoinedStream[]> {
  const streams = new Map<
    string,
    { readonly app: string; readonly name: string; readonly of: Recording[] }
  >();
  for (const { app, name, file, startedAt } of recordings) {
    const recording = await indexRecording(file, startedAt.getTime());
    const stream = recording.gap?.gapOf ?? name;
    const key = JSON.stringify([app, stream]);
    const found = streams.get(key) ?? { app, name: stream, of: [] };
    streams.set(key, found);
    found.of.push(recording);
  }
  const joined: JoinedStream[] = [];
  for (const { app, name, of } of streams.values()) {
    const gaps = of.filter(({ gap }) => gap !== undefined).length;
    if (gaps === 0) continue;
    const file = join(folder, `${plain(app)}_${plain(name)}_joined.flv`);
    const groups = orderGroups(of);
    await writeJoined(file, groups);
    joined.push({ app, name, file, recordings: of.length, gaps, groups: groups.length });
  }
  return joined;
}

/** Makes a stream's name safe for a file: it makes no folder, and hides no file. */
function plain(name: string): string {
  return name.replace(/[^\p{L}\p{N}.-]+/gu, '-').replace(/^[.-]+|[.-]+$/g, '');
}
