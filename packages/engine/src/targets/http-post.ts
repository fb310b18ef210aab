import { lookupHost } from '@cloudpush/transport';
import { Agent, type Dispatcher, errors, request } from 'undici';
import { CloudPushError } from '../base/errors.js';
import { codeOf, invalidReply, shownCause, tlsFailed, tokenTimeout, unreachable } from './token-errors.js';
import type { TokenServerSettings, TokenTimeouts } from './token-server-options.js';

/** The most bytes of a reply's body. A target has a few hundred; what has more is a web page, or hostile. */
const MAX_REPLY_SIZE = 65_536;

/** Connections that are kept and used again. */
export function createAgent({
  connections,
  timeouts,
  tls,
}: Pick<TokenServerSettings, 'connections' | 'timeouts' | 'tls'>): Agent {
  return new Agent({
    connections,
    headersTimeout: timeouts.headers,
    bodyTimeout: timeouts.body,
    // Explicit, so that no environment variable turns it off.
    connect: {
      lookup: lookupHost,
      ...tls,
      timeout: timeouts.connect,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
    },
  });
}

/** One request. */
export interface HttpPost {
  readonly url: URL;
  readonly authorization: string | undefined;
  readonly body: string;
  /** Secrets that no error may show. */
  readonly secrets: readonly string[];
}

export interface HttpReply {
  readonly status: number;
  /** As it stands in the reply. */
  readonly retryAfter: string | undefined;
  /** Empty unless the status is 200 to 299. */
  readonly body: Uint8Array;
}

/**
 * Posts JSON and reads the reply, once. Redirects are not followed: they would take the credentials
 * elsewhere.
 * @throws CloudPushError `ERR_CLOUDPUSH_TOKEN_SERVER_UNREACHABLE`, `…_TOKEN_SERVER_TLS`, `…_TOKEN_TIMEOUT` or
 *   `…_TOKEN_REPLY_INVALID`; the signal's reason when that fires.
 */
export async function post(
  dispatcher: Dispatcher,
  { url, authorization, body, secrets }: HttpPost,
  timeouts: TokenTimeouts,
  signal: AbortSignal,
): Promise<HttpReply> {
  const headers: Record<string, string> = { 'content-type': 'application/json', accept: 'application/json' };
  if (authorization !== undefined) headers['authorization'] = authorization;
  try {
    const reply = await request(url, { dispatcher, method: 'POST', headers, body, signal });
    const field = reply.headers['retry-after'];
    const retryAfter = typeof field === 'string' ? field : undefined;
    const succeeded = reply.statusCode >= 200 && reply.statusCode < 300;
    if (!succeeded) await reply.body.dump({ limit: MAX_REPLY_SIZE, signal });
    const bytes = succeeded ? await readBody(reply.body) : new Uint8Array(0);
    return { status: reply.statusCode, retryAfter, body: bytes };
  } catch (error) {
    signal.throwIfAborted();
    throw error instanceof CloudPushError ? error : failure(url, error, secrets, timeouts);
  }
}

async function readBody(body: Dispatcher.ResponseData['body']): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of body as AsyncIterable<Uint8Array>) {
    size += part.length;
    if (size > MAX_REPLY_SIZE) {
      throw invalidReply('body', 'longer', `at most ${MAX_REPLY_SIZE} bytes`);
    }
    parts.push(part);
  }
  return Buffer.concat(parts, size);
}

/** System errors, and those of the HTTP client; on a TLS connection, what has another code comes from TLS. */
const NETWORK = /^(E[A-Z\d]+|EAI_[A-Z]+|UND_ERR_[A-Z_]+)$/;

function failure(
  url: URL,
  error: unknown,
  secrets: readonly string[],
  timeouts: TokenTimeouts,
): CloudPushError {
  const code = codeOf(error) ?? '';
  if (code === 'UND_ERR_CONNECT_TIMEOUT') return tokenTimeout('connect', timeouts.connect);
  if (code === 'UND_ERR_HEADERS_TIMEOUT') return tokenTimeout('headers', timeouts.headers);
  if (code === 'UND_ERR_BODY_TIMEOUT') return tokenTimeout('body', timeouts.body);
  const cause = shownCause(error, secrets);
  if (error instanceof errors.HTTPParserError) return invalidReply('form', 'no HTTP', 'HTTP/1.1', cause);
  const isTls = url.protocol === 'https:' && (code === 'EPROTO' || !NETWORK.test(code));
  return isTls ? tlsFailed(url.origin, cause) : unreachable(url.origin, cause);
}
