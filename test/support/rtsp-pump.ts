import { randomFillSync } from 'node:crypto';
import { createSocket, type Socket as UdpSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { rtspLimits } from '../../packages/engine/src/sources/rtsp/limits.js';
import { RtspClient } from '../../packages/engine/src/sources/rtsp/rtsp-client.js';
import type { TrackDescription } from '../../packages/engine/src/sources/rtsp/sdp/track-description.js';
import type {
  MediaChannel,
  RtspEndpoint,
  RtspIo,
  RtspTransport,
  UdpPeer,
} from '../../packages/engine/src/sources/rtsp/session/session-types.js';
import { CollectingSink } from '../../packages/engine/src/sources/rtsp/testing/collecting-sink.js';

const TICK_MS = 20;

interface UdpPair {
  readonly sockets: Readonly<Record<MediaChannel, UdpSocket>>;
  peer: UdpPeer | undefined;
}

/** Moves bytes between real sockets and an `RtspClient` that collects all media. */
export class RtspPump implements RtspIo {
  readonly client: RtspClient;
  readonly sinks: CollectingSink[] = [];
  readonly warnings: string[] = [];
  tracks: readonly TrackDescription[] = [];
  transport: 'tcp' | 'udp' | undefined;
  connections = 0;
  readonly ended: Promise<Error | undefined>;
  #socket: Socket | undefined;
  #host = '';
  readonly #udp = new Map<number, UdpPair>();
  readonly #ticker: NodeJS.Timeout;

  constructor(url: string, transport: RtspTransport) {
    let onEnded: (error: Error | undefined) => void;
    this.ended = new Promise((resolve) => {
      onEnded = resolve;
    });
    this.client = new RtspClient(
      {
        url,
        transport,
        requestTimeout: 10_000,
        userAgent: 'test',
        limits: rtspLimits,
        random: (target) => void randomFillSync(target),
      },
      this,
      {
        onDescribed: (tracks) => {
          this.tracks = tracks;
          return tracks.map(({ index }) => {
            const sink = new CollectingSink();
            this.sinks[index] = sink;
            return sink;
          });
        },
        onPlaying: (transport) => {
          this.transport = transport;
        },
        onWarning: (message) => this.warnings.push(message),
        onEnded: (error) => {
          clearInterval(this.#ticker);
          onEnded(error);
        },
      },
    );
    this.#ticker = setInterval(() => this.#tick(), TICK_MS);
    this.client.start(now());
  }

  connect({ host, port }: RtspEndpoint): void {
    this.#socket?.destroy();
    this.connections++;
    this.#host = host;
    const socket = connect(port, host);
    this.#socket = socket;
    let cause: Error | undefined;
    socket.on('connect', () => this.client.connected(now()));
    socket.on('data', (bytes) => this.client.receive(bytes, now()));
    socket.on('error', (error) => {
      cause = error;
    });
    socket.on('close', () => {
      if (socket === this.#socket) this.client.disconnected(now(), cause);
    });
  }

  write(bytes: Uint8Array): void {
    this.#socket?.write(bytes);
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.end();
    this.closeUdp();
  }

  bindUdp(track: number): void {
    void this.#bind(track);
  }

  openUdp(track: number, peer: UdpPeer): void {
    this.#udp.get(track)!.peer = peer;
  }

  closeUdp(): void {
    for (const { sockets } of this.#udp.values()) {
      sockets.rtp.close();
      sockets.rtcp.close();
    }
    this.#udp.clear();
  }

  sendDatagram(track: number, channel: MediaChannel, bytes: Uint8Array): void {
    const { sockets, peer } = this.#udp.get(track)!;
    const port = channel === 'rtp' ? peer?.rtpPort : peer?.rtcpPort;
    if (port !== undefined) sockets[channel].send(bytes, port, peer?.source ?? this.#host);
  }

  async #bind(track: number): Promise<void> {
    for (let attempt = 0; attempt < 50; attempt++) {
      const rtpPort = 20_000 + 2 * Math.floor(Math.random() * 6000);
      const sockets = { rtp: createSocket('udp4'), rtcp: createSocket('udp4') };
      try {
        for (const [i, channel] of (['rtp', 'rtcp'] as const).entries()) {
          sockets[channel].bind(rtpPort + i, '127.0.0.1');
          await once(sockets[channel], 'listening');
          sockets[channel].on('message', (bytes) => {
            this.client.receiveDatagram(track, channel, bytes, now());
          });
        }
        this.#udp.set(track, { sockets, peer: undefined });
        this.client.udpBound(track, rtpPort, now());
        return;
      } catch {
        sockets.rtp.close();
        sockets.rtcp.close();
      }
    }
    this.client.udpFailed(track, new Error('no free ports'), now());
  }

  #tick(): void {
    if (now() >= this.client.nextTick) this.client.tick(now());
  }
}

function now(): number {
  return performance.now();
}
