import type { AudioCodec, VideoCodec } from '@cloudpush/muxer';
import { type SourceConfig, sendsOwnAudio, transcodingOf } from '../../options/source-config.js';
import type { MediaSink } from '../../sources/rtsp/depacketize/media-sink.js';
import type { TrackDescription } from '../../sources/rtsp/sdp/track-description.js';
import type { TrackWriter } from './track-writer.js';

/**
 * In front of each NAL unit (ISO/IEC 14496-10 Annex B): the muxer turns it into the length, where it stands.
 */
const START_CODE = Uint8Array.of(0, 0, 0, 1);
/** FLV has G.711 at this sampling frequency, in one channel, only. */
const G711_RATE = 8000;

/** Writes the pictures of a camera. */
export class VideoSink implements MediaSink {
  readonly #writer: TrackWriter;

  constructor(writer: TrackWriter) {
    this.#writer = writer;
  }

  /** Of AAC only. */
  configure(): void {}

  begin(): void {
    this.#writer.begin();
  }

  beginNalUnit(): void {
    this.#writer.append(START_CODE, 0, START_CODE.length);
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    this.#writer.append(bytes, start, end);
  }

  end(pts: number, keyFrame: boolean): void {
    this.#writer.end(pts, keyFrame);
  }

  abort(): void {
    this.#writer.abort();
  }
}

/** Writes the sound of a camera. */
export class AudioSink implements MediaSink {
  /** Of AAC: its AudioSpecificConfig. */
  configuration: Uint8Array | undefined;
  #writer: TrackWriter | undefined;

  /** Its receiver. */
  set writer(writer: TrackWriter) {
    this.#writer = writer;
  }

  configure(audioSpecificConfig: Uint8Array): void {
    // Another array is another configuration, and the bytes may be anybody's after the call.
    this.configuration = Uint8Array.from(audioSpecificConfig);
  }

  begin(): void {
    this.#writer?.begin();
  }

  /** Of video only. */
  beginNalUnit(): void {}

  append(bytes: Uint8Array, start: number, end: number): void {
    this.#writer?.append(bytes, start, end);
  }

  end(pts: number, keyFrame: boolean): void {
    this.#writer?.end(pts, keyFrame);
  }

  abort(): void {
    this.#writer?.abort();
  }
}

/** Tracks of a camera that are sent, each with its form. */
export interface ChosenTracks {
  readonly video: { readonly index: number; readonly codec: VideoCodec } | undefined;
  readonly audio:
    | {
        readonly index: number;
        readonly codec: AudioCodec;
        readonly sampleRate: number;
        readonly channels: number | undefined;
      }
    | undefined;
  /** Reasons why a track is left out. */
  readonly notes: readonly string[];
}

/** The first video and the first sound track of codecs that FLV has, or that are transcoded. */
export function chooseTracks(
  tracks: readonly TrackDescription[],
  audio: SourceConfig['audio'],
): ChosenTracks {
  const notes: string[] = [];
  let videoTrack: ChosenTracks['video'];
  let audioTrack: ChosenTracks['audio'];
  const wantsAudio = sendsOwnAudio(audio);
  for (const track of tracks) {
    const { index, kind } = track;
    if (kind === 'video' && videoTrack === undefined) {
      const codec = videoCodecOf(track);
      if (codec === undefined) notes.push(reasonOf(track));
      else videoTrack = { index, codec };
    } else if (kind === 'audio' && audioTrack === undefined && wantsAudio) {
      const codec = audioCodecOf(track);
      if (codec === undefined || !(isInFlv(track) || transcodingOf(audio, codec)))
        notes.push(reasonOf(track));
      else audioTrack = { index, codec, sampleRate: track.clockRate, channels: channelsOf(track) };
    }
  }
  return { video: videoTrack, audio: audioTrack, notes };
}

function videoCodecOf({ format }: TrackDescription): VideoCodec | undefined {
  return format.codec === 'h264' || format.codec === 'h265' ? format.codec : undefined;
}

function audioCodecOf({ format }: TrackDescription): AudioCodec | undefined {
  if (format.codec === 'aac') return 'aac';
  if (format.codec === 'pcma') return 'g711a';
  return format.codec === 'pcmu' ? 'g711u' : undefined;
}

function channelsOf({ format }: TrackDescription): number | undefined {
  return 'channels' in format ? format.channels : undefined;
}

function isInFlv({ format, clockRate }: TrackDescription): boolean {
  return !('channels' in format) || (clockRate === G711_RATE && format.channels === 1);
}

function reasonOf({ kind, format, clockRate }: TrackDescription): string {
  if (format.codec === 'unsupported')
    return `the camera's ${kind} is left out: ${format.encoding}: ${format.reason}`;
  return `the camera's ${kind} is left out: FLV has no ${format.codec} of ${clockRate} Hz`;
}
