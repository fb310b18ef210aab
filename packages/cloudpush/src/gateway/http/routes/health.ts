import type { FastifyInstance } from 'fastify';
import { Type } from '../../schema-builder.js';
import type { HttpContext } from '../http-context.js';
import { Problem } from '../problem.js';
import { choice, text } from '../schemas/common.js';
import { documented } from './route-documentation.js';

const tags = ['health'];
/** Of probes, in ms: they may be many. */
const MAX_AGE = 1000;
const config = { isPublic: true };
const healthSchema = Type.Object({ status: choice('All is well.', ['ok']) });

/** `/healthz`, `/readyz` and `/metrics`: for those who watch over the gateway. */
export function healthRoutes(app: FastifyInstance, { snapshots, metrics }: HttpContext): void {
  const aliveSchema = documented({
    operationId: 'getHealth',
    summary: 'Says whether the gateway answers. Needs no token.',
    tags,
    answers: healthSchema,
  });
  app.get('/healthz', { schema: aliveSchema, config }, async () => {
    await snapshots.get(MAX_AGE);
    return { status: 'ok' };
  });

  const readySchema = documented({
    operationId: 'getReadiness',
    summary: 'Says whether the gateway has read its configuration and is not about to end. Needs no token.',
    tags,
    answers: healthSchema,
  });
  app.get('/readyz', { schema: readySchema, config }, async () => {
    const { ready } = await snapshots.get(MAX_AGE);
    if (!ready) throw new Problem('unavailable', 'the gateway is starting or stopping');
    return { status: 'ok' };
  });

  const metricsSchema = documented({
    operationId: 'getMetrics',
    summary: 'Metrics in the text format of Prometheus.',
    tags,
    answers: text('See docs/metrics.md.'),
    mediaType: 'text/plain',
  });
  app.get('/metrics', { schema: metricsSchema }, async (_request, reply) => {
    const exposition = await metrics.scrape();
    return reply.type(metrics.contentType).send(exposition);
  });
}
