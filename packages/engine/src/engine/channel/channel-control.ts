import type { AudioCodec, VideoCodec } from '@cloudpush/muxer';
import type { ChannelCloseOptions } from '../../base/abort-signals.js';
import type { StreamMetadata } from '../../metadata/types.js';
import type { DestinationOptions } from '../../options/options.js';
import type { SourceOptions } from '../../options/source-options.js';
import type { TrackConfiguration } from '../../options/stream-config.js';
import type { SourceStats } from '../../stats/source-stats.js';
import type { ChannelStats } from '../../stats/stats.js';
import type { CloseReport } from '../close-report.js';
import type { Destination } from '../destination/destination.js';
import type { PacketSender } from './packet-sender.js';
import type { WriterChannel } from './write-queue.js';

/** Phase of a channel. */
export type ChannelState = 'connecting' | 'publishing' | 'closing' | 'closed';

/** The engine's side of a `Channel`: does what the caller asks of it. */
export interface ChannelControl extends WriterChannel {
  readonly id: number;
  readonly label: string | undefined;
  readonly state: ChannelState;
  readonly paused: boolean;
  readonly destinations: { readonly all: readonly Destination[] };
  addDestination(options: DestinationOptions): Destination;
  setSource(source: SourceOptions): void;
  sendMetadata(metadata: StreamMetadata, pts: number | undefined): boolean;
  connected(signal: AbortSignal | undefined): Promise<void>;
  writable(signal?: AbortSignal): Promise<void>;
  standingBy(signal?: AbortSignal): Promise<void>;
  beginWith(keyFrame: string): void;
  close(options: ChannelCloseOptions): Promise<CloseReport>;
  abort(reason: unknown): void;
  sourceStats(): SourceStats | undefined;
  stats(): ChannelStats;
}

/** The way of a channel's packets, and their codecs unless they say otherwise. */
export interface ChannelInput {
  readonly sender: PacketSender;
  readonly video: VideoCodec | 'none';
  readonly audio: AudioCodec | 'none';
  /** Undefined: access units of H.264 and H.265 have start codes. */
  readonly videoConfiguration: TrackConfiguration<VideoCodec> | undefined;
  /** The packets come from a source that the worker thread reads. */
  readonly hasSource: boolean;
}
