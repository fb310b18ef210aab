import { basename } from 'node:path';
import { CloudPushError } from '@cloudpush/engine';
import {
  type MediaSource,
  SteadyReader,
  sourceError,
  sourceErrorCodes,
  unreadable,
} from '@cloudpush/engine/sources';
import type { AudioCodec, VideoCodec } from '@cloudpush/muxer';
import {
  EncodedPacketSink,
  Input,
  type InputTrack,
  Logging,
  LogLevel,
  MATROSKA,
  MP4,
  MPEG_TS,
  QTFF,
  WEBM,
} from 'mediabunny';
import { ContainerReader, type OpenContainer } from './container-reader.js';
import { guardedFile } from './guarded-file.js';
import { checkSampleTables } from './sample-tables.js';
import type { PushableTrack } from './track-reader.js';
import { isCutStream } from './transport-packets.js';

/** A container's media, with the decoder configurations of its tracks. */
export interface ContainerSource extends MediaSource {
  /**
   * `avcC` or `hvcC`: NAL units have their lengths in front; undefined: they have start codes, or the codec
   * has no record.
   */
  readonly videoConfig: Uint8Array | undefined;
  /** AudioSpecificConfig, `OpusHead` or `fLaC` header; undefined: frames bring it along. */
  readonly audioConfig: Uint8Array | undefined;
}

/** Its warnings are for its developers: what matters to a user is in the notices. */
Logging.level = LogLevel.Silent;

const FORMATS = [MP4, QTFF, MATROSKA, WEBM, MPEG_TS];

/** Codecs as mediabunny calls them, and as we do. */
const VIDEO: Readonly<Record<string, VideoCodec>> = { avc: 'h264', hevc: 'h265', av1: 'av1', vp9: 'vp9' };
const AUDIO: Readonly<Record<string, AudioCodec>> = {
  aac: 'aac',
  mp3: 'mp3',
  opus: 'opus',
  flac: 'flac',
  ac3: 'ac3',
  eac3: 'eac3',
  alaw: 'g711a',
  ulaw: 'g711u',
};

/** A packet is taken for so long, in ms, when its track does not tell. */
const FRAME_INTERVAL = 40;

/** MP4 and QuickTime files mostly have the table of their tracks at the end. */
const NO_TRACKS =
  'it names no tracks: it is cut off, or its recording was not finished; record or copy it again';

/** A file that ends so long before the duration that it names is cut off, in s: durations are rounded. */
const LEAST_GAP = 0.5;

/**
 * Tells whether a file's content is MP4, QuickTime, Matroska, WebM or MPEG-TS. False where it cannot be read.
 */
export async function isContainer(path: string): Promise<boolean> {
  const input = new Input({ formats: FORMATS, source: guardedFile(path) });
  try {
    return await input.canRead();
  } catch {
    return false;
  } finally {
    input.dispose();
  }
}

/**
 * Opens an MP4, QuickTime, Matroska, WebM or MPEG-TS file. It is read as it is sent.
 * @throws CloudPushError `ERR_CLOUDPUSH_SOURCE_…`: names the file, and what is wrong with it.
 */
export async function openContainer(path: string): Promise<ContainerSource> {
  const toError = (error: unknown): Error => containerError(path, error);
  try {
    await checkSampleTables(path);
    const { tracks, notices, duration, frameInterval, close } = await openTracks(path);
    close();
    const video = tracks.find(({ kind }) => kind === 'video');
    const audio = tracks.find(({ kind }) => kind === 'audio');
    const onJump = (what: string): void => {
      const notice = `${path}: ${what}`;
      // A loop has it again in each pass.
      if (!notices.includes(notice)) notices.push(notice);
    };
    return {
      name: basename(path),
      video: video?.codec as VideoCodec | undefined,
      audio: audio?.codec as AudioCodec | undefined,
      videoConfig: video?.configuration,
      audioConfig: audio?.configuration,
      frameInterval,
      duration,
      notices,
      open: () => new SteadyReader(new ContainerReader(() => openTracks(path), toError), { onJump }),
    };
  } catch (error) {
    throw toError(error);
  }
}

interface OpenedTracks extends OpenContainer {
  readonly notices: string[];
  /** ms. */
  readonly duration: number;
  /** ms between two pictures. */
  readonly frameInterval: number;
}

async function openTracks(path: string): Promise<OpenedTracks> {
  const input = new Input({ formats: FORMATS, source: guardedFile(path) });
  try {
    const notices: string[] = [];
    const video = await pushable(await input.getPrimaryVideoTrack(), path, notices);
    const audio = await pushable(await input.getPrimaryAudioTrack(), path, notices);
    const tracks = [video, audio].filter((track) => track !== undefined);
    if (tracks.length === 0) {
      const reasons = notices.map((notice) => notice.slice(`${path}: `.length));
      const hasTracks = (await input.getTracks()).length > 0;
      const what = hasTracks ? ['no track of it can be pushed', ...reasons].join('; ') : NO_TRACKS;
      throw sourceError(sourceErrorCodes.empty, path, what);
    }
    const start = await input.getFirstTimestamp();
    const end = await input.computeDuration();
    const duration = Math.max(0, end - start) * 1000;
    const promised = (await input.getDurationFromMetadata()) ?? end;
    if (promised - end > LEAST_GAP)
      notices.push(`${path}: the file is cut off: it has ${end.toFixed(1)} s of ${promised.toFixed(1)} s`);
    else if (tracks.some(({ isCut }) => isCut))
      notices.push(`${path}: the file is cut off: it has not all of its ${end.toFixed(1)} s`);
    else if ((await input.getFormat()) === MPEG_TS && (await isCutStream(path)))
      notices.push(`${path}: the file is cut off, in the middle of a packet, after ${end.toFixed(1)} s`);
    const frameInterval = await intervalOf(video ?? audio);
    return { tracks, notices, duration, frameInterval, close: () => input.dispose() };
  } catch (error) {
    input.dispose();
    throw error;
  }
}

/** Undefined, with a notice, where nothing can be done with the track's codec. */
async function pushable(
  track: InputTrack | null,
  path: string,
  notices: string[],
): Promise<PushableTrack | undefined> {
  if (track === null) return undefined;
  const kind = track.isVideoTrack() ? 'video' : 'audio';
  const codec = (kind === 'video' ? VIDEO : AUDIO)[track.codec ?? ''];
  if (codec === undefined) {
    const name = track.codec ?? String(track.internalCodecId ?? 'unknown');
    notices.push(`${path}: the ${kind} track is left out: its codec, ${name}, does not go over RTMP`);
    return undefined;
  }
  const config = await (track.isVideoTrack() || track.isAudioTrack() ? track.getDecoderConfig() : null);
  const last = await new EncodedPacketSink(track).getPacket(Number.POSITIVE_INFINITY);
  return { kind, codec, track, configuration: bytesOf(config?.description), isCut: last === null };
}

function bytesOf(description: ArrayBufferLike | ArrayBufferView | undefined): Uint8Array | undefined {
  if (description === undefined) return undefined;
  return ArrayBuffer.isView(description)
    ? Uint8Array.from(new Uint8Array(description.buffer, description.byteOffset, description.byteLength))
    : Uint8Array.from(new Uint8Array(description));
}

async function intervalOf(track: PushableTrack | undefined): Promise<number> {
  const rate = (await track?.track.computePacketStats(30))?.averagePacketRate;
  return rate !== undefined && Number.isFinite(rate) && rate > 0 ? 1000 / rate : FRAME_INTERVAL;
}

function containerError(path: string, error: unknown): Error {
  if (error instanceof CloudPushError) return error;
  if (error instanceof Error && 'code' in error && typeof error.code === 'string')
    return unreadable(path, error);
  const what = `the file is damaged, or not what its name says: ${error instanceof Error ? error.message : error}`;
  return sourceError(sourceErrorCodes.invalid, path, what, { cause: error });
}
