import type { CloudPushError } from '../../../base/errors.js';
import type { RtspLimits } from '../limits.js';
import type { TrackDescription } from '../sdp/track-description.js';

/**
 * Transport of the media: `auto` asks for TCP, and for UDP when the camera refuses it (461, or a 4xx or 5xx
 * that may mean it).
 */
export type RtspTransport = 'tcp' | 'udp' | 'auto';

/** RTP, or its control protocol. */
export type MediaChannel = 'rtp' | 'rtcp';

export interface RtspSessionOptions {
  /** `rtsp://` or `rtsps://`, possibly with user info. */
  readonly url: string;
  /** Goes before the user info of the URL. */
  readonly credentials?: { readonly username: string; readonly password: string } | undefined;
  readonly transport: RtspTransport;
  /** Milliseconds that the camera has for each response. */
  readonly requestTimeout: number;
  readonly userAgent: string;
  readonly limits: RtspLimits;
  /** Fills an array with random bytes: for client nonces and synchronization sources. */
  readonly random: (target: Uint8Array) => void;
}

/** Address that a control connection goes to. */
export interface RtspEndpoint {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

/** Address that a track's datagrams come from. The ports are undefined when the camera has not said them. */
export interface UdpPeer {
  /** Address as the camera has named it; undefined: the host of the control connection. */
  readonly source: string | undefined;
  readonly rtpPort: number | undefined;
  readonly rtcpPort: number | undefined;
}

/** The client's wishes about sockets. No method may call back into the client before it returns. */
export interface RtspIo {
  /**
   * Opens the control connection, and silently closes the one before. Answered by `connected()` or
   * `disconnected()`.
   */
  connect(endpoint: RtspEndpoint): void;
  /** Writes to the control connection. */
  write(bytes: Uint8Array): void;
  /** Closes the control connection, after what was written, and all UDP ports. Nothing is to be reported. */
  close(): void;
  /** Binds an even port for RTP and the next for RTCP. Answered by `udpBound()` or `udpFailed()`. */
  bindUdp(track: number): void;
  /** Tells where a track's datagrams come from; those of other hosts are to be ignored. */
  openUdp(track: number, peer: UdpPeer): void;
  /** Closes all UDP ports. */
  closeUdp(): void;
  /** Sends a datagram to the track's peer. */
  sendDatagram(track: number, channel: MediaChannel, bytes: Uint8Array): void;
}

/** Start of a track, as PLAY's response says it. */
export interface TrackStart {
  readonly track: number;
  /** RTP timestamp of the beginning; undefined: not said. */
  readonly timestamp: number | undefined;
}

export interface RtspSessionHandler {
  /** Chooses among the tracks: the indexes of those to set up. */
  onDescribed(tracks: readonly TrackDescription[]): readonly number[];
  /** PLAY was accepted; one entry for each track that was set up. */
  onPlaying(starts: readonly TrackStart[], transport: 'tcp' | 'udp'): void;
  /** A packet is `bytes` from `start` to `end`, valid only during the call; none comes before `onPlaying`. */
  onMedia(track: number, channel: MediaChannel, bytes: Uint8Array, start: number, end: number): void;
  /** Something that an operator should know, without secrets. */
  onWarning(message: string): void;
  /** The session has ended; undefined: `close()` was called. Nothing comes after it. */
  onEnded(error: CloudPushError | undefined): void;
}
