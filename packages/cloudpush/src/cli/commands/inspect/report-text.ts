import type { DataMessage, FileReport, SynchronizationReport, VideoTrackReport } from '@cloudpush/engine';
import { bytes, count, facts, plural } from '../../terminal/format.js';
import { shortNumber } from './codec-text.js';
import { changeTable, damageTable, encryptionTable, eventTable, timeFindingTable } from './finding-tables.js';
import { gopTable, pictureTable, seconds, timeTable, trackName, trackTable } from './track-tables.js';

const FORMATS = {
  flv: 'FLV',
  h264: 'H.264 byte stream',
  h265: 'H.265 byte stream',
  aac: 'AAC (ADTS)',
  mp3: 'MP3',
} as const;

/** Characters of a value of onMetaData. */
const MAX_VALUE = 80;

/** A report for people: what there is nothing to say about is left out. */
export function reportText(report: FileReport, columns?: number): string {
  const { tracks, metadata, events, damage } = report;
  const video = tracks.filter((track) => track.kind === 'video');
  const encrypted = tracks.filter(({ encryption }) => encryption !== undefined);
  const changes = tracks.some(({ configurationChanges }) => configurationChanges.count > 0);
  const lateness = tracks.some(({ timestamps }) => {
    return timestamps !== undefined && timestamps.stepsBack.count + timestamps.gaps.count > 0;
  });
  const onMetaData = metadata?.list[0];
  const sections = [
    titleText(report),
    tracks.length > 0 && `Tracks\n${trackTable(tracks, columns)}\n${timeTable(tracks, columns)}`,
    video.length > 0 && `Pictures\n${pictureTable(video, columns)}\n${gopTable(video, columns)}`,
    oddities(report, columns),
    encrypted.length > 0 && `Encryption\n${encryptionTable(encrypted, columns)}`,
    changes && `Changes of configuration\n${changeTable(tracks, columns)}`,
    lateness && `Gaps and steps back\n${timeFindingTable(tracks, columns)}`,
    onMetaData !== undefined && `onMetaData\n${metadataText(onMetaData, metadata?.count ?? 1, columns)}`,
    events !== undefined && events.count > 0 && `Events\n${eventTable(events, columns)}`,
    damage.count > 0 && `Damage\n${damageTable(damage, columns)}`,
  ];
  return sections.filter((section) => typeof section === 'string' && section !== '').join('\n\n');
}

/** clip.flv: FLV, 49.9 kB, 2.026 s, intact */
function titleText({ path, format, size, duration, intact, damage }: FileReport): string {
  const length = duration === undefined ? [] : [seconds(duration)];
  const state = intact ? 'intact' : `damaged in ${plural(damage.count, 'place')}`;
  return `${path}: ${[FORMATS[format], bytes(size), ...length, state].join(', ')}`;
}

/** Findings that fit no table, one line each. */
function oddities({ tracks, synchronization, notices }: FileReport, columns?: number): string {
  const lines: [string, string][] = [];
  if (synchronization !== undefined) lines.push(['sound to pictures', synchronizationText(synchronization)]);
  for (const track of tracks) {
    const name = trackName(track);
    if (track.kind === 'audio' && track.sampleClock !== undefined) {
      const { drift } = track.sampleClock;
      lines.push([`${name} clock`, `${shortNumber(drift)} ms ahead of its samples at the end`]);
    }
    if (track.kind === 'video') lines.push(...markLines(name, track));
    if (track.encryption !== undefined) {
      const { samples, keyFrames } = track.encryption;
      const all = `${count(samples)} of ${plural(track.samples, 'sample')}`;
      lines.push([`${name} encrypted`, `${all}, ${plural(keyFrames, 'key frame')} among them`]);
    }
    if (track.endsOfSequence > 0) {
      lines.push([`${name} end`, plural(track.endsOfSequence, 'end-of-sequence tag')]);
    }
  }
  lines.push(...notices.map((notice): [string, string] => ['notice', notice]));
  return lines.length === 0 ? '' : facts(lines, columns);
}

function synchronizationText({ startOffset, endOffset, drift }: SynchronizationReport): string {
  const [start, end, apart] = [startOffset, endOffset, drift].map((ms) => `${shortNumber(ms)} ms`);
  return `${start} later at the start, ${end} at the end (drift ${apart})`;
}

function markLines(
  name: string,
  { keyFrameMarks: { missing, wrong } }: VideoTrackReport,
): [string, string][] {
  return missing + wrong === 0
    ? []
    : [
        [
          `${name} marks`,
          `${plural(missing, 'key frame')} not marked, ${plural(wrong, 'other')} marked as key frame`,
        ],
      ];
}

function metadataText({ values }: DataMessage, times: number, columns?: number): string {
  const properties = values.find((value) => typeof value === 'object' && value !== null) ?? {};
  const rows = Object.entries(properties).map(([name, value]): [string, string] => [name, valueText(value)]);
  const repeats = times > 1 ? `\n  (the first of ${times})` : '';
  return (rows.length === 0 ? '  (empty)' : facts(rows, columns)) + repeats;
}

function valueText(value: unknown): string {
  const text = typeof value === 'string' ? value.replace(/\s+/g, ' ') : JSON.stringify(value);
  return text.length <= MAX_VALUE ? text : `${text.slice(0, MAX_VALUE - 1)}…`;
}
