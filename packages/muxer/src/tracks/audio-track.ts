import type { FlvTag } from '../flv/flv-tag.js';
import type { MediaPacket } from '../media-packet.js';
import type { AudioParameters } from '../parameters.js';

/** An audio track of any codec. */
export interface AudioTrack {
  /** Appends the packet's tags to `out`, or throws MuxerError. */
  mux(packet: MediaPacket, out: FlvTag[]): void;
  /** A fresh copy of the last sequence header; undefined for a codec that has none, and before the first. */
  sequenceHeader(timestamp: number): FlvTag | undefined;
  readonly parameters: AudioParameters | undefined;
}
