import { type AmfObject, type AmfValue, decodeAmf0, EcmaArray, encodeAmf0 } from '@cloudpush/transport';

/** Identity of a gap stream: fields of its first `onMetaData`. */
export interface GapFacts {
  /** Name of the stream that the media is missing in. */
  readonly gapOf: string;
  /** Wall clock of the first and the last tag of the part, ms since 1970; ISO 8601 in UTC in the metadata. */
  readonly gapStart: number;
  readonly gapEnd: number;
  /** Number of the part in its gap, from 1. */
  readonly gapPart: number;
}

const METADATA = 'onMetaData';
const SET_DATA_FRAME = '@setDataFrame';
const WALL_CLOCK = 'onFI';

/**
 * The body of the `onMetaData` of a gap stream: the fields of the stream's own, if there are any, and those
 * of the gap.
 * @param body of the stream's own, with or without `@setDataFrame`
 */
export function gapMetadata(body: Uint8Array | undefined, facts: GapFacts): Buffer {
  const { gapOf, gapStart, gapEnd, gapPart } = facts;
  const own = body === undefined ? undefined : fieldsOf(body, METADATA);
  const gap = { gapOf, gapStart: isoTime(gapStart), gapEnd: isoTime(gapEnd), gapPart };
  return encodeAmf0(METADATA, new EcmaArray({ ...own, ...gap }));
}

/** The facts in the body of an `onMetaData`; undefined where it is of no gap stream. */
export function readGapFacts(body: Uint8Array): GapFacts | undefined {
  const { gapOf, gapStart, gapEnd, gapPart } = fieldsOf(body, METADATA) ?? {};
  if (typeof gapOf !== 'string' || typeof gapPart !== 'number') return undefined;
  const start = Date.parse(String(gapStart));
  const end = Date.parse(String(gapEnd));
  if (Number.isNaN(start) || Number.isNaN(end)) return undefined;
  return { gapOf, gapStart: start, gapEnd: end, gapPart };
}

/**
 * The body of `onFI`, which tells the wall clock of the tag behind it: `sd` is the date as DD-MM-YYYY, `st`
 * the time as HH:MM:SS.mmm, in UTC.
 */
export function encodeWallClock(wall: number): Buffer {
  const [date, time] = isoTime(wall).split('T') as [string, string];
  return encodeAmf0(WALL_CLOCK, { sd: date.split('-').reverse().join('-'), st: time.slice(0, 12) });
}

/** The wall clock in the body of an `onFI`, ms since 1970; undefined where it is other script data. */
export function readWallClock(body: Uint8Array): number | undefined {
  const { sd, st } = fieldsOf(body, WALL_CLOCK) ?? {};
  const date = typeof sd === 'string' ? /^(\d\d)-(\d\d)-(\d{4})$/.exec(sd) : null;
  if (date === null || typeof st !== 'string') return undefined;
  const wall = Date.parse(`${date[3]}-${date[2]}-${date[1]}T${st}Z`);
  return Number.isNaN(wall) ? undefined : wall;
}

/** The fields of script data of a name; undefined where it is another, or damaged. */
function fieldsOf(body: Uint8Array, name: string): AmfObject | undefined {
  let values: AmfValue[];
  try {
    values = decodeAmf0(body);
  } catch {
    return undefined;
  }
  if (values[0] === SET_DATA_FRAME) values.shift();
  const [first, second] = values;
  if (first !== name || typeof second !== 'object' || second === null) return undefined;
  return second instanceof EcmaArray ? second.properties : (second as AmfObject);
}

function isoTime(wall: number): string {
  return new Date(wall).toISOString();
}
