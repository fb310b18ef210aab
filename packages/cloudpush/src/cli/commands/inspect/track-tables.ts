import type { SpreadReport, TrackReport, VideoTrackReport } from '@cloudpush/engine';
import { bytes, table } from '../../terminal/format.js';
import { audioCodecText, pictureText, shortNumber, soundText, videoCodecText } from './codec-text.js';

/** Text of a cell that has nothing to say. */
const NOTHING = '–';

/** Each track's codec and format, and how much of it there is. */
export function trackTable(tracks: readonly TrackReport[], columns?: number): string {
  const head = ['track', 'codec', 'what', 'form', 'samples', 'size', 'kbit/s', 'peak'];
  const rows = tracks.map((track) => [
    trackName(track),
    codecText(track),
    contentText(track),
    track.form ?? NOTHING,
    track.samples,
    bytes(track.bytes),
    kilobitsPerSecond(track.bitRate.mean),
    kilobitsPerSecond(track.bitRate.peak),
  ]);
  return table(head, rows, columns, ['form', 'peak', 'size', 'samples', 'kbit/s']);
}

/** The timestamps of each track. */
export function timeTable(tracks: readonly TrackReport[], columns?: number): string {
  const head = [
    'track',
    'first',
    'last',
    'duration',
    'interval ms',
    'fps',
    'composition ms',
    'steps back',
    'gaps',
  ];
  const rows = tracks.flatMap((track) => {
    const { timestamps } = track;
    if (timestamps === undefined) return [];
    const { first, last, duration, interval, compositionOffset, stepsBack, gaps } = timestamps;
    const fps = track.kind === 'video' ? track.measuredFrameRate : undefined;
    return [
      [
        trackName(track),
        seconds(first),
        seconds(last),
        seconds(duration),
        spreadText(interval),
        fps === undefined ? NOTHING : shortNumber(fps),
        rangeText(compositionOffset.min, compositionOffset.max),
        stepsBack.count,
        gaps.count === 0 ? '0' : `${gaps.count}, longest ${seconds(gaps.longest)}`,
      ],
    ];
  });
  return table(head, rows, columns, ['steps back', 'last', 'composition ms', 'first', 'fps']);
}

/** The pictures of each video track, by kind. */
export function pictureTable(tracks: readonly VideoTrackReport[], columns?: number): string {
  const head = ['track', 'key', 'inter', 'disposable', 'unreadable', 'no picture'];
  const rows = tracks.map((track) => {
    const { key, inter, disposable, unreadable, withoutPicture } = track.pictures;
    return [trackName(track), key, inter, disposable, unreadable, withoutPicture];
  });
  return table(head, rows, columns, ['no picture', 'disposable']);
}

/** The groups of pictures of each video track. */
export function gopTable(tracks: readonly VideoTrackReport[], columns?: number): string {
  const head = ['track', 'GOPs', 'open', 'pictures', 'ms', 'before the first', 'in the last'];
  const rows = tracks.map((track) => {
    const { count, open, pictures, duration, picturesBeforeFirst, picturesInLast } = track.gops;
    const lengths = [spreadText(pictures), spreadText(duration)];
    return [trackName(track), count, open, ...lengths, picturesBeforeFirst, picturesInLast];
  });
  return table(head, rows, columns, ['in the last', 'before the first', 'ms']);
}

/** video, or video 2 in a file of several */
export function trackName({ kind, trackId }: Pick<TrackReport, 'kind' | 'trackId'>): string {
  return trackId === 0 ? kind : `${kind} ${trackId}`;
}

/** ms as seconds: 1.960 s */
export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(3)} s`;
}

function codecText({ kind, configuration }: TrackReport): string {
  if (configuration === undefined) return 'unknown';
  return kind === 'video' ? videoCodecText(configuration) : audioCodecText(configuration);
}

function contentText({ kind, configuration }: TrackReport): string {
  if (configuration === undefined) return NOTHING;
  return kind === 'video' ? pictureText(configuration) : soundText(configuration);
}

function kilobitsPerSecond(bitsPerSecond: number | undefined): number | string {
  return bitsPerSecond === undefined ? NOTHING : Math.round(bitsPerSecond / 1000);
}

/** 40, or 39 … 41 (40.1) with the mean in brackets */
function spreadText(spread: SpreadReport | undefined): string {
  if (spread === undefined) return NOTHING;
  const { min, mean, max } = spread;
  // Times that are counted differ by what floating point makes of them.
  return shortNumber(min) === shortNumber(max)
    ? shortNumber(min)
    : `${rangeText(min, max)} (${Number(mean.toFixed(1))})`;
}

function rangeText(min: number, max: number): string {
  return min === max ? shortNumber(min) : `${shortNumber(min)} … ${shortNumber(max)}`;
}
