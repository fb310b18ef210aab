import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { RtmpError, RtmpErrorCode } from '../../errors.js';
import type { StageTimer } from '../../session/publish/stage-timer.js';
import type { RtmpUrl } from '../../url.js';
import { remember } from '../common/reset.js';
import type { PublisherOptions, PublisherTimeouts } from '../publisher/publisher-options.js';
import { connectThroughProxy } from './proxy.js';
import { connectTcp, settle, tooLate } from './tcp.js';
import { checkPins, startTls, tlsError } from './tls.js';

export interface DialOptions {
  readonly url: RtmpUrl;
  readonly publisher: PublisherOptions;
  readonly timeouts: PublisherTimeouts;
  readonly timer: StageTimer;
  readonly onWarning: (message: string) => void;
}

/**
 * Opens the connection for a push URL: TCP (one address of the host after the other), through the proxy if there is one, then TLS for
 * rtmps.
 * @throws RtmpError of the stages `dns`, `socket`, `proxy` and `tls`
 */
export async function dial(options: DialOptions): Promise<Socket> {
  const { url, publisher, timeouts, timer } = options;
  const socket =
    publisher.proxy === undefined
      ? await connectTcp(url.host, url.port, publisher, timeouts.dial, timer)
      : await connectThroughProxy(publisher.proxy, url.host, url.port, publisher, timeouts.dial, timer);
  try {
    tune(socket, publisher);
    return url.secure ? await secure(socket, options) : socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function secure(socket: Socket, options: DialOptions): Promise<TLSSocket> {
  const { url, publisher, timeouts, timer, onWarning } = options;
  timer.begin('tls');
  const tls = publisher.tls ?? {};
  if (tls.verify === false) {
    onWarning(
      `TLS certificate verification is off for ${url.host}${tls.pins ? ' (pinned)' : ': anyone may answer'}`,
    );
  }
  const secured = startTls(socket, url.host, tls);
  remember(secured, socket);
  await settle(secured, 'secureConnect', publisher.signal, timeouts.tls, {
    wrap: tlsError,
    late: () => tooLate('tls', timeouts.tls),
    stage: () => 'tls',
  });
  const mismatch = checkPins(secured, tls.pins);
  if (mismatch === undefined) return secured;
  secured.destroy();
  throw mismatch;
}

function tune(socket: Socket, publisher: PublisherOptions): void {
  const keepAlive = publisher.keepAlive ?? 15_000;
  try {
    socket.setNoDelay(publisher.noDelay !== false);
    socket.setKeepAlive(keepAlive > 0, keepAlive);
  } catch (cause) {
    throw new RtmpError(
      RtmpErrorCode.setTimeout,
      'socket',
      'Keep-alive or no-delay could not be set on the socket',
      {
        cause,
      },
    );
  }
}
