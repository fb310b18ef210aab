import { domainToASCII } from 'node:url';
import { RtmpError, RtmpErrorCode } from './errors.js';
import { describeType, requireType } from './option-types.js';

/** The parts of a push URL `rtmp[s]://host[:port]/app/stream…`. Names and queries are as they were typed. */
export interface RtmpUrl {
  readonly secure: boolean;
  /** Host name, in the form that DNS knows, or address; IPv6 without brackets. */
  readonly host: string;
  /** 1935 for rtmp and 443 for rtmps unless given. */
  readonly port: number;
  /** First path segment, unless {@link RtmpUrlOptions.app} says otherwise; without its query. */
  readonly app: string;
  /**
   * Query that stands behind the app, before the stream name (`/live?key=x/camera`), without its question
   * mark; undefined when there is none. Usually holds a token.
   */
  readonly appQuery: string | undefined;
  /** The rest of the path: with the usual rule `streamname/time`. May be empty. */
  readonly streamName: string;
  /**
   * Query behind the stream name, without its question mark; empty when there is none. Usually holds the
   * token, and may be all that there is of the name.
   */
  readonly query: string;
  readonly user: string | undefined;
  readonly password: string | undefined;
  /** `scheme://host[:port]/app`: no credentials, no query; the port appears unless it is the scheme's own. */
  readonly tcUrl: string;
}

/** Options of reading an RTMP URL. */
export interface RtmpUrlOptions {
  /** The app, when it is not the first path segment: then the path must start with it (`live/cam` …). */
  readonly app?: string | undefined;
}

/** Bytes of an AMF 0 string (§2.4), in which a server is told the parts of a URL. */
const LONGEST = 2 ** 16 - 1;

const DEFAULT_PORT = { rtmp: 1935, rtmps: 443 } as const;

/**
 * Scheme; user info and host up to the first of `/?#`; the rest (RFC 3986, appendix B, but nothing is
 * decoded).
 */
const FORM = /^(rtmps?):\/\/([^/?#]*)(.*)$/is;

/**
 * Takes a push URL apart. IPv6 literals, default ports, queries and user info are understood. Names travel as
 * they were typed, as with other clients: nothing is percent-encoded or -decoded (but the user info), no dots
 * are resolved.
 * @throws RtmpError `ERR_CLOUDPUSH_INVALID_URL`; its text shows neither query nor user info.
 */
export function parseRtmpUrl(text: string, options: RtmpUrlOptions = {}): RtmpUrl {
  if (typeof text !== 'string') throw invalid(`is ${describeType(text)}, where a text is permitted`);
  requireType('options', options, 'object');
  const bytes = Buffer.byteLength(text);
  if (bytes > LONGEST) throw invalid(`has ${bytes} bytes, where ${LONGEST} are permitted`);
  const match = FORM.exec(text);
  if (match === null) throw invalid('does not start with rtmp:// or rtmps://');
  if (/[\s\p{Cc}]/u.test(text)) throw invalid('contains white space or control characters');
  const scheme = match[1]!.toLowerCase() as 'rtmp' | 'rtmps';
  const authority = match[2]!;
  const userInfoEnd = authority.lastIndexOf('@');
  const { host, port = DEFAULT_PORT[scheme] } = splitAuthority(authority.slice(userInfoEnd + 1));
  const path = splitPath(match[3]!.replace(/^\/+/, ''), options.app);
  const shownHost = host.includes(':') ? `[${host}]` : host;
  const shownPort = port === DEFAULT_PORT[scheme] ? '' : `:${port}`;
  return {
    secure: scheme === 'rtmps',
    host,
    port,
    ...path,
    ...splitUserInfo(authority.slice(0, Math.max(0, userInfoEnd))),
    tcUrl: `${scheme}://${shownHost}${shownPort}/${path.app}`,
  };
}

/** Tells whether a text is a push URL. */
export function isRtmpUrl(text: string): boolean {
  try {
    return parseRtmpUrl(text).host !== '';
  } catch {
    return false;
  }
}

/** The URL for people: no query, no user info. */
export function displayUrl(url: RtmpUrl): string {
  return url.streamName === '' ? url.tcUrl : `${url.tcUrl}/${url.streamName}`;
}

/** The stream name as a server is told it, with its query; empty when the URL names no stream. */
export function publishedName({ streamName, query }: Pick<RtmpUrl, 'streamName' | 'query'>): string {
  return query === '' ? streamName : `${streamName}?${query}`;
}

function splitAuthority(text: string): { host: string; port: number | undefined } {
  const match = /^(\[[^\]]*\]|[^:]*)(?::(\d*))?$/.exec(text);
  if (match === null) throw invalid('cannot be parsed (host or port is malformed)');
  const host = hostOf(match[1]!);
  const digits = match[2] ?? '';
  if (digits === '') return { host, port: undefined };
  const port = Number(digits);
  if (port < 1 || port > 65_535) throw invalid(`has port ${digits}, permitted are 1 to 65535`);
  return { host, port };
}

function hostOf(text: string): string {
  if (text === '') throw invalid('names no host');
  if (text.startsWith('[')) {
    // The zone of a link-local address may be written with the percent sign encoded (RFC 6874).
    const address = text.slice(1, -1).replace('%25', '%');
    const [bare, zone = 'none'] = address.split('%', 2);
    if (!/^[\w.~-]+$/.test(zone) || !URL.canParse(`http://[${bare}]/`))
      throw invalid('holds an invalid IPv6 address');
    return address;
  }
  const name = /^[\w.~-]*$/.test(text) ? text.toLowerCase() : domainToASCII(text);
  // An underscore is no part of a host name, but of many a name in a private network.
  if (!/^[\w.~-]+$/.test(name)) throw invalid('cannot be parsed (host or port is malformed)');
  return name;
}

function splitUserInfo(text: string): { user: string | undefined; password: string | undefined } {
  const colon = text.indexOf(':');
  const user = colon < 0 ? text : text.slice(0, colon);
  const password = colon < 0 ? '' : text.slice(colon + 1);
  return {
    user: user === '' ? undefined : decode(user),
    password: password === '' ? undefined : decode(password),
  };
}

type Path = Pick<RtmpUrl, 'app' | 'appQuery' | 'streamName' | 'query'>;

/**
 * A question mark in the first segment begins the app's query, which ends at the next slash; behind that
 * slash stands the stream, whose name ends at its own question mark. A number sign has no meaning in RTMP:
 * stream keys may hold one.
 */
function splitPath(path: string, wantedApp: string | undefined): Path {
  const app = wantedApp === undefined ? firstSegment(path) : givenApp(path, wantedApp);
  const rest = path.slice(app.length);
  const slash = rest.indexOf('/');
  const beforeName = slash < 0 ? rest : rest.slice(0, slash);
  const name = slash < 0 ? '' : rest.slice(slash + 1);
  const question = name.indexOf('?');
  return {
    app,
    appQuery: beforeName.length > 1 ? beforeName.slice(1) : undefined,
    streamName: question < 0 ? name : name.slice(0, question),
    query: question < 0 ? '' : name.slice(question + 1),
  };
}

function firstSegment(path: string): string {
  const app = /^[^/?]*/.exec(path)![0];
  if (app === '') throw invalid('names no app, as rtmp://host/app/stream does');
  return app;
}

function givenApp(path: string, wanted: string): string {
  const app = wanted.replace(/^\/+|\/+$/g, '');
  if (app === '') throw invalid('cannot be read with an empty app option');
  const next = path[app.length];
  if (!path.startsWith(app) || (next !== undefined && next !== '/' && next !== '?'))
    throw invalid('has a path that does not start with the app option');
  return app;
}

function decode(component: string): string {
  try {
    return decodeURIComponent(component);
  } catch {
    return component;
  }
}

function invalid(what: string): RtmpError {
  return new RtmpError(RtmpErrorCode.invalidUrl, 'url', `the push URL ${what}`);
}
