import { FlvTag, TagRole, TagType } from '@cloudpush/muxer';
import {
  encodeWallClock,
  type GapFacts,
  gapMetadata,
  type SpoolGap,
  type SpoolGroup,
  type SpoolTag,
} from '../../spool/index.js';

/** The name of a gap's stream. */
export function gapStreamName(template: string, stream: string, start: number): string {
  const time = new Date(start).toISOString().replace(/[-:.]/g, '');
  return template.replace(/\$(stream|start)/g, (_, name: string) => (name === 'stream' ? stream : time));
}

/** The facts of the part of a gap that begins with a group. */
export function factsOf(gap: SpoolGap, first: SpoolGroup, gapOf: string): GapFacts {
  const gapPart = first.place.segment;
  const part = gap.parts.find(({ number }) => number === gapPart);
  return { gapOf, gapPart, gapStart: first.start, gapEnd: part?.end ?? first.end };
}

/** The tags that the stream of a part begins with: its headers, and in `onMetaData` what it is a part of. */
export function openingTags(headers: readonly SpoolTag[], facts: GapFacts): FlvTag[] {
  const metadata = headers.find(({ role }) => role === TagRole.data);
  const own = metadata === undefined ? undefined : Buffer.concat(metadata.parts);
  return [
    dataTag(gapMetadata(own, facts), 0),
    ...headers.filter((tag) => tag !== metadata).map((tag) => stamped(tag, 0)),
  ];
}

/** The message about the wall clock of the picture that follows. */
export function wallClockTag(wall: number, timestamp: number): FlvTag {
  return dataTag(encodeWallClock(wall), timestamp);
}

/** A tag from disk, at another time. */
export function stamped({ type, role, parts, size }: SpoolTag, timestamp: number): FlvTag {
  return new FlvTag(type, role, timestamp, parts, size, 0);
}

function dataTag(body: Uint8Array, timestamp: number): FlvTag {
  return new FlvTag(TagType.scriptData, TagRole.data, timestamp, [body], body.length, 0);
}
