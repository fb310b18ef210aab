import { createSocket, type RemoteInfo, type Socket as UdpSocket } from 'node:dgram';
import { connect as connectTcp, isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
import type { CloudPushError } from '../../base/errors.js';
import { sourceTlsError } from '../../sources/errors.js';
import type {
  MediaChannel,
  RtspEndpoint,
  RtspIo,
  UdpPeer,
} from '../../sources/rtsp/session/session-types.js';

/**
 * One buffer for what all cameras of a thread send over TCP: its content does not outlive the call that
 * brings it.
 */
const readBuffer = Buffer.allocUnsafe(64 * 1024);
/** Number of times that a pair of ports is looked for. */
const BIND_ATTEMPTS = 30;
/** RTP takes the even one of two ports (RFC 3550 §11), of these. */
const FIRST_PORT = 20_000;
const LAST_PORT = 60_000;
/** Bytes of a receive buffer: a key frame comes as one burst. */
const RECEIVE_BUFFER = 2 * 1024 * 1024;
/** The time that a connection which ends is given for its last request, in ms. */
const END_TIMEOUT = 500;

/** The listener of an RTSP client's sockets. */
export interface SocketEvents {
  onConnected(): void;
  onData(bytes: Uint8Array): void;
  onDisconnected(cause: Error | undefined): void;
  onUdpBound(track: number, rtpPort: number): void;
  onUdpFailed(track: number, cause: Error): void;
  onDatagram(track: number, channel: MediaChannel, bytes: Uint8Array): void;
  /** The camera is not who it should be: another attempt cannot mend that. */
  onUntrusted(error: CloudPushError): void;
}

export interface SocketTrust {
  /** SHA-256 of the only certificate that is trusted: 64 hexadecimal digits. */
  readonly fingerprint: string | undefined;
  /** Certificates of authorities, as PEM. */
  readonly ca: string | undefined;
}

interface UdpPair {
  readonly rtp: UdpSocket;
  readonly rtcp: UdpSocket;
  peer: UdpPeer | undefined;
}

/** The sockets of one RTSP client. */
export class RtspSockets implements RtspIo {
  readonly #events: SocketEvents;
  readonly #trust: SocketTrust;
  #socket: Socket | undefined;
  readonly #udp = new Map<number, UdpPair>();
  /** Counts the times that all ports were closed: what was being bound before is not wanted any more. */
  #udpRound = 0;

  constructor(events: SocketEvents, trust: SocketTrust) {
    this.#events = events;
    this.#trust = trust;
  }

  connect(endpoint: RtspEndpoint): void {
    this.#dropSocket();
    const socket = this.#dial(endpoint);
    this.#socket = socket;
    let cause: Error | undefined;
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 30_000);
    socket.on('error', (error) => {
      cause = error;
    });
    socket.on('close', () => {
      if (this.#socket !== socket) return;
      this.#socket = undefined;
      if (cause !== undefined && isTrustError(cause)) this.#events.onUntrusted(sourceTlsError(cause));
      else this.#events.onDisconnected(cause);
    });
  }

  write(bytes: Uint8Array): void {
    this.#socket?.write(bytes);
  }

  close(): void {
    this.closeUdp();
    const socket = this.#socket;
    this.#socket = undefined;
    if (socket === undefined) return;
    socket.end();
    // The network's time, and no clock's of ours: a timer of the clock would keep the thread as well.
    setTimeout(() => socket.destroy(), END_TIMEOUT).unref();
  }

  bindUdp(track: number): void {
    void this.#bind(track);
  }

  openUdp(track: number, peer: UdpPeer): void {
    const pair = this.#udp.get(track);
    if (pair !== undefined) pair.peer = peer;
  }

  closeUdp(): void {
    this.#udpRound++;
    for (const { rtp, rtcp } of this.#udp.values()) {
      rtp.close();
      rtcp.close();
    }
    this.#udp.clear();
  }

  sendDatagram(track: number, channel: MediaChannel, bytes: Uint8Array): void {
    const pair = this.#udp.get(track);
    const port = channel === 'rtp' ? pair?.peer?.rtpPort : pair?.peer?.rtcpPort;
    const address = this.#addressOf(pair);
    if (pair === undefined || port === undefined || address === undefined) return;
    // A report that does not arrive is followed by another.
    pair[channel].send(bytes, port, address, () => {});
  }

  #dial({ host, port, tls }: RtspEndpoint): Socket {
    // Named without the brackets of a URL.
    const name = host.replace(/^\[(.*)\]$/, '$1');
    const onread = {
      buffer: readBuffer,
      callback: (length: number, buffer: Uint8Array): boolean => {
        if (this.#socket === socket) this.#events.onData(buffer.subarray(0, length));
        return true;
      },
    };
    const socket: Socket = tls ? this.#dialTls(name, port, onread) : connectTcp({ host: name, port, onread });
    if (!tls) socket.once('connect', () => this.#onConnected(socket));
    return socket;
  }

  #dialTls(
    host: string,
    port: number,
    onread: { buffer: Uint8Array; callback(length: number, buffer: Uint8Array): boolean },
  ): Socket {
    const { fingerprint, ca } = this.#trust;
    const options: ConnectionOptions & { readonly onread: typeof onread } = {
      host,
      port,
      onread,
      ...(isIP(host) === 0 ? { servername: host } : {}),
      ...(ca === undefined ? {} : { ca }),
      // A certificate that is pinned is compared below, before a byte is sent: authorities have no say in it.
      rejectUnauthorized: fingerprint === undefined,
    };
    const socket = connectTls(options);
    socket.once('secureConnect', () => {
      if (fingerprint === undefined || fingerprintOf(socket) === fingerprint) this.#onConnected(socket);
      else if (this.#socket === socket) {
        this.#dropSocket();
        this.#events.onUntrusted(sourceTlsError(undefined));
      }
    });
    return socket;
  }

  #onConnected(socket: Socket): void {
    if (this.#socket === socket) this.#events.onConnected();
  }

  #dropSocket(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.destroy();
  }

  async #bind(track: number): Promise<void> {
    const round = this.#udpRound;
    try {
      const [pair, port] = await bindPair(isIP(this.#socket?.remoteAddress ?? '') === 6 ? 'udp6' : 'udp4');
      if (round !== this.#udpRound) {
        pair.rtp.close();
        pair.rtcp.close();
        return;
      }
      this.#udp.set(track, pair);
      this.#listen(track, 'rtp', pair);
      this.#listen(track, 'rtcp', pair);
      this.#events.onUdpBound(track, port);
    } catch (error) {
      if (round === this.#udpRound) this.#events.onUdpFailed(track, error as Error);
    }
  }

  #listen(track: number, channel: MediaChannel, pair: UdpPair): void {
    const socket = pair[channel];
    // An ICMP error says that a report did not arrive; silence is found by its time-out.
    socket.on('error', () => {});
    socket.on('message', (bytes: Buffer, from: RemoteInfo) => {
      if (this.#udp.get(track) === pair && from.address === this.#addressOf(pair))
        this.#events.onDatagram(track, channel, bytes);
    });
  }

  #addressOf(pair: UdpPair | undefined): string | undefined {
    return pair?.peer?.source ?? this.#socket?.remoteAddress;
  }
}

/** An even port for RTP, and the next one for RTCP. */
async function bindPair(type: 'udp4' | 'udp6'): Promise<[pair: UdpPair, port: number]> {
  let failure: unknown;
  for (let attempt = 0; attempt < BIND_ATTEMPTS; attempt++) {
    const port = FIRST_PORT + 2 * Math.floor((Math.random() * (LAST_PORT - FIRST_PORT)) / 2);
    const rtp = createSocket({ type, recvBufferSize: RECEIVE_BUFFER });
    const rtcp = createSocket(type);
    try {
      await bound(rtp, port);
      await bound(rtcp, port + 1);
      return [{ rtp, rtcp, peer: undefined }, port];
    } catch (error) {
      failure = error;
      rtp.close();
      rtcp.close();
    }
  }
  throw failure;
}

function bound(socket: UdpSocket, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('error', reject);
    socket.bind(port, () => {
      socket.off('error', reject);
      resolve();
    });
  });
}

function fingerprintOf(socket: TLSSocket): string | undefined {
  const { fingerprint256 } = socket.getPeerCertificate();
  return fingerprint256?.replaceAll(':', '').toLowerCase();
}

/** OpenSSL's reasons to refuse a certificate, and Node's own. */
function isTrustError(error: Error): boolean {
  const { code = '' } = error as NodeJS.ErrnoException;
  return /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|ERR_TLS_CERT_|HOSTNAME_MISMATCH)/.test(code);
}
