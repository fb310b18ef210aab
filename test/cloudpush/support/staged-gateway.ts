import type { GatewayEvent } from '../../../packages/cloudpush/dist/gateway/gateway-event.js';
import { FakeGateway } from '../../../packages/cloudpush/dist/gateway/http/testing/fake-gateway.js';
import {
  sampleChannel,
  sampleDestination,
  sampleState,
} from '../../../packages/cloudpush/dist/gateway/http/testing/sample-state.js';
import type {
  ChannelState,
  ClusterState,
  DestinationState,
  ErrorState,
  GatewayState,
  SourceState,
} from '../../../packages/cloudpush/dist/gateway/state.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const FRAME_RATE = 25;

const places = ['gate', 'door', 'yard', 'lobby', 'dock', 'stairs', 'garage', 'roof'];
const sites = ['north', 'south', 'harbour'];

/** State of a channel of the stage: well, or troubled in one of the ways that operators meet. */
type Role = 'well' | 'refused' | 'lost' | 'frozen' | 'slow' | 'event' | 'off';

/** One of each trouble on a small stage; on a large one, troubles that many share. */
function roleOf(index: number, count: number): Role {
  if (count <= places.length)
    return (['well', 'refused', 'well', 'lost', 'well', 'slow', 'event', 'off'] as const)[index]!;
  if (index % 16 === 3) return 'refused';
  if (index % 60 === 7) return 'lost';
  if (index % 125 === 9) return 'frozen';
  if (index % 125 === 11) return 'slow';
  if (index % 50 === 13) return 'off';
  return index % 40 === 17 ? 'event' : 'well';
}

function nameOf(index: number, count: number): string {
  const place = places[index % places.length]!;
  return count <= places.length
    ? place
    : `${place}-${String(Math.floor(index / places.length) + 1).padStart(2, '0')}`;
}

/**
 * A gateway without an engine, whose channels seem to run: counters grow with time, some cameras and
 * servers are in trouble.
 */
export class StagedGateway extends FakeGateway {
  readonly #began = Date.now();
  readonly #count: number;
  /** Undefined: it stands by itself. Its channels are on the nodes in turn. */
  cluster: ClusterState | undefined;

  /** @param count how many channels there are */
  constructor(count: number) {
    super();
    this.#count = count;
    this.begin(Array.from({ length: count }, (_, index) => this.#channel(index)));
    this.log.push(...this.#events());
  }

  override snapshot(): GatewayState {
    for (let index = 0; index < this.#count; index++) {
      const { name, revision, state, ...figures } = this.#channel(index);
      // A channel that has been stopped, changed or removed meanwhile stays so.
      if (this.channel(name)?.revision === revision) this.set(name, { state, ...figures });
    }
    const { channels } = super.snapshot();
    const now = Date.now();
    const base = sampleState(channels);
    return {
      ...base,
      channels: channels.map((channel, index) => ({ ...channel, node: this.#nodeOf(index) })),
      cluster: this.cluster,
      at: now,
      startedAt: this.#began - 30 * HOUR,
      configuration: {
        ...base.configuration,
        loadedAt: now - 3 * HOUR,
        lastReload: { at: now - 3 * HOUR, successful: true },
      },
      engine: { ...base.engine, poolSize: 256 * 2 ** 20, poolBytesInUse: 256 * 2 ** 20 * 0.07 },
    };
  }

  #nodeOf(index: number): string | undefined {
    const nodes = this.cluster?.nodes ?? [];
    return nodes[index % nodes.length]?.id;
  }

  #channel(index: number): ChannelState {
    const role = roleOf(index, this.#count);
    const name = nameOf(index, this.#count);
    const seconds = (Date.now() - this.#began) / 1000;
    const source = this.#source(role, name, seconds, index);
    const destinations = this.#destinations(role, seconds, index);
    const error = [source, ...destinations].find(({ lastError }) => lastError !== undefined)?.lastError;
    return sampleChannel(name, {
      labels: { site: sites[index % sites.length]!, ...(index % 4 === 0 && { floor: String(index % 3) }) },
      state: stateOf(role, destinations.length > 1),
      mode: role === 'event' ? 'event' : 'continuous',
      since: this.#began - (role === 'well' || role === 'event' ? 26 * HOUR + index * MINUTE : 18 * MINUTE),
      revision: `r-${name}`,
      ...(error !== undefined && { lastError: error }),
      source,
      destinations,
      pauses: 0,
      pausedMs: 0,
    });
  }

  #source(role: Role, name: string, seconds: number, index: number): SourceState {
    const { source } = sampleChannel(name);
    const base = {
      ...source,
      place: `rtsp://${name}.cameras.example/Streaming/Channels/101`,
      since: this.#began - 26 * HOUR,
    };
    const runs = role !== 'lost' && role !== 'frozen' && role !== 'off';
    const grown = runs ? growth(seconds, index) : { bytes: 0, frames: 0 };
    const counters = {
      ...source.counters,
      bytesReceived: 48_000_000_000 + grown.bytes,
      videoFrames: 2_340_000 + grown.frames,
      rtpPackets: 34_000_000 + grown.frames * 14,
      reconnects: role === 'lost' ? 14 : index % 3,
    };
    const tracks = {
      video: { codec: index % 5 === 4 ? 'h265' : 'h264', width: 1920, height: 1080, frameRate: FRAME_RATE },
      audio: { codec: 'aac', sampleRate: 16000, channels: 1 },
    };
    const lastFrameAt = runs ? Date.now() - 40 : this.#began - 18 * MINUTE;
    const rest = { ...base, counters, tracks, lastFrameAt };
    if (role === 'off') return { ...rest, state: 'idle' };
    if (role === 'lost') {
      const lastError = error(
        'ERR_CLOUDPUSH_SOURCE_UNREACHABLE',
        `connect EHOSTUNREACH ${name}.cameras.example:554`,
        seconds,
      );
      return {
        ...rest,
        state: 'retrying',
        since: this.#began - 18 * MINUTE,
        attempt: 14,
        lastError,
        nextRetryAt: next(seconds),
      };
    }
    if (role !== 'frozen') return { ...rest, state: 'streaming' };
    const lastError = error('ERR_CLOUDPUSH_SOURCE_SILENT', 'the source has sent nothing for 10 s', seconds);
    return { ...rest, state: 'stalled', since: Date.now() - 7000, attempt: 0, lastError };
  }

  #destinations(role: Role, seconds: number, index: number): DestinationState[] {
    const cloud = this.#destination(role, seconds, index);
    if (index % 4 !== 1) return [cloud];
    const backup = {
      ...this.#destination('well', seconds, index),
      name: 'backup',
      place: 'rtmps://backup.example/live/…',
      host: 'backup.example',
    };
    return [cloud, role === 'off' ? { ...backup, state: 'idle', bitRate: 0 } : backup];
  }

  #destination(role: Role, seconds: number, index: number): DestinationState {
    const { counters } = sampleDestination();
    const grown = growth(seconds, index);
    const isSlow = role === 'slow';
    const sent = {
      ...counters,
      bytesSent: 47_900_000_000 + grown.bytes,
      videoFrames: 2_339_000 + grown.frames,
      reconnects: index % 2,
    };
    const base = sampleDestination({
      since: this.#began - 26 * HOUR,
      counters: isSlow ? { ...sent, droppedPictures: Math.floor(seconds * 3) } : sent,
      bitRate: rateOf(index) * (isSlow ? 0.4 : 1) + 60_000 * Math.sin(seconds / 5),
      queuedBytes: isSlow ? 1_900_000 : 2048,
      queuedMs: isSlow ? 3100 : 12,
    });
    const away = { ...base, bitRate: 0, queuedBytes: 0, queuedMs: 0, since: this.#began - 18 * MINUTE };
    if (isSlow) return { ...base, state: 'paused', since: this.#began - 2 * MINUTE };
    if (role === 'well') return base;
    if (role !== 'refused') return { ...away, state: 'idle' };
    const lastError = error(
      'ERR_CLOUDPUSH_PUBLISH_REFUSED',
      'the server refused to publish: NetStream.Publish.Denied',
      seconds,
    );
    return { ...away, state: 'refused', attempt: 0, lastError, nextRetryAt: next(seconds) };
  }

  #events(): GatewayEvent[] {
    const now = this.#began;
    const at = (minutes: number) => now - minutes * MINUTE;
    return Array.from({ length: this.#count }, (_, index) => index)
      .flatMap((index): Omit<GatewayEvent, 'id'>[] => {
        const channel = nameOf(index, this.#count);
        const role = roleOf(index, this.#count);
        if (role === 'well' || role === 'off') return [];
        return [
          {
            at: at(1300),
            type: 'channelState',
            level: 'info',
            channel,
            state: 'online',
            message: `${channel} is online`,
          },
          {
            at: at(420),
            type: 'channelState',
            level: 'warn',
            channel,
            state: 'degraded',
            message: `${channel} is degraded`,
          },
          {
            at: at(400),
            type: 'channelState',
            level: 'info',
            channel,
            state: 'online',
            message: `${channel} is online`,
          },
          {
            at: at(18),
            type: 'destinationRefused',
            level: 'error',
            channel,
            message: 'cloud is refused: NetStream.Publish.Denied; the next attempt is in 60 s',
            code: 'ERR_CLOUDPUSH_PUBLISH_REFUSED',
          },
        ];
      })
      .sort((a, b) => a.at - b.at)
      .map((event, index) => ({ id: index + 1, ...event }));
  }
}

function stateOf(role: Role, hasBackup: boolean): ChannelState['state'] {
  if (role === 'off') return 'disabled';
  if (role === 'well' || role === 'event') return 'online';
  return role === 'slow' || (role === 'refused' && hasBackup) ? 'degraded' : 'offline';
}

/** Bits a second. */
function rateOf(index: number): number {
  return 900_000 + (index % 7) * 400_000;
}

function growth(seconds: number, index: number): { bytes: number; frames: number } {
  const wave = 30_000 * Math.sin(seconds / 4 + index) + 12_000 * Math.sin(seconds * 1.7);
  return {
    bytes: Math.round((rateOf(index) / 8) * seconds + wave),
    frames: Math.round(seconds * FRAME_RATE),
  };
}

/** Every 30 s, with the error of the attempt before. */
function next(seconds: number): number {
  return Date.now() + (30 - (seconds % 30)) * 1000;
}

function error(code: string, message: string, seconds: number): ErrorState {
  return { code, message, at: Date.now() - (seconds % 30) * 1000 };
}
