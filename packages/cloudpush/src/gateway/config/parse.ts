import { dirname } from 'node:path';
import type { SpoolStoreOptions } from '@cloudpush/engine';
import type { ConfigurationFault } from '../state.js';
import { isLoopback, parseAddress } from './addresses.js';
import { planChannel } from './channel-plan.js';
import { planCluster } from './cluster-plan.js';
import type { ApiPlan, ChannelPlan, GatewayConfiguration, ListenAddress } from './configuration.js';
import { isHttpUrl } from './destination-plan.js';
import { ConfigurationDocument, MAX_DOCUMENT_LENGTH } from './document.js';
import { interpolate } from './interpolation.js';
import { milliseconds, PlanContext, Problems } from './plan-context.js';
import type { GatewayDocument } from './schema.js';
import { readSecret } from './secret.js';
import { settleSeries } from './spool-series.js';
import { parseDuration, parseSize } from './units.js';
import { isMap, validParts } from './valid-parts.js';
import { type SchemaFault, schemaFaults } from './validation.js';

/** How a configuration is read. */
export interface ParseOptions {
  /** Files that are played must be there. Default false. */
  readonly requiresMedia?: boolean;
  /** Its channels go into the store of its cluster, and may stand beside that. Default false. */
  readonly isImported?: boolean;
}

/** A configuration that was read: valid, or with all its faults. */
export type ParseResult =
  | { readonly configuration: GatewayConfiguration; readonly faults: readonly [] }
  | { readonly configuration: undefined; readonly faults: readonly ConfigurationFault[] };

/** Shortest token: long enough that nobody guesses it in a day. */
const MIN_TOKEN_LENGTH = 16;
const OPEN = 'others than this machine reach the address, and there is no token';

const EMPTY = 'the file is empty; the least that it holds is a line "version: 1" and a line "channels: {}"';

/**
 * Reads a configuration. All that is wrong is told at once, in the order of the text.
 * @param file where the text stands: paths in it are relative to its folder
 */
export function parseConfiguration(
  text: string,
  file: string,
  environment: NodeJS.ProcessEnv = process.env,
  { requiresMedia = false, isImported = false }: ParseOptions = {},
): ParseResult {
  if (text.length > MAX_DOCUMENT_LENGTH) {
    return rejected([
      {
        path: '',
        message: `the file has ${text.length} characters; at most ${MAX_DOCUMENT_LENGTH} are read`,
      },
    ]);
  }
  const source = new ConfigurationDocument(text);
  const syntaxFaults = source.syntaxFaults();
  if (syntaxFaults.length > 0) return rejected(syntaxFaults);
  if (source.isEmpty) return rejected([{ path: '', message: EMPTY }]);
  const found: SchemaFault[] = [];
  let values: unknown;
  try {
    values = interpolate(source.value(), environment, (path, message) => found.push({ path, message }));
  } catch (error) {
    return rejected([{ path: '', message: `not valid YAML: ${(error as Error).message}` }]);
  }
  found.push(...schemaFaults(values));
  const problems = new Problems(found);
  const context = new PlanContext({ environment, folder: dirname(file), requiresMedia }, problems);
  if (!isImported) requireChannelsElsewhere(values, problems);
  // Faults of the values are looked for in what the schema permits only.
  const document = found.length === 0 ? (values as GatewayDocument) : validParts(values, found);
  const configuration = document && plan(document, context, environment);
  if (found.length === 0) return { configuration: configuration!, faults: [] };
  const faults = found.map(({ path, message, atKey }) => source.fault(path, message, atKey));
  return rejected(faults.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0)));
}

/** A fault in one line: `gateway.yaml:7:12: channels.gate.audio: …` */
export function faultText(file: string, { line, column, path, message }: ConfigurationFault): string {
  const place = line === undefined ? file : `${file}:${line}:${column}`;
  return path === '' ? `${place}: ${message}` : `${place}: ${path}: ${message}`;
}

function rejected(faults: readonly ConfigurationFault[]): ParseResult {
  return { configuration: undefined, faults };
}

/** One channel would be configured in two places. */
function requireChannelsElsewhere(values: unknown, problems: Problems): void {
  if (!isMap(values) || values['cluster'] === undefined || !isMap(values['channels'])) return;
  if (Object.keys(values['channels']).length === 0) return;
  const message =
    'the channels of a cluster stand in its store: bring them there with "cloudpush cluster import FILE", then leave channels empty here';
  problems.add(['channels'], message);
}

function plan(
  document: GatewayDocument,
  context: PlanContext,
  environment: NodeJS.ProcessEnv,
): GatewayConfiguration {
  const { log = {}, engine = {}, api, metrics, stopTimeout = '10s', watch = true } = document;
  const { poolSize = '256MiB', maxConnections = 1024, shards, maxConnecting, maxStarting = 32 } = engine;
  requireConnections(document, maxConnections, context);
  const ca = context.certificates(['tokenServer', 'ca'], document.tokenServer?.ca);
  const plannedApi = api === undefined ? undefined : planApi(api, context.below('api'));
  return {
    log: { level: log.level ?? 'main', format: log.format ?? 'text' },
    engine: {
      poolSize: parseSize(poolSize),
      maxConnections,
      shards,
      maxConnecting,
      maxBatchDelay: milliseconds(engine.maxBatchDelay),
      maxAudioDelay: milliseconds(engine.maxAudioDelay),
      spool: document.spool && planSpool(document.spool, context),
      tokenServer: ca === undefined ? undefined : { tls: { ca } },
    },
    maxStarting,
    api: plannedApi,
    metrics: metrics && planMetrics(metrics.listen, plannedApi, context.below('metrics')),
    stopTimeout: parseDuration(stopTimeout)!,
    watch,
    cluster:
      document.cluster &&
      planCluster(document.cluster, plannedApi?.listen, environment, context.below('cluster')),
    channels: planChannels(document, context),
  };
}

function planSpool(
  { folder, maxBytes, maxAge, minFree, sync, maxGaps }: NonNullable<GatewayDocument['spool']>,
  context: PlanContext,
): SpoolStoreOptions {
  return {
    folder: context.path(folder),
    maxBytes: maxBytes === undefined ? undefined : parseSize(maxBytes),
    maxAge: milliseconds(maxAge),
    minFree: minFree === undefined ? undefined : parseSize(minFree),
    sync,
    maxGaps,
  };
}

function requireConnections(
  { channels, cluster }: GatewayDocument,
  limit: number,
  { problems }: PlanContext,
): void {
  // Channels of a cluster are shared by all its nodes.
  if (cluster !== undefined) return;
  const count = Object.values(channels).reduce((sum, { destinations }) => sum + destinations.length, 0);
  if (count <= limit) return;
  problems.add(['channels'], `${count} destinations, and engine.maxConnections is ${limit}: raise that`);
}

function planApi(given: NonNullable<GatewayDocument['api']>, context: PlanContext): ApiPlan {
  const { problems } = context;
  const listen = addressOf(given.listen ?? '127.0.0.1:9997', context);
  if (given.token !== undefined && given.tokenFile !== undefined) {
    problems.add([], 'token and tokenFile exclude each other');
  }
  const token =
    given.tokenFile === undefined
      ? context.secret(['token'], given.token)
      : tokenOf(given.tokenFile, context);
  if (token !== undefined && token.length < MIN_TOKEN_LENGTH) {
    problems.add([], `the token has ${token.length} characters; at least ${MIN_TOKEN_LENGTH} are needed`);
  }
  const isOpen = given.token === undefined && given.tokenFile === undefined;
  if (isOpen && !isLoopback(listen.host)) {
    problems.add(['listen'], `${OPEN}: give token or tokenFile`);
  }
  return { listen, token, allowedHosts: given.allowedHosts ?? [] };
}

function planMetrics(listen: string, api: ApiPlan | undefined, context: PlanContext) {
  const address = addressOf(listen, context);
  if (!isLoopback(address.host) && api?.token === undefined) {
    context.problems.add(['listen'], `${OPEN}: give api.token or api.tokenFile`);
  }
  return { listen: address };
}

function tokenOf(file: string, context: PlanContext): string | undefined {
  try {
    return readSecret(context.path(file));
  } catch (error) {
    context.problems.add(['tokenFile'], (error as Error).message);
    return undefined;
  }
}

function addressOf(text: string, { problems }: PlanContext): ListenAddress {
  const address = parseAddress(text);
  if (address === undefined) problems.add(['listen'], `"${text}" has no port from 0 to 65535`);
  return address ?? { host: '127.0.0.1', port: 0 };
}

function planChannels(document: GatewayDocument, context: PlanContext): Map<string, ChannelPlan> {
  const { tokenServer, channelDefaults, channels } = document;
  const server = context.below('tokenServer');
  if (tokenServer !== undefined && !isHttpUrl(tokenServer.url)) {
    server.problems.add(['url'], 'the URL is not http[s]://host[:port]/path');
  }
  const clientSecret = server.secret(['clientSecret'], tokenServer?.clientSecret);
  const surroundings = {
    defaults: channelDefaults?.destination ?? {},
    tokenServer,
    clientSecret,
    hasSpool: document.spool !== undefined,
  };
  const plans = new Map<string, ChannelPlan>();
  for (const [name, own] of Object.entries(channels)) {
    const input = { name, own, defaults: channelDefaults, surroundings };
    const planned = planChannel(input, context.below('channels', name));
    if (planned !== undefined) plans.set(name, planned);
  }
  return settleSeries(plans, document, context);
}
