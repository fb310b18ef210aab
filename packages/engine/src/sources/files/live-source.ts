import { basename } from 'node:path';
import type { Readable } from 'node:stream';
import type { AudioCodec, VideoCodec } from '@cloudpush/muxer';
import { monotonicClock } from '../../base/clock.js';
import type { SourcePacket } from '../packet.js';
import type { PacketReader } from '../reader.js';
import type { MediaSource } from '../source.js';
import { type Format, PROBE_SIZE } from './formats.js';
import { formatOf, type Input } from './input.js';
import { InterleaveReader } from './interleave-reader.js';
import { LiveReader, PrefixedReader } from './live-reader.js';
import { isStdin, openLiveStream } from './live-stream.js';
import type { PacketParser } from './packet-parser.js';
import { SteadyReader } from './steady-reader.js';

/** ms of media after which a second track is not waited for any more. */
const PROBE_DURATION = 1000;

/**
 * Opens media that comes once, as it is made: what its first packets tell is all that is known of it, and
 * they are kept.
 */
export async function openLiveSource(
  { path, format }: Input,
  { frameRate, signal, onNotice }: Partial<Pick<LiveInput, 'frameRate' | 'signal' | 'onNotice'>>,
): Promise<MediaSource> {
  const stream = await openLiveStream(path);
  const shown = isStdin(path) ? 'stdin' : path;
  return await readLiveSource({ path: shown, format, stream, frameRate, signal, onNotice });
}

/** Media that comes once, in a stream that is open. */
export interface LiveInput {
  /** The name that errors give it. */
  readonly path: string;
  /** Undefined: its content tells what it is. */
  readonly format: Format | undefined;
  readonly stream: Readable;
  /** Pictures a second, of raw video that does not tell. */
  readonly frameRate: number | undefined;
  /** Stops waiting for the first packets. */
  readonly signal: AbortSignal | undefined;
  /** Takes what is added to the source's notices while it is played. */
  readonly onNotice?: ((notice: string) => void) | undefined;
}

/** Opens media that comes once, as {@link openLiveSource} does, from a stream that is open. */
export async function readLiveSource(input: LiveInput): Promise<MediaSource> {
  const { path, stream, frameRate, signal, onNotice } = input;
  const reader = new LiveReader(path, stream);
  const stop = () => void reader.close();
  signal?.addEventListener('abort', stop, { once: true });
  let parser: PacketParser | undefined;
  let { format } = input;
  try {
    if (signal?.aborted === true) stop();
    await reader.begin(PROBE_SIZE, (bytes, isAll) => {
      format ??= formatOf(path, bytes, isAll);
      parser = format?.createParser(frameRate);
      return parser;
    });
    const packets = await firstPackets(reader, format!.tracks === 'both');
    return liveSource(path, packets, reader, { parser: parser!, onNotice });
  } catch (error) {
    stop();
    throw error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

function liveSource(
  path: string,
  packets: SourcePacket[],
  reader: LiveReader,
  { parser, onNotice }: Pick<LiveInput, 'onNotice'> & { readonly parser: PacketParser },
): MediaSource {
  const video = packets.find(({ kind }) => kind === 'video');
  const audio = packets.find(({ kind }) => kind === 'audio');
  const jumps: string[] = [];
  const onJump = (what: string): void => {
    const notice = `${path}: ${what}`;
    jumps.push(notice);
    onNotice?.(notice);
  };
  const prefixed = new SteadyReader(new PrefixedReader(packets, reader), { onJump, clock: monotonicClock });
  return {
    name: basename(path),
    isLive: true,
    video: video?.codec as VideoCodec | undefined,
    audio: audio?.codec as AudioCodec | undefined,
    frameInterval: (video ?? packets.find(({ isHeader }) => isHeader !== true) ?? audio)!.duration,
    duration: undefined,
    get notices() {
      return [...parser.notices.map((notice) => `${path}: ${notice}`), ...jumps];
    },
    losses: () => (parser.losses ?? []).map((loss) => `${path}: ${loss}`),
    close: () => reader.close(),
    open: () => (video !== undefined && audio !== undefined ? new InterleaveReader(prefixed) : prefixed),
  };
}

/** Up to the first packet of each track, or of one when the other does not come. */
async function firstPackets(reader: PacketReader, both: boolean): Promise<SourcePacket[]> {
  const packets: SourcePacket[] = [];
  const kinds = new Set<string>();
  while (kinds.size < (both ? 2 : 1)) {
    const packet = reader.next();
    if (packet !== undefined) {
      packets.push({ ...packet });
      kinds.add(packet.kind);
      if (packet.dts - packets[0]!.dts >= PROBE_DURATION) break;
    } else if (reader.ended && packets.length > 0) {
      break;
    } else {
      await reader.more();
    }
  }
  return packets;
}
