import type { ColourDescription } from '../colour/colour-description.js';
import type { VideoParameters } from '../parameters.js';

/** The parts of a FrameTrack that AV1 and VP9 do each in its own way: samples go into tags as they come. */
export interface FrameCodec {
  /**
   * Takes a configuration record that the caller gives beside the packets, if the codec needs it. Throws
   * MuxerError.
   */
  configure(record: Uint8Array): void;
  /** Looks at a packet that is not encrypted, and takes its configuration. Throws MuxerError. */
  inspect(data: Uint8Array): void;
  /** True when decoding can start at the packet that was inspected last. */
  readonly keyFrame: boolean;
  /** Offset of the sample in that packet; bytes before it do not belong into a container. */
  readonly sampleStart: number;
  /** True when that packet holds a frame at all. */
  readonly hasFrame: boolean;
  /** The configuration record; undefined before the first. */
  readonly configuration: Uint8Array | undefined;
  readonly parameters: VideoParameters | undefined;
  readonly colour: ColourDescription | undefined;
}
