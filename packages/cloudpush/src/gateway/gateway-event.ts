import type { ChannelStatus } from './state.js';

type GatewayEventType =
  | 'channelState'
  | 'channelAdded'
  | 'channelChanged'
  | 'channelRemoved'
  | 'sourceConnected'
  | 'sourceLost'
  | 'sourceStalled'
  | 'sourceWarning'
  | 'sourceEnded'
  | 'destinationConnected'
  | 'destinationLost'
  | 'destinationMoved'
  | 'destinationClosed'
  | 'destinationRefused'
  | 'gapOpened'
  | 'gapSent'
  | 'gapKept'
  | 'gapExpired'
  | 'gapLost'
  | 'triggerReady'
  | 'triggerLost'
  | 'eventStarted'
  | 'eventChanged'
  | 'eventEnded'
  | 'segmentEnded'
  | 'problem'
  | 'configurationLoaded'
  | 'configurationRejected'
  | 'stopping'
  | 'clusterJoined'
  | 'clusterLost'
  | 'clusterDraining'
  | 'nameBusy';

/** Something that happened: a line of the event log. */
export interface GatewayEvent {
  /** Grows by one with each event; starts at 1 with the program. */
  readonly id: number;
  /** ms since 1970. */
  readonly at: number;
  readonly type: GatewayEventType;
  readonly level: 'info' | 'warn' | 'error';
  readonly channel?: string | undefined;
  readonly destination?: string | undefined;
  /** One sentence for people, without secrets. */
  readonly message: string;
  /** `ERR_CLOUDPUSH_…` when an error is told. */
  readonly code?: string | undefined;
  /** The new state, with `channelState`. */
  readonly state?: ChannelStatus | undefined;
}

/** An event before the log gives it its number and time. */
export type EventFields = Omit<GatewayEvent, 'id' | 'at'>;
