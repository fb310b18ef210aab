import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { parseEntityTags } from '../entity-tag.js';
import type { StaticFile } from '../static-files.js';

const ONE_YEAR = 31_536_000;

/** The files of the dashboard, each at its own path. They hold no data, so no token is asked for. */
export function dashboardRoutes(app: FastifyInstance, files: readonly StaticFile[]): void {
  for (const file of files) {
    const options = { schema: { hide: true }, config: { isPublic: true } };
    app.get(file.path, options, async (request, reply) => sendFile(request, reply, file));
  }
}

function sendFile(request: FastifyRequest, reply: FastifyReply, file: StaticFile): FastifyReply {
  const { etag, isImmutable, gzipped, content } = file;
  reply.header('etag', etag);
  reply.header('cache-control', isImmutable ? `public, max-age=${ONE_YEAR}, immutable` : 'no-cache');
  if (gzipped !== undefined) reply.header('vary', 'accept-encoding');
  if (isKnown(request.headers['if-none-match'], etag)) return reply.code(304).send();
  reply.type(file.mediaType);
  const takesGzip = /\bgzip\b(?!\s*;\s*q=0(\.0*)?\s*(,|$))/i.test(
    String(request.headers['accept-encoding'] ?? ''),
  );
  if (gzipped === undefined || !takesGzip) return reply.send(content);
  return reply.header('content-encoding', 'gzip').send(gzipped);
}

function isKnown(header: string | undefined, etag: string): boolean {
  const tags = parseEntityTags('If-None-Match', header);
  return tags === '*' || tags?.some((tag) => `"${tag}"` === etag) === true;
}
