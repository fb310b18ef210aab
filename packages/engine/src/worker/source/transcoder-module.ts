import type { AudioCodec } from '@cloudpush/muxer';

/** One audio frame of a source, as it came. */
export interface SourceAudioFrame {
  readonly data: Uint8Array;
  /** Time of its first sample in ms, on a clock of any origin. A step of the times is a gap. */
  readonly pts: number;
}

/** One AAC frame. */
export interface TranscodedFrame {
  /** The raw frame, without an ADTS header. It must stay as it is until the next one is asked for. */
  readonly data: Uint8Array;
  /**
   * Time of the first sample that a decoder makes of it, in ms, on the clock of the frames that were taken:
   * what the encoder puts in front (its priming) is taken off.
   */
  readonly pts: number;
  /** The AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1); the same array while it is the same. */
  readonly configuration: Uint8Array;
}

/** The sound that a transcoder is given, and its surroundings. */
export interface AudioTranscoderContext {
  /** The `options` beside `transcode`, as the caller has given them. */
  readonly options: unknown;
  /** Fires when the sound is not wanted any more: let go of everything then. */
  readonly signal: AbortSignal;
  /** The codec of the frames. */
  readonly codec: AudioCodec;
  /** Samples a second, as the source tells; undefined: it does not, or its frames do. */
  readonly sampleRate: number | undefined;
  /** Channels, as the source tells; undefined: it does not, or its frames do. */
  readonly channels: number | undefined;
  /**
   * The frames of the source, for one reader. They are held until they are taken, 256 of them and 256 KiB at
   * most: more of a camera are lost, and a file waits. They end with the source: what the encoder still holds
   * is to be given out then.
   */
  readonly frames: AsyncIterable<SourceAudioFrame>;
}

/** The function that a transcoder module exports, by the name `transcodeAudio`. */
export type TranscodeAudio = (context: AudioTranscoderContext) => AsyncIterable<TranscodedFrame>;
