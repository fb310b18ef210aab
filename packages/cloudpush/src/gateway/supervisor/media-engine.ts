import type {
  ChannelEvents,
  ChannelOptions,
  ChannelStats,
  CloseReport,
  Destination,
  DestinationOptions,
  EngineStats,
  SourceOptions,
  SourceStats,
  StreamMetadata,
} from '@cloudpush/engine';

/** The part of the push engine that the supervisor stands on; tests have another one in its place. */
export interface MediaEngine {
  openChannel(options: ChannelOptions): MediaChannel;
  stats(): EngineStats;
}

export interface MediaChannel {
  readonly destinations: readonly MediaDestination[];
  addDestination(options: DestinationOptions): MediaDestination;
  /** Goes on with another source; destinations stay connected. */
  setSource(options: SourceOptions): void;
  /** Returns false when there is no room: nothing was taken. */
  sendMetadata(metadata: StreamMetadata): boolean;
  /** Waits for room; rejects when the channel takes nothing any more. */
  writeMetadata(metadata: StreamMetadata): Promise<void>;
  sourceStats(): SourceStats | undefined;
  stats(): ChannelStats;
  close(): Promise<CloseReport>;
  on<Name extends keyof ChannelEvents>(
    name: Name,
    listener: (...values: ChannelEvents[Name]) => void,
  ): unknown;
}

export type MediaDestination = Pick<
  Destination,
  'on' | 'stats' | 'close' | 'abort' | 'moveTo' | 'state' | 'queuedBytes' | 'queuedMs'
>;
