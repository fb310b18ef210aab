import type { LookupFunction } from 'node:net';
import type { StageTimer } from '../../session/client/stage-timer.js';

/** Verification of the server of an `rtmps` URL. */
export interface PublisherTlsOptions {
  /** Certificates to trust instead of the system's, PEM. */
  readonly ca?: string | Uint8Array | readonly (string | Uint8Array)[];
  /**
   * SHA-256 fingerprints of server certificates, hex with or without colons: one of them at least, and one
   * must match, besides the usual checks.
   */
  readonly pins?: readonly string[];
  /** Name for SNI and verification. Default: the URL's host. */
  readonly servername?: string;
  /** `false` accepts any certificate (unless pinned): `onWarning` is called. Default true. */
  readonly verify?: boolean;
  /** Client certificate and key, PEM. */
  readonly cert?: string | Uint8Array;
  readonly key?: string | Uint8Array;
}

/** Options of reaching a server. */
export interface DialOptions {
  /** Ends whatever is going on, in every state. */
  readonly signal?: AbortSignal | undefined;
  readonly tls?: PublisherTlsOptions | undefined;
  /** `socks5://[user:password@]host:port` or `http://[user:password@]host:port` (CONNECT). */
  readonly proxy?: string | undefined;
  /**
   * Resolves host names. Default: the hosts file, then DNS over sockets of its own (which takes none of the
   * process's worker threads), then the system's resolver in a short-lived process; answers are remembered as
   * long as they hold.
   */
  readonly lookup?: LookupFunction | undefined;
  /** Local address to connect from. */
  readonly localAddress?: string | undefined;
  /** 4 or 6: only that family. Default 0: both, one address after the other (Node's `autoSelectFamily`). */
  readonly family?: 0 | 4 | 6 | undefined;
  /**
   * Idle milliseconds until the first TCP keep-alive probe, 1,000 … 32,767,000; 0 turns it off. Default
   * 15,000.
   */
  readonly keepAlive?: number | undefined;
  /** Default true. */
  readonly noDelay?: boolean | undefined;
}

/** The longest waits on the way to a connection, in milliseconds. */
export interface DialTimeouts {
  /** Name resolution and TCP connect, proxy included. Default 10,000. */
  readonly dial: number;
  /** TLS handshake. Default 10,000. */
  readonly tls: number;
}

/** A host by name or address, IPv6 without brackets, and a port. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
}

/** One way to a host. */
export interface Route {
  readonly options: DialOptions;
  /** For all of the way, in milliseconds. */
  readonly timeout: number;
  readonly timer: StageTimer;
}
