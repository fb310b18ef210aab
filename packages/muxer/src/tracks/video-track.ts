import type { VideoFacts } from '../facts.js';
import type { FlvTag } from '../flv/flv-tag.js';
import type { MediaPacket } from '../media-packet.js';
import type { ColorInfoSender } from './color-info-sender.js';

/** What the muxer asks of a video track of any codec. */
export interface VideoTrack {
  /** Appends the packet's tags to `out`, or throws MuxerError. */
  mux(packet: MediaPacket, out: FlvTag[]): void;
  /** A fresh copy of the last sequence header. */
  sequenceHeader(timestamp: number): FlvTag | undefined;
  readonly facts: VideoFacts | undefined;
  readonly colorInfo: ColorInfoSender;
}
