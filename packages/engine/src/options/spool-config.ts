import { resolve } from 'node:path';
import {
  checkedOptions,
  integer,
  invalidParameter,
  invalidType,
  oneOf,
  optionalBoolean,
} from '../base/validation.js';
import type { SpoolOptions, SpoolSeriesNames, SpoolStoreOptions } from './spool-options.js';
import { type SpooledPlace, spooledName } from './spooled-place.js';

/** Hours of the day, in minutes since midnight; `from` may be later than `to`: over midnight. */
export interface DailyWindow {
  readonly from: number;
  readonly to: number;
}

/** The disk spool of an engine. */
export interface SpoolStoreConfig {
  /** An absolute path. */
  readonly folder: string;
  readonly maxBytes: number;
  /** In ms. */
  readonly maxAge: number;
  readonly minFree: number;
  readonly sync: 'second' | 'segment' | 'none';
  /** Gaps that are sent at a time. */
  readonly maxGaps: number;
}

/** Names of a series; the channel's is empty where the destination's says it all. */
export interface SpoolNames {
  readonly channel: string;
  readonly destination: string;
}

/** The configuration of a destination's part of the spool. */
export interface SpoolConfig {
  /** The name of the destination's series, without secrets. */
  readonly series: string;
  /** Names of the channel, where it is given one, and of the destination: its folder is named after both. */
  readonly names: SpoolNames;
  /** The series that it takes over what is on disk of; undefined: none. */
  readonly former: string | undefined;
  /**
   * Another destination has the series: it is opened when the engine answers this number. Undefined: at once.
   */
  readonly turn?: number | undefined;
  readonly when: 'outage' | 'always';
  readonly resume: 'live' | 'in-order' | 'keep';
  readonly speed: number;
  /** Undefined: gaps are sent at any time. */
  readonly window: DailyWindow | undefined;
  /** `$stream` and `$start` stand in it. */
  readonly stream: string;
}

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const DAY = 86_400_000;
const DEFAULT_STREAM = '$stream-gap-$start';
const LONGEST_NAME = 128;

const STORE: Readonly<Record<keyof SpoolStoreOptions, true>> = {
  folder: true,
  maxBytes: true,
  maxAge: true,
  minFree: true,
  sync: true,
  maxGaps: true,
};

const NAMES: Readonly<Record<keyof SpoolSeriesNames, true>> = {
  channel: true,
  destination: true,
  takesOver: true,
};

const SPOOL: Readonly<Record<keyof SpoolOptions, true>> = {
  series: true,
  when: true,
  resume: true,
  speed: true,
  window: true,
  stream: true,
};

/** Checks the options of an engine's spool and fills in the defaults. */
export function spoolStoreConfig(given: SpoolStoreOptions | undefined): SpoolStoreConfig | undefined {
  if (given === undefined) return undefined;
  const options = checkedOptions('spool', given, STORE);
  const { folder } = options;
  if (typeof folder !== 'string') throw invalidType('spool.folder', folder, 'the path of a folder');
  if (folder === '' || folder.includes('\0'))
    throw invalidParameter('spool.folder', folder, 'the path of a folder');
  return {
    folder: resolve(folder),
    maxBytes: integer('spool.maxBytes', options.maxBytes, { preset: 10 * GIB, least: MIB, most: 2 ** 50 }),
    maxAge: integer('spool.maxAge', options.maxAge, { preset: 7 * DAY, least: 1000, most: 366 * DAY }),
    minFree: integer('spool.minFree', options.minFree, { preset: GIB, least: 0, most: 2 ** 50 }),
    sync: oneOf('spool.sync', options.sync, ['second', 'segment', 'none']),
    maxGaps: integer('spool.maxGaps', options.maxGaps, { preset: 4, least: 1, most: 1000 }),
  };
}

/** Checks the options of a destination's part of it and fills in the defaults. */
export function spoolConfig(given: SpoolOptions | undefined, place: SpooledPlace): SpoolConfig {
  const options = given === undefined ? {} : checkedOptions<SpoolOptions>('spool', given, SPOOL);
  const resume = oneOf('spool.resume', options.resume, ['live', 'in-order', 'keep']);
  return {
    ...seriesConfig(options.series, spooledName(place)),
    when: oneOf('spool.when', options.when, ['outage', 'always']),
    resume,
    speed: checkedSpeed(options.speed, resume),
    window: dailyWindow(options.window),
    stream: checkedStream(options.stream),
  };
}

function seriesConfig(
  given: SpoolOptions['series'],
  preset: string,
): Pick<SpoolConfig, 'series' | 'names' | 'former'> {
  if (given === undefined || typeof given === 'string') {
    const series = given === undefined ? preset : checkedName('spool.series', given);
    return { series, names: { channel: '', destination: series }, former: undefined };
  }
  const options = checkedOptions<SpoolSeriesNames>('spool.series', given, NAMES);
  const channel = checkedName('spool.series.channel', options.channel);
  const { destination: name } = options;
  const destination = name === undefined ? preset : checkedName('spool.series.destination', name);
  const takesOver = optionalBoolean('spool.series.takesOver', options.takesOver) ?? true;
  return {
    series: `${channel}: ${destination}`,
    names: { channel, destination },
    former: takesOver ? preset : undefined,
  };
}

function checkedName(option: string, name: unknown): string {
  if (typeof name === 'string' && name !== '' && name.length <= LONGEST_NAME) return name;
  throw invalidParameter(option, name, `a text of 1 to ${LONGEST_NAME} characters`);
}

function checkedSpeed(speed: unknown = 2, resume: SpoolConfig['resume']): number {
  if (resume === 'in-order' && speed === 1)
    throw invalidParameter('spool.speed', speed, "more than 1 with resume: 'in-order', to catch up at all");
  if (typeof speed === 'number' && speed >= 1 && speed <= 100) return speed;
  throw invalidParameter('spool.speed', speed, 'a number from 1 to 100');
}

function checkedStream(stream: unknown = DEFAULT_STREAM): string {
  if (typeof stream !== 'string') throw invalidType('spool.stream', stream, 'a text');
  if (stream.length <= LONGEST_NAME && /^[\w.$/-]+$/.test(stream) && stream.includes('$start')) return stream;
  const permitted = `letters, digits and . _ - /, with $start and perhaps $stream, up to ${LONGEST_NAME}`;
  throw invalidParameter('spool.stream', stream, permitted);
}

const WINDOW = /^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$/;

function dailyWindow(window: unknown): DailyWindow | undefined {
  if (window === undefined) return undefined;
  const times = typeof window === 'string' ? WINDOW.exec(window)?.slice(1).map(Number) : undefined;
  const [fromHour = 0, fromMinute = 0, toHour = 0, toMinute = 0] = times ?? [];
  const from = fromHour * 60 + fromMinute;
  const to = toHour * 60 + toMinute;
  if (from !== to) return { from, to };
  throw invalidParameter('spool.window', window, "two times of the day, such as '01:00-05:00'");
}
