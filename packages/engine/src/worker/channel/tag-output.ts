import type { FlvTag, MuxerState } from '@cloudpush/muxer';
import type { ShardContext } from '../shard-context.js';
import type { ChannelMuxer } from './channel-muxer.js';
import type { ChannelProblems } from './channel-problems.js';
import type { FanOut } from './fan-out.js';
import type { PacketBlock } from './packet-block.js';
import type { SegmentMark } from './segment-tracker.js';
import type { StreamDescription } from './stream-metadata-tracker.js';
import type { TagSink } from './tag-sink.js';
import type { TrackWait } from './track-wait.js';

/** The parts of a channel that its tags pass, or are told to. */
interface TagOutputParts {
  /** The channel's number. */
  readonly channel: number;
  readonly context: Pick<ShardContext, 'report'>;
  readonly fanOut: FanOut;
  readonly muxer: Pick<ChannelMuxer, 'hasVideo' | 'hasAudio'>;
  readonly problems: ChannelProblems;
  readonly tracks: TrackWait;
}

/** Hands the tags of a channel's stream to its destinations. */
export class TagOutput implements TagSink {
  readonly #parts: TagOutputParts;
  readonly #fanOut: FanOut;

  constructor(parts: TagOutputParts) {
    this.#parts = parts;
    this.#fanOut = parts.fanOut;
  }

  offer(
    tag: FlvTag,
    block: PacketBlock,
    description: StreamDescription | undefined,
    mark: SegmentMark | undefined,
  ): void {
    // The room in front of a tag has place for one connection's chunk header.
    const offered = this.#fanOut.isFanOut ? tag.shared() : tag;
    for (const taker of this.#fanOut.list) taker.offer(offered, block, description, mark);
    // Behind it: what the stream begins with is looked for in the queues.
    if (description !== undefined) this.#noteTracks();
  }

  refuse(error: unknown): void {
    this.#parts.problems.refuse(error);
  }

  skipPicture(): void {
    for (const taker of this.#fanOut.list) taker.skipPicture();
  }

  noteState(state: MuxerState): void {
    const { context, channel } = this.#parts;
    context.report({ type: 'stream', channel, state });
  }

  skipToKeyFrame(): void {
    for (const taker of this.#fanOut.list) taker.backlog.skipToKeyFrame();
  }

  #noteTracks(): void {
    const { tracks, muxer } = this.#parts;
    tracks.note(muxer.hasVideo, muxer.hasAudio);
  }
}
