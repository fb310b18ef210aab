import { request } from 'node:http';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { SocksClient } from 'socks';
import { RtmpError, type RtmpErrorClass, RtmpErrorCode } from '../../errors.js';
import type { StageTimer } from '../../session/publish/stage-timer.js';
import { aborted } from '../common/abort.js';
import type { PublisherOptions } from '../publisher/publisher-options.js';
import { connectTcp } from './tcp.js';

interface Proxy {
  readonly kind: 'socks5' | 'http';
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
}

const DEFAULT_PORT = { socks5: 1080, http: 8080 } as const;

/**
 * Connects to `host:port` through a proxy, which resolves the name itself.
 * @throws RtmpError `ERR_CLOUDPUSH_PROXY`, `ERR_CLOUDPUSH_TIMEOUT`, `ERR_CLOUDPUSH_ABORTED`
 */
export async function connectThroughProxy(
  proxyUrl: string,
  host: string,
  port: number,
  publisher: PublisherOptions,
  timeout: number,
  timer: StageTimer,
): Promise<Socket> {
  const proxy = parseProxy(proxyUrl);
  const deadline = performance.now() + timeout;
  const socket = await reach(proxy, publisher, timeout, timer);
  timer.begin('proxy');
  const left = Math.max(1, Math.ceil(deadline - performance.now()));
  const tunnel = proxy.kind === 'http' ? openHttpTunnel : openSocksTunnel;
  return guard(socket, tunnel(socket, proxy, host, port, left), publisher.signal, left, timeout);
}

/**
 * @throws RtmpError `ERR_CLOUDPUSH_INVALID_OPTION`; its text does not show the URL, which may hold a password
 */
export function parseProxy(text: string): Proxy {
  const match = URL.canParse(text) ? /^(socks5h?|http):$/.exec(new URL(text).protocol) : null;
  if (match === null) {
    throw new RtmpError(
      RtmpErrorCode.invalidOption,
      'proxy',
      'The proxy is not a URL of the form socks5://host:port or http://host:port',
    );
  }
  const url = new URL(text);
  const kind = match[1] === 'http' ? 'http' : 'socks5';
  // URL drops the port that is http's own
  const port =
    url.port === '' ? (kind === 'http' && /:80\/?$/.test(text) ? 80 : DEFAULT_PORT[kind]) : Number(url.port);
  return {
    kind,
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port,
    user: decodeLogin(url.username),
    password: decodeLogin(url.password),
  };
}

function decodeLogin(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // The cause would show the password.
    throw new RtmpError(
      RtmpErrorCode.invalidOption,
      'proxy',
      'The login in the proxy URL is not percent-encoded as it should be: a percent sign in it is %25',
    );
  }
}

async function reach(
  proxy: Proxy,
  publisher: PublisherOptions,
  timeout: number,
  timer: StageTimer,
): Promise<Socket> {
  try {
    return await connectTcp(proxy.host, proxy.port, publisher, timeout, timer);
  } catch (error) {
    if (!(error instanceof RtmpError) || error.code === RtmpErrorCode.aborted) throw error;
    throw new RtmpError(RtmpErrorCode.proxy, 'proxy', 'The proxy could not be reached', { cause: error });
  }
}

async function openSocksTunnel(
  socket: Socket,
  proxy: Proxy,
  host: string,
  port: number,
  timeout: number,
): Promise<Socket> {
  const login = proxy.user === '' ? {} : { userId: proxy.user, password: proxy.password };
  try {
    const info = await SocksClient.createConnection({
      proxy: { host: proxy.host, port: proxy.port, type: 5, ...login },
      command: 'connect',
      destination: { host, port },
      timeout,
      existing_socket: socket,
    });
    return info.socket;
  } catch (cause) {
    // The library's error carries its options, and with them the password: only its words may go on.
    const reason = cause instanceof Error ? cause.message : 'for no known reason';
    throw refused(reason, undefined, /authentication/i.test(reason) ? 'auth' : 'retryable');
  }
}

function openHttpTunnel(socket: Socket, proxy: Proxy, host: string, port: number): Promise<Socket> {
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  const headers: Record<string, string> = { Host: authority };
  if (proxy.user !== '') {
    headers['Proxy-Authorization'] =
      `Basic ${Buffer.from(`${proxy.user}:${proxy.password}`).toString('base64')}`;
  }
  return new Promise((resolve, reject) => {
    const connect = request({ method: 'CONNECT', path: authority, headers, createConnection: () => socket });
    connect.on('connect', (response, tunnel, head) => {
      // Any 2xx means that the tunnel stands (RFC 9110 §9.3.6); Node reports every final status here.
      const { statusCode = 0 } = response;
      if (statusCode < 200 || statusCode > 299) {
        reject(refused(`HTTP status ${statusCode}`, undefined, statusCode === 407 ? 'auth' : 'retryable'));
        return;
      }
      if (head.length > 0) tunnel.unshift(head);
      resolve(tunnel as Socket);
    });
    connect.on('error', (cause) => reject(refused(cause.message, cause, 'retryable')));
    connect.end();
  });
}

/** Destroys the socket when the tunnel fails, takes too long, or the caller aborts. */
async function guard(
  socket: Socket,
  tunnel: Promise<Socket>,
  signal: AbortSignal | undefined,
  left: number,
  timeout: number,
): Promise<Socket> {
  let giveUp: (error: RtmpError) => void = ignore;
  const end = new Promise<never>((_resolve, reject) => {
    giveUp = reject;
  });
  const onAbort = (): void => giveUp(aborted(signal, 'proxy'));
  const timer = setTimeout(() => {
    giveUp(new RtmpError(RtmpErrorCode.timeout, 'proxy', `The proxy did not answer within ${timeout} ms`));
  }, left);
  signal?.addEventListener('abort', onAbort);
  try {
    if (signal?.aborted) throw aborted(signal, 'proxy');
    return await Promise.race([tunnel, end]);
  } catch (error) {
    tunnel.catch(ignore); // the tunnel that was given up has nobody to tell
    socket.on('error', ignore);
    socket.destroy();
    throw error;
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', onAbort);
  }
}

function refused(reason: string, cause: unknown, errorClass: RtmpErrorClass): RtmpError {
  const text = `The proxy refused: ${reason}`;
  return new RtmpError(RtmpErrorCode.proxy, 'proxy', text, { cause, class: errorClass });
}

function ignore(): void {}
