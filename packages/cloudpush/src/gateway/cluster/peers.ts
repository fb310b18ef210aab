import type { NodeRecord } from '../../cluster/records.js';
import { GatewayError, type GatewayErrorReason } from '../gateway.js';
import type { ConfigurationFault } from '../state.js';

/** A node is given so long for an answer, in ms. */
const TIMEOUT = 3000;

/** Fields of a problem of the API, see RFC 9457. */
interface ProblemBody {
  readonly type?: string;
  readonly detail?: string;
  readonly faults?: readonly ConfigurationFault[];
}

const reasons: Readonly<Record<string, GatewayErrorReason>> = {
  'not-found': 'notFound',
  'name-taken': 'exists',
  'revision-mismatch': 'revisionMismatch',
  'invalid-configuration': 'invalid',
  conflict: 'conflict',
  'not-writable': 'notWritable',
};

interface PeerRequest {
  readonly method?: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
}

/** Asks other nodes of the cluster by their API; all have the same token. */
export class Peers {
  readonly #token: () => string | undefined;

  constructor(token: () => string | undefined) {
    this.#token = token;
  }

  /** @throws GatewayError with the reason of the other node, or `unavailable` */
  async ask<T>(node: Pick<NodeRecord, 'id' | 'address'>, request: PeerRequest): Promise<T> {
    const { id } = node;
    const address = requireAddress(node);
    const token = this.#token();
    const headers: Record<string, string> = { 'content-type': 'application/json' };
    if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
    const body = request.body === undefined ? null : JSON.stringify(request.body);
    let response: Response;
    try {
      const { method = 'GET', path } = request;
      response = await fetch(address + path, { method, headers, body, signal: AbortSignal.timeout(TIMEOUT) });
      if (response.status === 204) return undefined as T;
      const answer = (await response.json()) as T & ProblemBody;
      if (response.ok) return answer;
      throw refusal(id, response.status, answer);
    } catch (error) {
      if (error instanceof GatewayError) throw error;
      const { cause, message } = error as Error & { cause?: { code?: string } };
      throw new GatewayError(
        'unavailable',
        `${id} does not answer at ${address} (${cause?.code ?? message})`,
      );
    }
  }
}

/** @throws GatewayError `unavailable` */
export function requireAddress({ id, address }: Pick<NodeRecord, 'id' | 'address'>): string {
  if (address !== undefined) return address;
  throw new GatewayError('unavailable', `${id} has no API: give it api, or cluster.address`);
}

function refusal(
  id: string,
  status: number,
  { type = '', detail = '', faults = [] }: ProblemBody,
): GatewayError {
  const reason = reasons[type.slice(type.lastIndexOf(':') + 1)] ?? 'unavailable';
  return new GatewayError(reason, detail === '' ? `${id} answers with status ${status}` : detail, faults);
}
