import type { Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { RtmpError, RtmpErrorCode } from '../../errors.js';
import type { StageTimer } from '../../session/client/stage-timer.js';
import type { RtmpUrl } from '../../url.js';
import { remember } from '../common/reset.js';
import type { DialOptions, DialTimeouts } from './dial-options.js';
import { connectThroughProxy } from './proxy.js';
import { connectTcp, settle, tooLate } from './tcp.js';
import { checkPins, startTls, tlsError } from './tls.js';

export interface DialRequest {
  readonly url: RtmpUrl;
  readonly options: DialOptions;
  readonly timeouts: DialTimeouts;
  readonly timer: StageTimer;
  readonly onWarning: (message: string) => void;
}

/**
 * Opens the connection for a push URL: TCP (one address of the host after the other), through the proxy if
 * there is one, then TLS for rtmps.
 * @throws RtmpError of the stages `dns`, `socket`, `proxy` and `tls`
 */
export async function dial(request: DialRequest): Promise<Socket> {
  const { url, options, timeouts, timer } = request;
  const route = { options, timeout: timeouts.dial, timer };
  const socket =
    options.proxy === undefined
      ? await connectTcp(url, route)
      : await connectThroughProxy(options.proxy, url, route);
  try {
    tune(socket, options);
    return url.secure ? await secure(socket, request) : socket;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function secure(socket: Socket, request: DialRequest): Promise<TLSSocket> {
  const { url, options, timeouts, timer, onWarning } = request;
  timer.begin('tls');
  const tls = options.tls ?? {};
  if (tls.verify === false) {
    onWarning(
      `TLS certificate verification is off for ${url.host}${tls.pins ? ' (pinned)' : ': anyone may answer'}`,
    );
  }
  const secured = startTls(socket, url.host, tls);
  remember(secured, socket);
  await settle(secured, 'secureConnect', {
    signal: options.signal,
    timeout: timeouts.tls,
    wrap: tlsError,
    late: () => tooLate('tls', timeouts.tls),
    stage: () => 'tls',
  });
  const mismatch = checkPins(secured, tls.pins);
  if (mismatch === undefined) return secured;
  secured.destroy();
  throw mismatch;
}

function tune(socket: Socket, options: DialOptions): void {
  const keepAlive = options.keepAlive ?? 15_000;
  try {
    socket.setNoDelay(options.noDelay !== false);
    socket.setKeepAlive(keepAlive > 0, keepAlive);
  } catch (cause) {
    throw new RtmpError(
      RtmpErrorCode.setTimeout,
      'socket',
      'keep-alive or no-delay could not be set on the socket',
      { cause },
    );
  }
}
