import type { FastifyInstance } from 'fastify';
import type { ChannelState, ChannelStatus } from '../../state.js';
import { type HttpContext, MAX_STATE_AGE } from '../http-context.js';
import type { channelStates } from '../schemas/channel-state.js';
import { text } from '../schemas/common.js';
import { infoSchema } from '../schemas/gateway-state.js';
import { documented } from './route-documentation.js';

const tags = ['gateway'];

/** `/v1/info`, `/v1/events` and `/openapi.json`: the gateway as a whole. */
export function infoRoutes(app: FastifyInstance, { snapshots, streams }: HttpContext): void {
  const infoDocumentation = documented({
    operationId: 'getInfo',
    summary: 'Version, configuration, memory and threads of the gateway.',
    tags,
    answers: infoSchema,
  });
  app.get('/v1/info', { schema: infoDocumentation }, async () => {
    const { at: _, channels, ...state } = await snapshots.get(MAX_STATE_AGE);
    return { ...state, nodeVersion: process.versions.node, channels: countByState(channels) };
  });

  const streamDocumentation = documented({
    operationId: 'streamEvents',
    summary: 'The state as server-sent events: a snapshot, then a delta a second.',
    description: 'See docs/api.md. Event snapshot: the whole state. Event delta: {patch, events}.',
    tags,
    answers: text('Server-sent events.'),
    mediaType: 'text/event-stream',
  });
  const options = { schema: streamDocumentation, exposeHeadRoute: false };
  app.get('/v1/events', options, (_request, reply) => streams.serve(reply));

  app.get('/openapi.json', { schema: { hide: true } }, async () => app.swagger());
}

function countByState(channels: readonly ChannelState[]): Record<ChannelStatus, number> {
  const counts = { starting: 0, online: 0, degraded: 0, offline: 0, disabled: 0 } satisfies Record<
    (typeof channelStates)[number],
    number
  >;
  for (const { state } of channels) counts[state]++;
  return counts;
}
