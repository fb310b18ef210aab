import { request } from 'node:http';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';
import { SocksClient } from 'socks';
import { type ErrorClass, RtmpError, RtmpErrorCode } from '../../errors.js';
import { aborted } from '../common/abort.js';
import { waitFor } from '../common/wait.js';
import type { Endpoint, Route } from './dial-options.js';
import { connectTcp } from './tcp.js';

interface Proxy extends Endpoint {
  readonly kind: 'socks5' | 'http';
  readonly user: string;
  readonly password: string;
}

const DEFAULT_PORT = { socks5: 1080, http: 8080 } as const;

/**
 * Connects to a host through a proxy, which resolves its name itself.
 * @throws RtmpError `ERR_CLOUDPUSH_PROXY`, `ERR_CLOUDPUSH_TIMEOUT`, `ERR_CLOUDPUSH_ABORTED`
 */
export async function connectThroughProxy(proxyUrl: string, target: Endpoint, route: Route): Promise<Socket> {
  const { timeout, timer } = route;
  const { signal } = route.options;
  const proxy = parseProxy(proxyUrl);
  const deadline = performance.now() + timeout;
  const socket = await reach(proxy, route);
  timer.begin('proxy');
  const left = Math.max(1, Math.ceil(deadline - performance.now()));
  try {
    if (signal?.aborted) throw aborted(signal, 'proxy');
    return await waitFor(openTunnel(socket, proxy, target, left), {
      signal,
      aborted: () => aborted(signal, 'proxy'),
      timeout: left,
      late: () => tooLate(timeout),
    });
  } catch (error) {
    socket.on('error', ignore);
    socket.destroy();
    throw error;
  }
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
      'the proxy is not a URL of the form socks5://host:port or http://host:port',
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
      'the login in the proxy URL is not percent-encoded: write a percent sign in it as %25',
    );
  }
}

async function reach(proxy: Proxy, route: Route): Promise<Socket> {
  try {
    return await connectTcp(proxy, route);
  } catch (error) {
    if (!(error instanceof RtmpError) || error.code === RtmpErrorCode.aborted) throw error;
    throw new RtmpError(RtmpErrorCode.proxy, 'proxy', 'the proxy could not be reached', { cause: error });
  }
}

function openTunnel(socket: Socket, proxy: Proxy, target: Endpoint, timeout: number): Promise<Socket> {
  return proxy.kind === 'http'
    ? openHttpTunnel(socket, proxy, target)
    : openSocksTunnel(socket, proxy, target, timeout);
}

async function openSocksTunnel(
  socket: Socket,
  proxy: Proxy,
  { host, port }: Endpoint,
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

function openHttpTunnel(socket: Socket, proxy: Proxy, { host, port }: Endpoint): Promise<Socket> {
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

function tooLate(timeout: number): RtmpError {
  return new RtmpError(RtmpErrorCode.timeout, 'proxy', `the proxy did not answer within ${timeout} ms`);
}

function refused(reason: string, cause: unknown, errorClass: ErrorClass): RtmpError {
  const text = `the proxy refused: ${reason}`;
  return new RtmpError(RtmpErrorCode.proxy, 'proxy', text, { cause, class: errorClass });
}

function ignore(): void {}
