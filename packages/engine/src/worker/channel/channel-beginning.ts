import type { MuxerResumption } from '@cloudpush/muxer';

/** Start of a channel on its shard. */
export interface ChannelBeginning {
  /** The stream that was begun on another shard. */
  readonly resume: MuxerResumption | undefined;
  /** True: a destination is on its way, and the channel does not end before it has come. */
  readonly expectsDestination: () => boolean;
}
