import type { ErrorClass, TriggerType } from '@cloudpush/engine';

/**
 * State of the gateway, its channels, their sources and their destinations: plain data, which may be sent to
 * another thread or written as JSON as it is. It holds no secret: URLs are without user info, query and
 * stream key.
 */

/**
 * `starting`: not yet streaming since its start · `online`: the source streams and every destination
 * publishes, or, in event mode, the source streams and the destinations wait for an event · `degraded`:
 * something is wrong, and pictures reach at least one destination · `offline`: no pictures reach any
 * destination · `disabled`: stopped by the operator.
 */
export type ChannelStatus = 'starting' | 'online' | 'degraded' | 'offline' | 'disabled';

/**
 * `idle`: not wanted, as the channel is disabled, waits for its turn, or all its destinations are refused ·
 * `stalled`: connected and silent, or without pictures · `ended`: a file or command came to its end ·
 * `failed`: given up, as with a wrong password; a restart, or a new configuration, tries again.
 */
export type SourceStatus = 'idle' | 'connecting' | 'streaming' | 'stalled' | 'retrying' | 'ended' | 'failed';

/**
 * `idle`: the channel is not running, or waits for an event · `paused`: publishing, and the server takes less
 * than comes: media is dropped or waits · `refused`: the server said no and another attempt cannot mend it;
 * tried again at long intervals · `spooling`: the server is away and media goes to disk · `backfilling`: what
 * was spooled is being sent.
 */
export type DestinationStatus =
  | 'idle'
  | 'connecting'
  | 'publishing'
  | 'paused'
  | 'retrying'
  | 'refused'
  | 'spooling'
  | 'backfilling'
  | 'closed';

/** The latest error of something; it stays after the trouble is over. */
export interface ErrorState {
  /** `ERR_CLOUDPUSH_…` */
  readonly code: string;
  /** Without secrets. */
  readonly message: string;
  /** ms since 1970. */
  readonly at: number;
}

interface Standing<Status> {
  readonly state: Status;
  /** Since when, in ms since 1970. */
  readonly since: number;
  readonly lastError?: ErrorState | undefined;
  /** Number of attempts in a row that have failed; 0 while all is well. */
  readonly attempt: number;
  /** Time at which the next attempt is made, in ms since 1970; undefined when none is waited for. */
  readonly nextRetryAt?: number | undefined;
}

/** Counts of a source since the gateway began; numbers only grow. */
export interface SourceCounters {
  readonly bytesReceived: number;
  readonly videoFrames: number;
  readonly audioFrames: number;
  readonly rtpPackets: number;
  readonly rtpLost: number;
  readonly rtpReordered: number;
  readonly rtpDuplicates: number;
  readonly damagedPictures: number;
  /** Frames for which the pool had no room. */
  readonly framesRefused: number;
  readonly reconnects: number;
}

export type SourceKind = 'rtsp' | 'file' | 'command' | 'module';

export interface SourceState extends Standing<SourceStatus> {
  readonly kind: SourceKind;
  /** Origin: URL, path or program, without secrets. */
  readonly place: string;
  readonly counters: SourceCounters;
  /** ms; undefined where there is no RTP. */
  readonly jitter?: number | undefined;
  /** Codecs and their parameters, as the engine describes them; undefined before the source has connected. */
  readonly tracks?: Readonly<Record<string, unknown>> | undefined;
  /** The channel's `offline` file is sent in its place. */
  readonly fallback?: boolean | undefined;
  /** Notes since it connected, one sentence each: a track that is left out, a file that is cut off. */
  readonly warnings?: readonly string[] | undefined;
  /** Time at which the last frame came, in ms since 1970, to about a second; undefined before the first. */
  readonly lastFrameAt?: number | undefined;
}

/** Counts of a destination since the gateway began; numbers only grow. */
interface DestinationCounters {
  readonly bytesSent: number;
  readonly videoFrames: number;
  readonly audioFrames: number;
  readonly dataMessages: number;
  readonly droppedDisposable: number;
  readonly droppedPictures: number;
  readonly droppedUndecodable: number;
  readonly droppedAudio: number;
  readonly lostPictures: number;
  readonly lostAudio: number;
  readonly reconnects: number;
  readonly moves: number;
  /** Bytes and ms of media of the disk spool. */
  readonly spooledBytes: number;
  readonly spooledMs: number;
  readonly spoolSentBytes: number;
  readonly spoolSentMs: number;
  readonly spoolExpiredBytes: number;
  readonly spoolExpiredMs: number;
  readonly spoolLostBytes: number;
  /** Failed attempts and lost connections by the class of their error. */
  readonly connectErrors: Readonly<Record<ErrorClass, number>>;
}

/** Media that a destination keeps on disk. */
export interface SpoolState {
  /** Media that has yet to be sent, in ms. */
  readonly behindMs: number;
  /** Until it has been sent at the present rate, in ms; undefined: nobody knows. */
  readonly doneInMs?: number | undefined;
  readonly bytes: number;
  readonly gaps: number;
  /** Bits a second at which it is being sent. */
  readonly backfillRate: number;
  /** The disk has failed. */
  readonly isOff: boolean;
}

export interface DestinationState extends Standing<DestinationStatus> {
  readonly name: string;
  /** `rtmp[s]://host/app/…` without secrets, or the name of the device that the token server is asked for. */
  readonly place: string;
  /** Without port: what failures are grouped by. Undefined where the token server names it. */
  readonly host?: string | undefined;
  readonly counters: DestinationCounters;
  /** Bits a second that the kernel accepts. */
  readonly bitRate: number;
  readonly queuedBytes: number;
  /** ms */
  readonly queuedMs: number;
  readonly unacknowledgedBytes?: number | undefined;
  /** Of its disk spool; undefined: it has none, or there is no connection. */
  readonly spool?: SpoolState | undefined;
  /** Time that each stage of the latest connect took, in ms. */
  readonly timings?: Readonly<Record<string, number>> | undefined;
}

/** The event that an event-mode channel is recording. */
export interface EventState {
  /** Trigger that the recording is for now. */
  readonly trigger: TriggerType | number;
  /** Time at which the event began, pre-roll not counted, in ms since 1970. */
  readonly since: number;
  /**
   * Time at which it ends if nothing else happens, in ms since 1970; undefined while a trigger holds it open.
   */
  readonly endsAt?: number | undefined;
}

export interface ChannelState {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly mode: 'continuous' | 'event';
  readonly state: ChannelStatus;
  /** ms since 1970. */
  readonly since: number;
  /** Of the source or a destination, whichever failed last. */
  readonly lastError?: ErrorState | undefined;
  /** Changes with the channel's configuration: an entity tag, without quotes. */
  readonly revision: string;
  readonly source: SourceState;
  readonly destinations: readonly DestinationState[];
  /** Undefined when nothing is being recorded. */
  readonly event?: EventState | undefined;
  /** Events recorded since the gateway began. */
  readonly events: number;
  readonly paused: boolean;
  readonly pauses: number;
  readonly pausedMs: number;
  /** The node of the cluster that has it; undefined: there is no cluster. */
  readonly node?: string | undefined;
}

/** Origin of the configuration, and the result of the last attempt to read it. */
export interface ConfigurationState {
  readonly file: string;
  /** Changes with the configuration that is in force. */
  readonly revision: string;
  /** Time at which that was read, in ms since 1970. */
  readonly loadedAt: number;
  readonly lastReload: { readonly at: number; readonly successful: boolean };
  /** Faults of the file when the last reload failed: the configuration before it stays in force. */
  readonly faults: readonly ConfigurationFault[];
  /** Keys that have changed and that a restart of the program is needed for, such as `engine.poolSize`. */
  readonly restartNeeded: readonly string[];
}

/** One fault of a configuration. */
export interface ConfigurationFault {
  /** From 1; undefined when what is wrong stands in no file, as with a request. */
  readonly line?: number | undefined;
  readonly column?: number | undefined;
  /** Such as `channels.gate.rtspTransport`; empty: the whole. */
  readonly path: string;
  /** Says what is wrong and what is permitted, without secrets. */
  readonly message: string;
}

export interface EngineState {
  readonly poolSize: number;
  readonly poolBytesInUse: number;
  readonly shards: number;
  readonly channelsByShard: readonly number[];
  readonly maxConnections: number;
  /** From a packet's arrival to the kernel's acceptance, in ms. */
  readonly latency: Readonly<Record<string, number>>;
}

/** A node of the cluster, as it tells of itself. */
interface ClusterNodeState {
  readonly id: string;
  readonly state: 'up' | 'draining';
  /** Where its API answers. */
  readonly address?: string | undefined;
  readonly version: string;
  readonly capacity: number;
  /** Slots that it has. */
  readonly slots: number;
}

/** The cluster, as this node sees it. */
export interface ClusterState {
  readonly name: string;
  readonly node: string;
  /** `isolated`: the store does not answer, and what is connected goes on. */
  readonly state: 'joining' | 'up' | 'draining' | 'isolated' | 'fenced' | 'rejoining' | 'left';
  /** ms for which its lease lasts for sure. */
  readonly leaseRemaining: number;
  /** ms that the store took for the latest beat. */
  readonly storeLatency: number;
  /** Counted since the gateway began. */
  readonly claims: number;
  readonly moves: number;
  readonly fences: number;
  /** Slots of the cluster, those that this node has, and those that nobody has. */
  readonly slots: { readonly total: number; readonly own: number; readonly unclaimed: number };
  readonly nodes: readonly ClusterNodeState[];
}

export interface GatewayState {
  /** Undefined: the gateway stands by itself. */
  readonly cluster?: ClusterState | undefined;
  readonly version: string;
  /** ms since 1970. */
  readonly startedAt: number;
  /** Time at which this was taken, in ms since 1970. */
  readonly at: number;
  /** False from the moment the gateway was told to end. */
  readonly ready: boolean;
  readonly configuration: ConfigurationState;
  readonly engine: EngineState;
  /** In the order of the configuration. */
  readonly channels: readonly ChannelState[];
}
