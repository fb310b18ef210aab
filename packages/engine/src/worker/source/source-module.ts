import type { AudioCodec, VideoCodec } from '@cloudpush/muxer';

/** The surroundings that a source module is given. */
export interface SourceModuleContext {
  /** The option `options` of the source, as the caller has given it. */
  readonly options: unknown;
  /** Fires when the source is closed: let go of everything then. */
  readonly signal: AbortSignal;
}

/** One access unit, or one audio frame. */
export interface SourceModulePacket {
  readonly kind: 'video' | 'audio';
  /**
   * As `sendVideo` and `sendAudio` take it; with `configuration`: NAL units with their lengths in front, or a
   * raw AAC frame. It must stay as it is until the next packet is asked for.
   */
  readonly data: Uint8Array;
  /** Presentation time in ms, on a clock of any origin that all packets of the source share. */
  readonly pts: number;
  /** Decoding time in ms. Default: derived from the presentation times. */
  readonly dts?: number | undefined;
  /** True for a picture that decoding can start with, as a hint. */
  readonly keyFrame?: boolean | undefined;
  /**
   * The track's `avcC`, `hvcC` or `av1C` record, AudioSpecificConfig, `OpusHead` or `fLaC` header; the same
   * array while it is the same.
   */
  readonly configuration?: Uint8Array | undefined;
}

/** The media of a source module. */
export interface SourceModuleStream {
  /** Left out: there are no pictures. */
  readonly video?: VideoCodec | undefined;
  /** Left out: there is no sound. */
  readonly audio?: AudioCodec | undefined;
  /**
   * `true`: packets come as they are made, and go out at once; none for a while means that the source is
   * lost. Default `false`: they are asked for when they are due, by their decoding times.
   */
  readonly live?: boolean | undefined;
  /**
   * Notes to an operator about the media, one sentence each, such as a track that is left out. What has not
   * been read when the source is opened may add to it.
   */
  readonly notices?: readonly string[] | undefined;
  /** In order of decoding time. Its end is the end of the source; an error is the loss of it. */
  readonly packets: AsyncIterable<SourceModulePacket> | Iterable<SourceModulePacket>;
}

/** The function that a source module exports, by the name `openSource`. */
export type OpenSourceModule = (
  context: SourceModuleContext,
) => SourceModuleStream | Promise<SourceModuleStream>;
