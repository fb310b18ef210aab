import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ChannelPlace } from '../../gateway.js';
import { Problem } from '../problem.js';

/** A node is given so long to begin with an answer, in ms: it may have to wait for a key frame. */
const TIMEOUT = 15_000;

/**
 * Answers of a gateway: a film, or why there is none. Nothing else is shown under this gateway's own address.
 */
const TYPES = /^(?:video\/mp4|application\/problem\+json)(?:;|$)/;

/**
 * Answers as another node of the cluster does, which runs the channel; all nodes have the same token.
 * @param signal the client has gone
 * @throws Problem `unavailable`
 */
export async function sendPreviewOf(
  { node, address }: ChannelPlace,
  { request, reply, signal }: { request: FastifyRequest; reply: FastifyReply; signal: AbortSignal },
): Promise<FastifyReply> {
  const { pathname } = new URL(request.url, address);
  const { authorization } = request.headers;
  const begun = new AbortController();
  const timer = setTimeout(() => begun.abort(), TIMEOUT);
  let answer: Response;
  try {
    answer = await fetch(`${address}${pathname}?local=true`, {
      headers: authorization === undefined ? {} : { authorization },
      // A gateway sends nobody elsewhere, and the token is for gateways.
      redirect: 'error',
      signal: AbortSignal.any([signal, begun.signal]),
    });
  } catch (error) {
    if (signal.aborted) return reply;
    const { cause, message } = error as Error & { cause?: { code?: string } };
    throw new Problem('unavailable', `${node} does not answer at ${address} (${cause?.code ?? message})`);
  } finally {
    clearTimeout(timer);
  }
  const type = answer.headers.get('content-type') ?? '';
  if (!TYPES.test(type)) {
    await answer.body?.cancel();
    throw new Problem(
      'unavailable',
      `at ${address} there is no gateway of this version: it answers with ${type || 'no type'}`,
    );
  }
  reply.type(type);
  const film = answer.body === null ? undefined : Readable.fromWeb(answer.body as ReadableStream);
  // It ends with whoever looks, or with the other node.
  film?.on('error', () => reply.raw.destroy());
  return reply.code(answer.status).send(film);
}
