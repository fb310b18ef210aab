import { RtmpError, RtmpErrorCode } from './errors.js';

/** The parts of a push URL `rtmp[s]://host[:port]/app/stream…`. */
export interface RtmpUrl {
  readonly secure: boolean;
  /** Host name or address; IPv6 without brackets. */
  readonly host: string;
  /** 1935 for rtmp and 443 for rtmps unless given. */
  readonly port: number;
  /** First path segment, unless {@link RtmpUrlOptions.app} says otherwise. */
  readonly app: string;
  /** The rest of the path: with the usual rule `streamname/time`. May be empty. */
  readonly streamName: string;
  /** Query without its question mark, empty when there is none. Usually holds the token. */
  readonly query: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** `scheme://host[:port]/app`: no credentials, no query; the port appears unless it is the scheme's own. */
  readonly tcUrl: string;
}

export interface RtmpUrlOptions {
  /** The app, when it is not the first path segment: then the path must start with it (`live/cam` …). */
  readonly app?: string | undefined;
}

const DEFAULT_PORT = { 'rtmp:': 1935, 'rtmps:': 443 } as const;

/**
 * Takes a push URL apart. IPv6 literals, default ports, queries and user info are understood.
 * @throws RtmpError `ERR_CLOUDPUSH_INVALID_URL`; its text shows neither query nor user info.
 */
export function parseRtmpUrl(text: string, options: RtmpUrlOptions = {}): RtmpUrl {
  // The scheme is not one that WHATWG URL treats as special, so percent-encoding and case stay as they are.
  const match = /^(rtmps?:)\/\//i.exec(text);
  if (!match) throw invalid('has no rtmp:// or rtmps:// scheme');
  const scheme = match[1]!.toLowerCase() as 'rtmp:' | 'rtmps:';
  const url = toUrl(text);
  if (/[\s\p{Cc}]/u.test(text)) throw invalid('contains white space or control characters');
  if (url.hostname === '') throw invalid('names no host');
  const host = url.hostname.startsWith('[') ? url.hostname.slice(1, -1) : url.hostname.toLowerCase();
  const port = url.port === '' ? DEFAULT_PORT[scheme] : Number(url.port);
  if (port === 0) throw invalid('has port 0, permitted are 1 to 65535');
  // A number sign has no meaning in RTMP; stream keys may hold one.
  const query = url.search === '' ? '' : url.search.slice(1) + url.hash;
  const { app, streamName } = splitPath(
    url.search === '' ? url.pathname + url.hash : url.pathname,
    options.app,
  );
  const authority = host.includes(':') ? `[${host}]` : host;
  const shownPort = port === DEFAULT_PORT[scheme] ? '' : `:${port}`;
  return {
    secure: scheme === 'rtmps:',
    host,
    port,
    app,
    streamName,
    query,
    user: url.username === '' ? undefined : decode(url.username),
    password: url.password === '' ? undefined : decode(url.password),
    tcUrl: `${scheme}//${authority}${shownPort}/${app}`,
  };
}

/** The URL for people: no query, no user info. */
export function displayUrl(url: RtmpUrl): string {
  return url.streamName === '' ? url.tcUrl : `${url.tcUrl}/${url.streamName}`;
}

function toUrl(text: string): URL {
  try {
    return new URL(text);
  } catch {
    // The cause would repeat the text, and with it the secrets.
    throw invalid('cannot be parsed (host or port is malformed)');
  }
}

function splitPath(pathname: string, wantedApp: string | undefined): { app: string; streamName: string } {
  const path = pathname.replace(/^\/+/, '');
  if (wantedApp !== undefined) {
    const app = wantedApp.replace(/^\/+|\/+$/g, '');
    if (app === '') throw invalid('is given an empty app');
    if (path !== app && !path.startsWith(`${app}/`))
      throw invalid('does not start with the app that is given');
    return { app, streamName: path.slice(app.length + 1) };
  }
  const slash = path.indexOf('/');
  const app = slash < 0 ? path : path.slice(0, slash);
  if (app === '') throw invalid('names no app');
  return { app, streamName: slash < 0 ? '' : path.slice(slash + 1) };
}

function decode(component: string): string {
  try {
    return decodeURIComponent(component);
  } catch {
    return component;
  }
}

function invalid(what: string): RtmpError {
  return new RtmpError(RtmpErrorCode.invalidUrl, 'url', `The push URL ${what}`);
}
