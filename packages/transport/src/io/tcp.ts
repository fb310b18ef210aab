import { isIP, Socket, type TcpNetConnectOpts } from 'node:net';
import { RtmpError, RtmpErrorCode } from '../errors.js';
import type { StageTimer } from '../session/stage-timer.js';
import { aborted } from './abort.js';
import type { PublisherOptions } from './publisher-options.js';

/**
 * Until the next address is tried, in ms. Node's own 250 would give up every address of a far server on a
 * mobile link.
 */
const ATTEMPT_TIMEOUT = 1000;

/** Connects to one host, to all of its addresses in turn until one answers: the stages `dns` and `tcp` of the timer. */
export function connectTcp(
  host: string,
  port: number,
  publisher: PublisherOptions,
  timeout: number,
  timer: StageTimer,
): Promise<Socket> {
  const { signal, family, localAddress, lookup } = publisher;
  const connection: TcpNetConnectOpts = {
    host,
    port,
    autoSelectFamily: family === undefined || family === 0,
    autoSelectFamilyAttemptTimeout: ATTEMPT_TIMEOUT,
  };
  if (family) connection.family = family;
  if (localAddress !== undefined) connection.localAddress = localAddress;
  if (lookup !== undefined) connection.lookup = lookup;
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
    cause === lookupError || cause.syscall === 'getaddrinfo' ? lookupFailed(cause) : connectFailed(cause);
  timer.begin(resolved ? 'tcp' : 'dns');
  try {
    socket.connect(connection);
  } catch (cause) {
    // A caller's own lookup is called at once, and may throw instead of calling back.
    socket.destroy();
    return Promise.reject(lookupFailed(cause));
  }
  return settle(socket, 'connect', signal, timeout, wrap, 'socket');
}

/** Waits for the event that says that a socket is ready; destroys it on error, time-out and abort. */
export function settle<S extends Socket>(
  socket: S,
  event: 'connect' | 'secureConnect',
  signal: AbortSignal | undefined,
  timeout: number,
  wrap: (cause: NodeJS.ErrnoException) => RtmpError,
  stage: 'socket' | 'tls',
): Promise<S> {
  return new Promise((resolve, reject) => {
    const finish = (error: RtmpError | undefined): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', onAbort);
      socket.off(event, onReady).off('error', onError).off('close', onClose);
      if (error === undefined) {
        resolve(socket);
        return;
      }
      socket.on('error', ignore); // what comes after the first error has nobody to tell
      socket.destroy();
      reject(error);
    };
    const onReady = (): void => finish(undefined);
    const onError = (cause: NodeJS.ErrnoException): void => finish(wrap(cause));
    const onClose = (): void => finish(wrap(new Error('closed before it was ready')));
    const onAbort = (): void => finish(aborted(signal, stage));
    const timer = setTimeout(() => {
      finish(new RtmpError(RtmpErrorCode.timeout, stage, `No connection within ${timeout} ms (${stage})`));
    }, timeout);
    socket.on(event, onReady).on('error', onError).on('close', onClose);
    if (signal?.aborted) onAbort();
    else signal?.addEventListener('abort', onAbort);
  });
}

function lookupFailed(cause: unknown): RtmpError {
  const reason = cause instanceof Error ? reasonOf(cause) : String(cause);
  const text = `The host name did not resolve: ${reason}`;
  return new RtmpError(RtmpErrorCode.dns, 'dns', text, { cause });
}

function connectFailed(cause: NodeJS.ErrnoException): RtmpError {
  const text = `The TCP connection failed: ${reasonOf(cause)}`;
  return new RtmpError(RtmpErrorCode.socketConnect, 'socket', text, { cause });
}

/** With several addresses the error is an aggregate whose own message is empty. */
function reasonOf(cause: NodeJS.ErrnoException): string {
  return cause.code ?? cause.message;
}

function ignore(): void {}
