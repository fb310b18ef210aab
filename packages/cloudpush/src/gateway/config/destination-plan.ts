import type {
  ConnectionOptions,
  DestinationOptions,
  DestinationSettings,
  TargetRequest,
} from '@cloudpush/engine';
import { isIpAddress, publishingPlace } from './addresses.js';
import type { DestinationPlan } from './configuration.js';
import { milliseconds, type PlanContext, type Problems, pickOne, planRetry } from './plan-context.js';
import type { ChannelDocument, GatewayDocument } from './schema.js';
import { seriesOf } from './spool-series.js';
import { parseSize } from './units.js';

type DestinationDocument = Exclude<ChannelDocument['destinations'][number], string>;
type Defaults = NonNullable<NonNullable<GatewayDocument['channelDefaults']>['destination']>;

const PROXIES = ['socks5:', 'socks5h:', 'http:'];
const SHA_256 = /^(?:[0-9a-f]{2}:?){31}[0-9a-f]{2}$/i;
/** Bytes a ms that the pre-roll of a camera may have: 16 Mbit/s. */
const PRE_ROLL_RATE = 2000;

/** Parts of the configuration that all destinations share. */
export interface DestinationSurroundings {
  readonly defaults: Defaults;
  readonly tokenServer: GatewayDocument['tokenServer'];
  /** Of the token server; undefined where there is none, or it cannot be found. */
  readonly clientSecret: string | undefined;
  /** The gateway has a disk spool. */
  readonly hasSpool: boolean;
}

/** The same, and what the destinations of a channel share. */
export interface ChannelSurroundings extends DestinationSurroundings {
  /** The name of the channel. */
  readonly channel: string;
  /** In ms. */
  readonly preRoll: number;
}

/** A destination as the engine takes it; undefined when it is at fault, which the problems tell. */
export function planDestination(
  given: ChannelDocument['destinations'][number],
  number: number,
  surroundings: ChannelSurroundings,
  context: PlanContext,
): DestinationPlan | undefined {
  const own: DestinationDocument = typeof given === 'string' ? { url: given } : given;
  const document = { ...surroundings.defaults, ...own };
  const place = placeOf(document, surroundings, context);
  const settings = settingsOf(document, surroundings, context);
  requireSpool(document, surroundings, context.problems);
  if (place === undefined) return undefined;
  const options = { ...place.options, ...settings } as DestinationOptions;
  return { name: own.name ?? `destination-${number}`, place: place.place, host: place.host, options };
}

function requireSpool(
  { overflow = 'drop', spool }: DestinationDocument,
  { hasSpool }: DestinationSurroundings,
  problems: Problems,
): void {
  if (overflow === 'spool' && !hasSpool)
    problems.add(
      ['overflow'],
      'there is no disk spool: name its folder, spool.folder, at the top of the file',
    );
  if (overflow !== 'spool' && spool !== undefined)
    problems.add(['spool'], 'it has an effect with overflow: spool only');
}

interface Place {
  readonly options: { readonly url: string } | { readonly target: TargetRequest };
  readonly place: string;
  readonly host: string | undefined;
}

function placeOf(
  document: DestinationDocument,
  surroundings: DestinationSurroundings,
  context: PlanContext,
): Place | undefined {
  const kind = pickOne(document, ['url', 'device'], context.problems);
  if (kind === undefined) return undefined;
  if (kind === 'device') return devicePlace(document, surroundings, context.below('device'));
  const { url = '' } = document;
  try {
    const { place, host, namesStream } = publishingPlace(url);
    if (namesStream) return { options: { url }, place, host };
    context.problems.add(['url'], 'the URL names no stream; permitted: rtmp[s]://host[:port]/app/name');
  } catch (error) {
    context.problems.add(['url'], (error as Error).message);
  }
  return undefined;
}

function devicePlace(
  { device }: DestinationDocument,
  { tokenServer, clientSecret }: DestinationSurroundings,
  context: PlanContext,
): Place | undefined {
  const { serialNumber, token, tokenUrl = tokenServer?.url, live } = device!;
  const { problems } = context;
  if (tokenUrl === undefined) {
    problems.add([], 'there is no token server to ask: give tokenUrl, or tokenServer for all');
    return undefined;
  }
  if (!isHttpUrl(tokenUrl)) {
    problems.add(['tokenUrl'], 'the URL is not http[s]://host[:port]/path');
    return undefined;
  }
  const deviceToken = context.secret(['token'], token);
  return { options: { target: request() }, place: `device ${serialNumber}`, host: undefined };

  function request(): TargetRequest {
    if (live === true) return { kind: 'live', tokenUrl: tokenUrl!, deviceSN: serialNumber };
    if (deviceToken !== undefined) {
      return { kind: 'deviceToken', deviceToken, tokenUrl, streamname: serialNumber };
    }
    // The secret is meant for the token server of all, and for no other.
    const ours = tokenUrl === tokenServer?.url ? { clientId: tokenServer?.clientId, clientSecret } : {};
    return { kind: 'device', deviceSN: serialNumber, tokenUrl, ...ours };
  }
}

function settingsOf(
  document: DestinationDocument,
  { channel, preRoll }: ChannelSurroundings,
  context: PlanContext,
): DestinationSettings {
  const { maxQueue, reconnect, segmentConnection, spool } = document;
  const series = seriesOf(channel, document.name, spool?.series);
  return {
    // A live source does not wait.
    overflow: document.overflow ?? 'drop',
    spool: document.overflow === 'spool' ? { ...spool, series } : spool,
    // An event begins with its pre-roll, all at once.
    highWatermark: {
      bytes: (bytes(maxQueue?.bytes) ?? 8 * 1024 ** 2) + preRoll * PRE_ROLL_RATE,
      ms: (milliseconds(maxQueue?.time) ?? 4000) + preRoll,
    },
    stallTimeout: milliseconds(document.stallTimeout) ?? 15_000,
    connectTimeout: milliseconds(document.connectTimeout),
    closeTimeout: milliseconds(document.closeTimeout),
    reconnect: planRetry(reconnect, { initial: 500, max: 30_000 }, context.below('reconnect').problems),
    segmentConnection,
    connection: connectionOf(document, context),
  };
}

function connectionOf(document: DestinationDocument, context: PlanContext): ConnectionOptions {
  const { profile, tokenPlacement, localAddress, username, tls } = document;
  const password = context.secret(['password'], document.password);
  if ((username === undefined) !== (document.password === undefined)) {
    context.problems.add([], 'username and password go together: one of them is missing');
  }
  const proxy = context.secret(['proxy'], document.proxy);
  requireReachable({ proxy, localAddress, fingerprints: tls?.fingerprints }, context.problems);
  const options: Record<string, unknown> = {
    profile,
    tokenPlacement,
    localAddress,
    token: context.secret(['token'], document.token),
    proxy,
    credentials: username === undefined || password === undefined ? undefined : { user: username, password },
    tls: tls === undefined ? undefined : tlsOf(tls, context.below('tls')),
  };
  return withoutUndefined(options) as ConnectionOptions;
}

/** Notes what the engine would refuse when it connects. A proxy is not shown: it may hold a password. */
function requireReachable(
  given: {
    readonly proxy: string | undefined;
    readonly localAddress: string | undefined;
    readonly fingerprints: readonly string[] | undefined;
  },
  problems: Problems,
): void {
  const { proxy, localAddress, fingerprints = [] } = given;
  if (proxy !== undefined && !(URL.canParse(proxy) && PROXIES.includes(new URL(proxy).protocol))) {
    problems.add(['proxy'], 'the proxy is not socks5://[user:password@]host:port or http://…');
  }
  if (localAddress !== undefined && !isIpAddress(localAddress)) {
    problems.add(['localAddress'], `"${localAddress}" is not an IP address`);
  }
  for (const [index, text] of fingerprints.entries()) {
    if (SHA_256.test(text)) continue;
    problems.add(['tls', 'fingerprints', index], `"${text}" is not a SHA-256 of 64 hexadecimal digits`);
  }
}

function tlsOf(
  { ca, fingerprints, servername, cert, key }: NonNullable<DestinationDocument['tls']>,
  context: PlanContext,
): NonNullable<ConnectionOptions['tls']> {
  return withoutUndefined({
    ca: context.certificates(['ca'], ca),
    pins: fingerprints,
    servername,
    cert: context.certificates(['cert'], cert),
    key: context.privateKey(['key'], key),
  }) as NonNullable<ConnectionOptions['tls']>;
}

export function isHttpUrl(text: string): boolean {
  return URL.canParse(text) && ['http:', 'https:'].includes(new URL(text).protocol);
}

function withoutUndefined<T extends object>(given: T): T {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as T;
}

function bytes(text: string | undefined): number | undefined {
  return text === undefined ? undefined : parseSize(text);
}
