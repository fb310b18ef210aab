import { isIP, Socket, type TcpNetConnectOpts } from 'node:net';
import { RtmpError, RtmpErrorCode, type RtmpStage } from '../../errors.js';
import { aborted } from '../common/abort.js';
import { waitFor } from '../common/wait.js';
import type { Endpoint, Route } from './dial-options.js';
import { lookupUntil, nameResolver } from './names/resolver.js';

/**
 * Until the next address is tried, in ms. Node's own 250 would give up every address of a far server on a
 * mobile link.
 */
const ATTEMPT_TIMEOUT = 1000;

/**
 * Connects to one host, to all of its addresses in turn until one answers: the stages `dns` and `tcp` of the
 * timer.
 */
export async function connectTcp({ host, port }: Endpoint, route: Route): Promise<Socket> {
  const { timeout, timer } = route;
  const { signal, family, localAddress, lookup } = route.options;
  const over = new AbortController();
  const connection: TcpNetConnectOpts = {
    host,
    port,
    autoSelectFamily: family === undefined || family === 0,
    autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT,
    lookup: lookup ?? lookupUntil(over.signal),
  };
  if (family) connection.family = family;
  if (localAddress !== undefined) connection.localAddress = localAddress;
  const socket = new Socket();
  let lookupError: Error | null = null;
  let resolved = isIP(host) !== 0;
  // A caller's own lookup fails with whatever error it likes.
  socket.on('lookup', (error: Error | null) => {
    lookupError ??= error;
    if (!resolved) timer.begin('tcp'); // the event comes once for each address
    resolved = true;
  });
  const wrap = (cause: NodeJS.ErrnoException): RtmpError =>
    cause === lookupError || cause.syscall === 'getaddrinfo'
      ? lookupFailed(host, cause)
      : connectFailed(host, port, cause);
  const late = (): RtmpError => (resolved ? tooLate('socket', timeout) : lookupTooLate(host, timeout));
  timer.begin(resolved ? 'tcp' : 'dns');
  try {
    socket.connect(connection);
  } catch (cause) {
    // A caller's own lookup is called at once, and may throw instead of calling back.
    socket.destroy();
    throw lookupFailed(host, cause);
  }
  try {
    const stage = (): RtmpStage => (resolved ? 'socket' : 'dns');
    return await settle(socket, 'connect', { signal, timeout, wrap, late, stage });
  } catch (error) {
    // The host may have moved.
    if (resolved) nameResolver.forget(host);
    throw error;
  } finally {
    over.abort();
  }
}

/** Bounds the wait for a socket, and says what its end is to be called. */
export interface SettleLimits {
  readonly signal: AbortSignal | undefined;
  /** Milliseconds. */
  readonly timeout: number;
  /** The error for an error of the socket. */
  wrap(cause: NodeJS.ErrnoException): RtmpError;
  /** The error for a time-out. */
  late(): RtmpError;
  /** Stage that it has reached. */
  stage(): RtmpStage;
}

/** Waits for the event that says that a socket is ready; destroys it on error, time-out and abort. */
export async function settle<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  { signal, timeout, wrap, late, stage }: SettleLimits,
): Promise<S> {
  let stop: () => void = ignore;
  const ready = new Promise<void>((resolve, reject) => {
    const onError = (cause: NodeJS.ErrnoException): void => reject(wrap(cause));
    const onClose = (): void => reject(wrap(new Error('closed before it was ready')));
    socket.on(event, resolve).on('error', onError).on('close', onClose);
    stop = () => socket.off(event, resolve).off('error', onError).off('close', onClose);
  });
  try {
    await waitFor(ready, { signal, timeout, late, aborted: () => aborted(signal, stage()) });
    return socket;
  } catch (error) {
    socket.on('error', ignore); // what comes after the first error has nobody to tell
    socket.destroy();
    throw error;
  } finally {
    stop();
  }
}

/** A socket that was not ready in time. */
export function tooLate(stage: 'socket' | 'tls', timeout: number): RtmpError {
  return new RtmpError(
    RtmpErrorCode.timeout,
    stage,
    `the connection was not ready within ${timeout} ms (${stage})`,
  );
}

function lookupTooLate(host: string, timeout: number): RtmpError {
  const text = `the host name ${host} did not resolve within ${timeout} ms`;
  return new RtmpError(RtmpErrorCode.dns, 'dns', text, { details: { permitted: timeout } });
}

function lookupFailed(host: string, cause: unknown): RtmpError {
  const reason = cause instanceof Error ? reasonOf(cause) : String(cause);
  const text = `the host name ${host} did not resolve: ${reason}`;
  return new RtmpError(RtmpErrorCode.dns, 'dns', text, { cause });
}

function connectFailed(host: string, port: number, cause: NodeJS.ErrnoException): RtmpError {
  const text = `the TCP connection to ${host} port ${port} failed: ${reasonOf(cause)}`;
  return new RtmpError(RtmpErrorCode.socketConnect, 'socket', text, { cause });
}

/** With several addresses the error is an aggregate whose own message is empty. */
function reasonOf(cause: NodeJS.ErrnoException): string {
  return cause.code ?? cause.message;
}

function ignore(): void {}
