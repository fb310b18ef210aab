import { basename } from 'node:path';
import type { AudioCodec, VideoCodec } from '@cloudpush/muxer';
import { checkedSignal } from '../base/abort-signals.js';
import { sourceErrorCodes } from '../base/source-error-codes.js';
import { invalidParameter, invalidType, oneOf, requireObject, requireText } from '../base/validation.js';
import { sourceError } from './errors.js';
import { ClipReader, readClip } from './files/clip.js';
import { FileReader } from './files/file-reader.js';
import { FORMAT_NAMES, type Format, type FormatName } from './files/formats.js';
import { type Input, inspectInput } from './files/input.js';
import { InterleaveReader } from './files/interleave-reader.js';
import { openLiveSource } from './files/live-source.js';
import { MergeReader } from './files/merge-reader.js';
import type { PacketParser } from './files/packet-parser.js';
import { SteadyReader } from './files/steady-reader.js';
import type { SourcePacket, TrackKind } from './packet.js';
import type { PacketReader } from './reader.js';
import type { MediaSource } from './source.js';

/**
 * Inputs of up to this many bytes in all are read into memory, once for all channels; larger ones are read as
 * they are sent.
 */
const MAX_CLIP_SIZE = 64 * 1024 * 1024;

/** Of a large input, packets up to this many ms tell which tracks there are. */
const PROBE_DURATION = 2000;

/** Options of `openSource`. */
export interface OpenSourceOptions {
  /** Pictures a second of raw video; left out: as the stream says, else 25. */
  readonly frameRate?: number | undefined;
  /** The format of inputs whose names do not tell it; left out: as their content tells. */
  readonly format?: FormatName | undefined;
  /** Stops waiting for the beginning of what comes through a pipe. */
  readonly signal?: AbortSignal | undefined;
  /** Takes what is added to the source's `notices` while it is played: that its timestamps jump. */
  readonly onNotice?: ((notice: string) => void) | undefined;
  /** For tests: the size up to which inputs are read into memory. */
  readonly maxClipSize?: number | undefined;
}

/** A file that can be read as often as wanted. */
interface KnownInput extends Input {
  readonly size: number;
  readonly format: Format;
}

/**
 * Opens one media file, or a video and an audio file that belong together; or what comes through a pipe: `-`
 * for stdin, or a FIFO.
 * @throws CloudPushError `ERR_CLOUDPUSH_SOURCE_…`: names the file, and what is wrong with it;
 *   `ERR_CLOUDPUSH_INVALID_PARAMETER` for an argument that is not permitted.
 */
export async function openSource(
  paths: readonly string[],
  options: OpenSourceOptions = {},
): Promise<MediaSource> {
  checkArguments(paths, options);
  const found = await Promise.all(paths.map((path) => inspectInput(path, options.format)));
  const live = found.find((input) => input.size === undefined);
  if (live !== undefined) {
    requireAlone(live, found);
    if (live.format !== undefined) checkFrameRate([live as KnownInput], options.frameRate);
    return await openLiveSource(live, options);
  }
  const inputs = inOrder(found as KnownInput[]);
  checkFrameRate(inputs, options.frameRate);
  const size = inputs.reduce((sum, input) => sum + input.size, 0);
  const isClip = size <= (options.maxClipSize ?? MAX_CLIP_SIZE);
  const open = () => openInputs(inputs, options);
  const first = open();
  let latest = first;
  const read = await readClip(first.reader, isClip ? Number.POSITIVE_INFINITY : PROBE_DURATION);
  const packets = inputs[0]!.format.tracks === 'both' ? evened(read) : read;
  const video = packets.find(({ kind }) => kind === 'video');
  const audio = packets.find(({ kind }) => kind === 'audio');
  return {
    name: paths.map((path) => basename(path)).join(' + '),
    video: video?.codec as VideoCodec | undefined,
    audio: audio?.codec as AudioCodec | undefined,
    frameInterval: (video ?? packets.find(({ isHeader }) => isHeader !== true) ?? audio)!.duration,
    duration: isClip
      ? packets.reduce((end, { dts, duration }) => Math.max(end, dts + duration), 0)
      : undefined,
    get notices() {
      return latest.notices();
    },
    losses: () => latest.losses(),
    open: () => {
      if (isClip) return new ClipReader(packets);
      latest = open();
      return latest.reader;
    },
  };
}

function checkArguments(paths: readonly string[], options: OpenSourceOptions): void {
  if (!Array.isArray(paths)) throw invalidType('paths', paths, 'a list of paths');
  for (const [index, path] of paths.entries()) requireText(`paths[${index}]`, path);
  const { frameRate, format, signal } = requireObject('options', options);
  if (frameRate !== undefined && !(Number.isFinite(frameRate) && frameRate > 0))
    throw invalidParameter('frameRate', frameRate, 'a number above 0');
  if (format !== undefined) oneOf('format', format, FORMAT_NAMES);
  checkedSignal(signal);
}

/** Two pipes would have to be filled alike. */
function requireAlone(live: Input, inputs: readonly Input[]): void {
  if (inputs.length === 1) return;
  const what = 'a pipe must be the only input: FLV carries video and audio together';
  throw sourceError(sourceErrorCodes.unsupported, live.path, what);
}

/** Only raw video has no times of its own. */
function checkFrameRate(inputs: readonly KnownInput[], frameRate: number | undefined): void {
  if (frameRate !== undefined && !inputs.some(({ format }) => format.takesFrameRate === true)) {
    const what = 'a frame rate can be set for raw video only';
    throw sourceError(sourceErrorCodes.unsupported, inputs[0]!.path, what);
  }
}

/** One input, or the video before the audio. */
function inOrder(inputs: readonly KnownInput[]): KnownInput[] {
  const [first, second, third] = inputs;
  if (first === undefined || third !== undefined) {
    const what = 'one input is needed, or a video and an audio file';
    throw sourceError(sourceErrorCodes.unsupported, third?.path ?? 'no input', what);
  }
  if (second === undefined) return [first];
  const [one, other] = [first.format.tracks, second.format.tracks];
  if (one === 'both' || other === 'both' || one === other) {
    const what = `goes together with a video or an audio file, not with ${first.path}`;
    throw sourceError(sourceErrorCodes.unsupported, second.path, what);
  }
  return one === 'video' ? [first, second] : [second, first];
}

/** Starts to read the inputs; `notices` and `losses` tell what there was so far. */
function openInputs(
  inputs: readonly KnownInput[],
  { frameRate, onNotice }: OpenSourceOptions,
): { reader: PacketReader; notices: () => string[]; losses: () => string[] } {
  const jumps: string[] = [];
  const parsers = inputs.map(({ format }) => format.createParser(frameRate));
  const [first, second] = inputs.map(({ path }, index) => {
    const onJump = (what: string) => {
      const notice = `${path}: ${what}`;
      jumps.push(notice);
      onNotice?.(notice);
    };
    return new SteadyReader(new FileReader(path, parsers[index]!), { onJump });
  });
  const reader =
    second !== undefined
      ? new MergeReader(first!, second)
      : inputs[0]!.format.tracks === 'both'
        ? new InterleaveReader(first!)
        : first!;
  const named = (texts: (parser: PacketParser) => readonly string[]): string[] =>
    parsers.flatMap((parser, index) => texts(parser).map((text) => `${inputs[index]!.path}: ${text}`));
  const notices = () => [...named((parser) => parser.notices), ...jumps];
  const losses = () => named((parser) => parser.losses ?? []);
  return { reader, notices, losses };
}

/**
 * Gives the packets of each track of an FLV file their average duration: what the first ones say is a guess.
 */
function evened(packets: readonly SourcePacket[]): SourcePacket[] {
  const durations = { video: averageDuration(packets, 'video'), audio: averageDuration(packets, 'audio') };
  return packets.map((packet) => ({ ...packet, duration: durations[packet.kind] }));
}

function averageDuration(packets: readonly SourcePacket[], kind: TrackKind): number {
  const track = packets.filter((packet) => packet.kind === kind);
  const last = track.at(-1);
  if (last === undefined) return 0;
  return track.length === 1 ? last.duration : (last.dts - track[0]!.dts) / (track.length - 1);
}
