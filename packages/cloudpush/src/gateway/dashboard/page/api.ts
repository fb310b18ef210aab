import type { ChannelResource, TriggerRequest } from '../../gateway.js';
import type { GatewayEvent } from '../../gateway-event.js';
import type { ConfigurationFault } from '../../state.js';
import type { Retry } from '../model/causes.js';

/** The token lives as long as the tab, and is never part of an address. */
const TOKEN_KEY = 'cloudpush-token';
/** So many requests of one click are under way at a time. */
const PARALLEL = 8;

/**
 * Refusal of a request, or a missing answer, as a sentence for people, with the faults of a configuration.
 */
export class RequestError extends Error {
  override readonly name = 'RequestError';
  /** HTTP's; 0: no answer. */
  readonly status: number;
  readonly faults: readonly ConfigurationFault[];

  constructor(message: string, status: number, faults: readonly ConfigurationFault[] = []) {
    super(message);
    this.status = status;
    this.faults = faults;
  }
}

/** Headers that show the token, if there is one. */
export function authorization(): Record<string, string> {
  const token = sessionStorage.getItem(TOKEN_KEY);
  return token === null ? {} : { authorization: `Bearer ${token}` };
}

/** Tells whether a token has been given in this tab. */
export function hasToken(): boolean {
  return sessionStorage.getItem(TOKEN_KEY) !== null;
}

/** Keeps the token for this tab. */
export function setToken(token: string): void {
  sessionStorage.setItem(TOKEN_KEY, token);
}

/** Parts of a request beside its path. */
export interface RequestInput {
  readonly method?: string;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
}

/** @throws RequestError (rejection) for every answer that is no success, and for none. */
export async function request(path: string, { method = 'GET', body, headers, signal }: RequestInput = {}) {
  const response = await fetch(path, {
    method,
    headers: {
      ...authorization(),
      ...(body !== undefined && { 'content-type': 'application/json' }),
      ...headers,
    },
    ...(body !== undefined && { body: JSON.stringify(body) }),
    ...(signal !== undefined && { signal }),
  }).catch((error: Error) => {
    if (error.name === 'AbortError') throw error;
    throw new RequestError('the gateway does not answer', 0);
  });
  if (!response.ok) throw await problemOf(response);
  return response;
}

async function problemOf(response: Response): Promise<RequestError> {
  const { detail, faults } = await response.json().catch(() => ({}));
  return new RequestError(
    detail ?? `the gateway answered with status ${response.status}`,
    response.status,
    faults,
  );
}

/** The path of a channel in the API. */
export function channelPath(name: string): string {
  return `/v1/channels/${encodeURIComponent(name)}`;
}

/** A channel with its configuration. */
export async function readChannel(name: string): Promise<ChannelResource> {
  return await (await request(channelPath(name))).json();
}

/** Reads the events of a channel, as far as the gateway has kept them, oldest first. */
export async function readEvents(name: string): Promise<readonly GatewayEvent[]> {
  return await (await request(`${channelPath(name)}/events?limit=1000`)).json();
}

export type ChannelAction = 'start' | 'stop' | 'restart';

export async function act(name: string, action: ChannelAction): Promise<void> {
  await request(`${channelPath(name)}/${action}`, { method: 'POST' });
}

export async function trigger(name: string, body: TriggerRequest): Promise<void> {
  await request(`${channelPath(name)}/trigger`, { method: 'POST', body });
}

export async function removeChannel(name: string): Promise<void> {
  await request(channelPath(name), { method: 'DELETE' });
}

export async function addChannel(name: string, configuration: unknown): Promise<void> {
  await request('/v1/channels', { method: 'POST', body: { name, configuration } });
}

/** Fails when the channel has been changed since `revision`. */
export async function changeChannel(name: string, configuration: unknown, revision: string): Promise<void> {
  const headers = { 'if-match': `"${revision}"` };
  await request(channelPath(name), { method: 'PUT', body: configuration, headers });
}

export async function reloadConfiguration(): Promise<void> {
  await request('/v1/config/reload', { method: 'POST' });
}

/**
 * Ends the waits of destinations, and connects the channels of sources anew; the first failure is thrown at
 * the end.
 */
export async function retryAll(retries: readonly Retry[]): Promise<void> {
  const waiting = [...retries];
  const errors: unknown[] = [];
  const work = async () => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await retry(next).catch((error) => errors.push(error));
    }
  };
  await Promise.all(Array.from({ length: PARALLEL }, work));
  if (errors.length > 0) throw errors[0];
}

async function retry({ channel, destination }: Retry): Promise<void> {
  const path = channelPath(channel);
  if (destination === undefined) await request(`${path}/restart`, { method: 'POST' });
  else await request(`${path}/destinations/${encodeURIComponent(destination)}/retry`, { method: 'POST' });
}
