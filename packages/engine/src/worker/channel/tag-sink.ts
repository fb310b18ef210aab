import type { FlvTag, MuxerState } from '@cloudpush/muxer';
import type { PacketBlock } from './packet-block.js';
import type { SegmentMark } from './segment-tracker.js';
import type { StreamDescription } from './stream-metadata-tracker.js';

/** The receiver of the tags of a channel's stream. */
export interface TagSink {
  /** `description` is there when the tag brings a change of it. */
  offer(
    tag: FlvTag,
    block: PacketBlock,
    description: StreamDescription | undefined,
    mark: SegmentMark | undefined,
  ): void;
  /** A packet, or a frame of it, is no good: it does not go out. */
  refuse(error: unknown): void;
  /** A picture does not go out, because a key frame must come first. */
  skipPicture(): void;
  /** The state that another shard would need to go on with the stream has changed. */
  noteState(state: MuxerState): void;
  /** A picture that others refer to does not go out: they are of no use without it. */
  skipToKeyFrame(): void;
}

/**
 * A sink for what goes into no segment: tags go nowhere, and what is wrong with them is told as by `sink`.
 */
export function discardingSink(sink: TagSink): TagSink {
  return {
    offer: () => {},
    refuse: (error) => sink.refuse(error),
    skipPicture: () => {},
    noteState: (state) => sink.noteState(state),
    skipToKeyFrame: () => {},
  };
}
