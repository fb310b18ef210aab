import type { Damage, DataMessage, EventReport, ListReport, TrackReport } from '@cloudpush/engine';
import { count, plural, table } from '../../terminal/format.js';
import { audioCodecText, pictureText, soundText, videoCodecText } from './codec-text.js';
import { seconds, trackName } from './track-tables.js';

/** Lines of a list for people; `--json` has more of it. */
const MAX_ROWS = 20;
/** Characters of what a message carries. */
const MAX_TEXT = 100;

/** Table of the changes of a track's configuration. */
export function changeTable(tracks: readonly TrackReport[], columns?: number): string {
  const rows = tracks.flatMap((track) =>
    track.kind === 'video'
      ? track.configurationChanges.list.map((to) => [
          ...[trackName(track), seconds(to.at), count(to.offset)],
          `${videoCodecText(to)}, ${pictureText(to)}`,
        ])
      : track.configurationChanges.list.map((to) => [
          ...[trackName(track), seconds(to.at), count(to.offset)],
          `${audioCodecText(to)}, ${soundText(to)}`,
        ]),
  );
  const total = tracks.reduce((sum, { configurationChanges }) => sum + configurationChanges.count, 0);
  return listTable(['track', 'at', 'byte', 'from here on'], rows, total, columns);
}

/** Gaps and steps back, in the order of the tracks. */
export function timeFindingTable(tracks: readonly TrackReport[], columns?: number): string {
  const found = tracks.flatMap((track) => {
    const { stepsBack, gaps } = track.timestamps ?? {};
    return [
      ...(stepsBack?.list ?? []).map(({ at, offset, by }) => ({
        track,
        at,
        offset,
        what: 'steps back by',
        by,
      })),
      ...(gaps?.list ?? []).map(({ at, offset, length }) => ({
        track,
        at,
        offset,
        what: 'nothing for',
        by: length,
      })),
    ];
  });
  const rows = found.map(({ track, at, offset, what, by }) => [
    ...[trackName(track), seconds(at), count(offset)],
    `${what} ${seconds(by)}`,
  ]);
  const total = tracks.reduce(
    (sum, { timestamps }) => sum + (timestamps?.stepsBack.count ?? 0) + (timestamps?.gaps.count ?? 0),
    0,
  );
  return listTable(['track', 'at', 'byte', 'what'], rows, total, columns);
}

/** Encrypted samples, with what they tell of their keys. */
export function encryptionTable(tracks: readonly TrackReport[], columns?: number): string {
  const rows = tracks.flatMap((track) =>
    (track.encryption?.keys.list ?? []).map(({ keyCheck, nonce, at, offset }) => [
      ...[trackName(track), keyCheck, nonce, seconds(at)],
      count(offset),
    ]),
  );
  const total = tracks.reduce((sum, { encryption }) => sum + (encryption?.keys.count ?? 0), 0);
  return listTable(['track', 'key check', 'nonce', 'from', 'byte'], rows, total, columns);
}

/** Data messages with what they carry. */
export function eventTable({ list, count: total }: EventReport, columns?: number): string {
  const rows = list.map(({ at, offset, name, values }: DataMessage) => [
    ...[seconds(at), count(offset), oneLine(name)],
    oneLine(values.map((value) => JSON.stringify(value)).join(', ')),
  ]);
  return listTable(['at', 'byte', 'event', 'with'], rows, total, columns);
}

/** A table of faults, and where they are. */
export function damageTable({ list, count: total }: ListReport<Damage>, columns?: number): string {
  const rows = list.map(({ offset, at, track, code, message }) => [
    count(offset),
    at === undefined ? '' : seconds(at),
    track ?? '',
    `${message} [${code}]`,
  ]);
  return listTable(['byte', 'at', 'track', 'damage'], rows, total, columns);
}

function listTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  total: number,
  columns: number | undefined,
): string {
  const shown = rows.slice(0, MAX_ROWS);
  const text = table(head, shown, columns);
  const hidden = total - shown.length;
  return hidden === 0 ? text : `${text}\n  ${plural(hidden, 'more line')} not shown, see --json`;
}

function oneLine(text: string): string {
  const line = text.replace(/\s+/g, ' ');
  return line.length <= MAX_TEXT ? line : `${line.slice(0, MAX_TEXT - 1)}…`;
}
