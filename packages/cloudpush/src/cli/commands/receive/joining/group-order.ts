import type { RecordedGroup, Recording } from './recorded-group.js';

/** A group in its place in the joined stream. */
export interface PlacedGroup {
  readonly recording: Recording;
  readonly group: RecordedGroup;
  /** Timestamp of its first tag in the joined stream. */
  readonly timestamp: number;
}

interface Candidate {
  readonly recording: Recording;
  readonly group: RecordedGroup;
  /** On the publisher's clock, as well as it is known. */
  wall: number;
}

/** Two recordings of the same group are at most so many ms apart, once their clocks are aligned. */
const SAME_MS = 500;
/** Clocks of a publisher and its receiver, and what is under way between them, differ by no more. */
const MAX_SKEW_MS = 600_000;
/** Tags of two groups never have the same timestamp. */
const MIN_STEP = 1;

/**
 * Puts the groups of a stream and of its gaps in order: by wall clock, each once. What a gap sends again is
 * recognised by its first frame, which also tells how far the clock of arrival is off; of two recordings of a
 * group the longer one stays, as the other was cut off.
 */
export function orderGroups(recordings: readonly Recording[]): PlacedGroup[] {
  const candidates = recordings.map((recording) =>
    recording.groups.map((group): Candidate => ({ recording, group, wall: group.wall })),
  );
  align(candidates);
  const ordered = withoutDuplicates(candidates.flat().sort((a, b) => a.wall - b.wall));
  return placed(ordered);
}

/** Moves the groups of streams onto the clock of the gaps. */
function align(candidates: readonly Candidate[][]): void {
  const gaps = wallsByKey(candidates.flat().filter(({ recording }) => recording.gap !== undefined));
  const streams = candidates.filter(([first]) => first !== undefined && first.recording.gap === undefined);
  const skews = streams.map((stream) => skewOf(stream, gaps));
  const usual = skews.find((skew) => skew !== undefined) ?? 0;
  for (const [i, stream] of streams.entries())
    for (const candidate of stream) candidate.wall += skews[i] ?? usual;
}

/**
 * Times at which groups begin, by their first frame: a camera that shows the same over and over has several
 * of one.
 */
function wallsByKey(candidates: readonly Candidate[]): Map<string, number[]> {
  const walls = new Map<string, number[]>();
  for (const { group, wall } of candidates) walls.set(group.key, [...(walls.get(group.key) ?? []), wall]);
  return walls;
}

/** ms that a stream's clock is behind that of the gaps, by a group that is there once on either side. */
function skewOf(
  stream: readonly Candidate[],
  gaps: ReadonlyMap<string, readonly number[]>,
): number | undefined {
  for (const [key, walls] of wallsByKey(stream)) {
    const others = gaps.get(key);
    if (walls.length !== 1 || others?.length !== 1) continue;
    const skew = others[0]! - walls[0]!;
    if (Math.abs(skew) <= MAX_SKEW_MS) return skew;
  }
  return undefined;
}

function withoutDuplicates(candidates: readonly Candidate[]): Candidate[] {
  const kept: Candidate[] = [];
  for (const candidate of candidates) {
    const twin = kept.findLastIndex((each) => isSame(each, candidate));
    if (twin === -1) kept.push(candidate);
    else if (candidate.group.size > kept[twin]!.group.size) kept[twin] = candidate;
  }
  return kept;
}

function isSame(a: Candidate, b: Candidate): boolean {
  if (a.recording === b.recording) return false;
  return a.group.key === b.group.key && Math.abs(a.wall - b.wall) <= SAME_MS;
}

/** Within a recording its own timestamps tell the spacing; from one to another the wall clock does. */
function placed(ordered: readonly Candidate[]): PlacedGroup[] {
  const groups: PlacedGroup[] = [];
  let last: { readonly candidate: Candidate; readonly timestamp: number } | undefined;
  for (const candidate of ordered) {
    const timestamp = last === undefined ? 0 : timestampBehind(last.candidate, last.timestamp, candidate);
    groups.push({ recording: candidate.recording, group: candidate.group, timestamp });
    last = { candidate, timestamp };
  }
  return groups;
}

function timestampBehind(last: Candidate, at: number, { recording, group, wall }: Candidate): number {
  const isNext = recording === last.recording;
  const step = isNext ? group.firstTimestamp - last.group.firstTimestamp : Math.round(wall - last.wall);
  return Math.max(at + step, at + last.group.lastTimestamp - last.group.firstTimestamp + MIN_STEP);
}
