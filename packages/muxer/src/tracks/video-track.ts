import type { FlvTag } from '../flv/flv-tag.js';
import type { MediaPacket } from '../media-packet.js';
import type { VideoParameters } from '../parameters.js';
import type { ColorInfoSender } from './color-info-sender.js';

/** A video track of any codec. */
export interface VideoTrack {
  /** Appends the packet's tags to `out`, or throws MuxerError. */
  mux(packet: MediaPacket, out: FlvTag[]): void;
  /** Names the picture that waits for more of its slices: another number for each; 0: none waits. */
  readonly heldPicture: number;
  /** Appends the tags of that picture: it is whole. */
  flush(out: FlvTag[]): void;
  /** Fresh copies of the last sequence header and of what else must come before a first picture. */
  sequenceHeaders(timestamp: number): FlvTag[];
  /** A picture was lost before it came here: those that refer to it are refused, up to the next key frame. */
  awaitKeyFrame(): void;
  /**
   * The next stream begins: with a key frame, and with times of its own. What parameter sets have told stays
   * known.
   */
  restart(): void;
  readonly parameters: VideoParameters | undefined;
  readonly colorInfo: ColorInfoSender;
}
