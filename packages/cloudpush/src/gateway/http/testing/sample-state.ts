import type { ChannelState, DestinationState, GatewayState, SourceState } from '../../state.js';

/** Time at which everything in the samples began, in ms since 1970. */
export const BEGINNING = Date.UTC(2026, 0, 2, 3, 4, 5);

const source: SourceState = {
  kind: 'rtsp',
  place: 'rtsp://camera-1.example/101',
  state: 'streaming',
  since: BEGINNING,
  attempt: 0,
  counters: {
    bytesReceived: 1_000_000,
    videoFrames: 250,
    audioFrames: 430,
    rtpPackets: 1200,
    rtpLost: 3,
    rtpReordered: 2,
    rtpDuplicates: 1,
    damagedPictures: 4,
    framesRefused: 0,
    reconnects: 5,
  },
  jitter: 1.5,
  tracks: { video: { codec: 'h264', width: 1920, height: 1080 } },
  lastFrameAt: BEGINNING + 10_000,
};

const destination: DestinationState = {
  name: 'cloud',
  place: 'rtmp://cloud.example/live/…',
  host: 'cloud.example',
  state: 'publishing',
  since: BEGINNING,
  attempt: 0,
  counters: {
    bytesSent: 900_000,
    videoFrames: 240,
    audioFrames: 420,
    dataMessages: 1,
    droppedDisposable: 6,
    droppedPictures: 7,
    droppedUndecodable: 8,
    droppedAudio: 9,
    lostPictures: 10,
    lostAudio: 11,
    reconnects: 2,
    moves: 1,
    spooledBytes: 5000,
    spooledMs: 10_000,
    spoolSentBytes: 3000,
    spoolSentMs: 6000,
    spoolExpiredBytes: 400,
    spoolExpiredMs: 800,
    spoolLostBytes: 50,
    connectErrors: { retryable: 3, auth: 1, busy: 0, fatal: 0 },
  },
  bitRate: 2_000_000,
  queuedBytes: 4096,
  queuedMs: 40,
  unacknowledgedBytes: 12_345,
  timings: { dns: 1, tcp: 2, handshake: 3 },
};

/** A destination that publishes, but for what is given. */
export function sampleDestination(changes: Partial<DestinationState> = {}): DestinationState {
  return { ...destination, ...changes };
}

/** A channel that is online, but for what is given. */
export function sampleChannel(name: string, changes: Partial<ChannelState> = {}): ChannelState {
  return {
    name,
    labels: {},
    mode: 'continuous',
    state: 'online',
    since: BEGINNING,
    revision: 'r1',
    source,
    destinations: [destination],
    events: 0,
    paused: false,
    pauses: 2,
    pausedMs: 1500,
    ...changes,
  };
}

/** A gateway that is well, with these channels. */
export function sampleState(channels: readonly ChannelState[]): GatewayState {
  return {
    version: '1.2.3',
    startedAt: BEGINNING,
    at: BEGINNING + 60_000,
    ready: true,
    configuration: {
      file: 'gateway.yaml',
      revision: 'c1',
      loadedAt: BEGINNING,
      lastReload: { at: BEGINNING, successful: true },
      faults: [],
      restartNeeded: [],
    },
    engine: {
      poolSize: 1_000_000,
      poolBytesInUse: 250_000,
      shards: 2,
      channelsByShard: [3, 4],
      maxConnections: 400,
      latency: { count: 1000, p50: 1, p99: 5, p999: 9, max: 20 },
    },
    channels,
  };
}
