import { readFileSync } from 'node:fs';
import { EventParser, type ServerSentEvent } from '../../../gateway/view/event-parser.js';
import { CommandError, ExitCode, usageError } from '../../exit-code.js';

/** A gateway sends something each second: after so long without anything, in ms, the connection is dead. */
const SILENCE_TIMEOUT = 10_000;

/** The gateway refuses to be asked: another attempt would be refused as well. */
class RefusedError extends CommandError {}

/**
 * The events of a gateway, from one connection.
 * @throws CommandError when the gateway refuses the request; other errors when the connection fails, or
 *   breaks off.
 */
export async function* gatewayEvents(
  url: URL,
  token: string | undefined,
  signal: AbortSignal,
): AsyncGenerator<ServerSentEvent, void, void> {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(new Error('the gateway is silent')), SILENCE_TIMEOUT);
  try {
    const response = await fetch(new URL('/v1/events', url), {
      headers: {
        accept: 'text/event-stream',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      },
      signal: AbortSignal.any([signal, silence.signal]),
    });
    await checkAnswer(response, url);
    const parser = new EventParser();
    const decoder = new TextDecoder();
    for await (const piece of response.body!) {
      timer.refresh();
      yield* parser.push(decoder.decode(piece, { stream: true }));
    }
    throw new Error('the gateway has ended the connection');
  } finally {
    clearTimeout(timer);
    silence.abort();
  }
}

/** True when asking again makes no sense. */
export function isRefusal(error: unknown): boolean {
  return error instanceof RefusedError;
}

async function checkAnswer(response: Response, url: URL): Promise<void> {
  const type = response.headers.get('content-type') ?? '';
  if (response.ok && type.startsWith('text/event-stream')) return;
  const text = await response.text();
  if (response.status >= 500) throw new Error(`the gateway answered with status ${response.status}`);
  const reason = type.includes('problem+json')
    ? (JSON.parse(text) as { detail: string }).detail
    : 'it is no gateway';
  const hint = response.status === 401 ? ' (--token-file)' : '';
  throw new RefusedError(
    `${url.origin} answered with status ${response.status}: ${reason}${hint}`,
    ExitCode.failure,
  );
}

/** The first word of a file. @throws CommandError when it cannot be read, or is empty. */
export function readToken(path: string): string {
  let text: string;
  try {
    text = readFileSync(path, 'utf8').trim();
  } catch (error) {
    throw usageError(`--token-file: ${(error as Error).message}`);
  }
  if (/^\S+$/.test(text)) return text;
  throw usageError(`--token-file: ${path} must hold the token, and nothing else`);
}
