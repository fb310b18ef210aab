import type { PacketFrames } from './packet-frames.js';

/** The parts of an EnhancedAudioTrack that Opus, FLAC, AC-3 and E-AC-3 do each in its own way. */
export interface AudioFormat {
  readonly codec: 'opus' | 'flac' | 'ac3' | 'eac3';
  /** The FourCC as a number. */
  readonly fourCc: number;
  /** True for a codec whose streams have a header. */
  readonly hasStreamHeader: boolean;
  /** Takes the packet when it is a stream header and no sound; true: it was one. Throws MuxerError. */
  takeStreamHeader(data: Uint8Array): boolean;
  /** Finds the frames of a packet. Throws MuxerError when there are none. */
  find(data: Uint8Array, frames: PacketFrames): void;
  /** Looks at the frame at data[offset]: length, samples, rate, channels. Throws MuxerError. */
  readFrame(data: Uint8Array, offset: number, encrypted: boolean): void;
  readonly frameLength: number;
  /** Samples of one channel in that frame. */
  readonly samples: number;
  readonly sampleRate: number;
  readonly channels: number;
  readonly sampleSize: number;
  /** Samples of a frame, as far as the stream header or the frame at hand tells. */
  readonly samplesPerFrame: number | undefined;
  /** Content of the sequence header; undefined for a codec that has none. */
  readonly configuration: Uint8Array | undefined;
}
