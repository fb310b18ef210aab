import type { AudioCodec, VideoCodec } from '@cloudpush/muxer';

/** Times of a packet on its session's clock, in ms, and what else is known of it. */
export interface OutputTimes {
  readonly pts: number;
  readonly dts?: number | undefined;
  readonly keyFrame?: boolean | undefined;
  readonly configuration?: Uint8Array | undefined;
  /** It was made of what was counted when it came. */
  readonly isTranscoded?: boolean | undefined;
}

/** The output of a session that reads its packets whole. */
export interface ReaderOutput {
  /** A packet was refused, and there is no room for it yet. */
  readonly isFull: boolean;
  /** A session begins. */
  begin(video: VideoCodec | undefined, audio: AudioCodec | 'silence' | undefined): void;
  /** False when there is no room: nothing was taken. */
  sendVideo(data: Uint8Array, times: OutputTimes): boolean;
  /** False when there is no room: nothing was taken. */
  sendAudio(data: Uint8Array, times: OutputTimes): boolean;
  /** An audio frame of so many bytes has come, and is transcoded. */
  countAudio(bytes: number): void;
  /** An audio frame could not be transcoded. */
  refuseAudio(): void;
}

/** The output of a fallback. */
export interface FallbackTarget {
  readonly isFull: boolean;
  beginFallback(video: VideoCodec | undefined, audio: AudioCodec | 'silence' | undefined): void;
  /** False when there is no room: nothing was taken. */
  sendFallbackVideo(data: Uint8Array, times: OutputTimes): boolean;
  /** False when there is no room: nothing was taken. */
  sendFallbackAudio(data: Uint8Array, times: OutputTimes): boolean;
}

/** The tracks of a session. */
export interface OutputTracks {
  readonly video: VideoCodec | undefined;
  readonly audio: AudioCodec | 'silence' | undefined;
}

/** The listener of an output. */
export interface OutputHandler {
  /** There is room for what was refused. */
  onRoom(): void;
  /** A fallback covers for the source until its first packet. */
  readonly isCovered: boolean;
  /** The source writes from now on: a fallback must not. */
  onTakeOver(): void;
}
