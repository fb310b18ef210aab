import type { X509Certificate } from 'node:crypto';
import type { Socket } from 'node:net';
import { isIP } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { RtmpError, RtmpErrorCode } from '../../errors.js';
import { certificateFault } from './certificate-fault.js';
import type { PublisherTlsOptions } from './dial-options.js';

/**
 * Starts TLS on a connected socket; `secureConnect` or `error` follows.
 * @throws RtmpError `ERR_CLOUDPUSH_INVALID_OPTION`
 */
export function startTls(socket: Socket, host: string, options: PublisherTlsOptions): TLSSocket {
  const servername = options.servername ?? host;
  const connection: ConnectionOptions = {
    socket,
    host: servername, // what the certificate is checked against
    rejectUnauthorized: options.verify !== false,
    minVersion: 'TLSv1.2',
    ALPNProtocols: [],
  };
  if (isIP(servername) === 0) connection.servername = servername; // SNI takes names only (RFC 6066 §3)
  if (options.ca !== undefined) connection.ca = options.ca as NonNullable<ConnectionOptions['ca']>;
  if (options.cert !== undefined) connection.cert = options.cert as NonNullable<ConnectionOptions['cert']>;
  if (options.key !== undefined) connection.key = options.key as NonNullable<ConnectionOptions['key']>;
  try {
    return connect(connection);
  } catch (cause) {
    throw new RtmpError(RtmpErrorCode.invalidOption, 'tls', 'tls.cert or tls.key cannot be used', {
      cause,
    });
  }
}

/**
 * The error when the server's certificate is none of the pinned ones; undefined when it is, or nothing is
 * pinned.
 */
export function checkPins(socket: TLSSocket, pins: readonly string[] | undefined): RtmpError | undefined {
  if (pins === undefined || pins.length === 0) return undefined;
  const certificate: X509Certificate | undefined = socket.getPeerX509Certificate();
  const actual = certificate === undefined ? 'none' : normalize(certificate.fingerprint256);
  if (pins.some((pin) => normalize(pin) === actual)) return undefined;
  return new RtmpError(
    RtmpErrorCode.tlsPin,
    'tls',
    `the server's certificate has the SHA-256 fingerprint ${actual}, which is none of the ${pins.length} pinned`,
    { details: { actual, permitted: pins } },
  );
}

/**
 * The error for a failed TLS handshake: a certificate that is not trusted will not be on the next try either;
 * one that has expired may have been renewed.
 */
export function tlsError(cause: NodeJS.ErrnoException): RtmpError {
  const reason = cause.code ?? cause.message;
  const fault = certificateFault(cause.code);
  if (fault !== undefined) {
    const advice = fault.isUntrusted ? ': give its authority (tls.ca)' : '';
    return new RtmpError(
      RtmpErrorCode.tls,
      'tls',
      `the server's certificate ${fault.text} (${reason})${advice}`,
      {
        class: fault.passes ? 'retryable' : 'fatal',
        cause,
      },
    );
  }
  const broken = reason === 'ECONNRESET' || reason === 'ETIMEDOUT' || reason === 'EPIPE';
  return new RtmpError(RtmpErrorCode.tls, 'tls', `the TLS handshake failed: ${reason}`, {
    class: broken ? 'retryable' : 'fatal',
    cause,
  });
}

function normalize(fingerprint: string): string {
  return fingerprint.replaceAll(':', '').toLowerCase();
}
