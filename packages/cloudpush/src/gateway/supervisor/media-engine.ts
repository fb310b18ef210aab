import type {
  ChannelCloseOptions,
  ChannelEvents,
  ChannelOptions,
  ChannelStats,
  CloseReport,
  Destination,
  DestinationOptions,
  EngineStats,
  SourceOptions,
  SourceStats,
  StandbyOptions,
  StreamMetadata,
} from '@cloudpush/engine';

/** The part of the push engine that the supervisor stands on; tests have another one in its place. */
export interface MediaEngine {
  openChannel(options: ChannelOptions): MediaChannel;
  openStandby(options: StandbyOptions): MediaChannel;
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
  /** Resolves when the source of a channel without a destination has delivered a key frame. */
  standingBy(): Promise<void>;
  /** The first destination begins with that key frame, as the report of another channel's end has it. */
  beginWith(keyFrame: string): void;
  close(options?: ChannelCloseOptions): Promise<CloseReport>;
  on<Name extends keyof ChannelEvents>(
    name: Name,
    listener: (...values: ChannelEvents[Name]) => void,
  ): unknown;
}

export type MediaDestination = Pick<
  Destination,
  'on' | 'stats' | 'close' | 'abort' | 'moveTo' | 'state' | 'queuedBytes' | 'queuedMs'
>;
