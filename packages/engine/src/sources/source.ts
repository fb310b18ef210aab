import type { AudioCodec, VideoCodec } from '@cloudpush/muxer';
import type { PacketReader } from './reader.js';

/** Encoded media that can be read as often as wanted: what a channel pushes. */
export interface MediaSource {
  /** The name people see: the files' names. */
  readonly name: string;
  /**
   * It comes once, as it is made: it is opened once, and can neither be looped nor be read by several
   * channels.
   */
  readonly isLive?: boolean;
  readonly video: VideoCodec | undefined;
  readonly audio: AudioCodec | undefined;
  /**
   * ms between two pictures (between two audio frames when there is no video): channels start spread over it.
   */
  readonly frameInterval: number;
  /** ms from the start of the first packet to the end of the last, when the source has been read whole. */
  readonly duration: number | undefined;
  /**
   * Notes to the user about the media read so far, one sentence each, such as a frame rate that had to be
   * assumed. What has not been read when the source is opened may add to it.
   */
  readonly notices: readonly string[];
  /** Media lost so far because the input is damaged; left out: none can be. */
  readonly losses?: () => readonly string[];
  /** Gives back what was opened to look at it, where that is still open. */
  close?(): Promise<void>;
  /** Starts to read from the first packet. */
  open(): PacketReader;
}
