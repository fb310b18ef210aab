import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Type } from '../../schema-builder.js';
import type { ChannelState } from '../../state.js';
import { checkDepth } from '../body-depth.js';
import { type HttpContext, MAX_STATE_AGE } from '../http-context.js';
import { Problem } from '../problem.js';
import { channelPageSchema } from '../schemas/gateway-state.js';
import {
  channelQuery,
  channelResourceSchema,
  documentedNewChannels,
  newChannelsSchema,
} from '../schemas/requests.js';
import { sendResource } from './channel-requests.js';
import { documented } from './route-documentation.js';

interface ChannelQuery {
  readonly state?: string;
  readonly label?: string | readonly string[];
  readonly local?: boolean;
  readonly offset: number;
  readonly limit: number;
}

interface NewChannel {
  readonly name: string;
  readonly configuration: unknown;
}

/** `/v1/channels`: lists channels and adds some. */
export function channelListRoutes(app: FastifyInstance, context: HttpContext): void {
  const { gateway, snapshots } = context;
  const tags = ['channels'];
  app.get(
    '/v1/channels',
    {
      schema: documented({
        operationId: 'listChannels',
        summary: 'The states of channels, a page at a time.',
        tags,
        querystring: channelQuery,
        answers: channelPageSchema,
      }),
    },
    async (request, reply) => {
      const { state, label, local, offset, limit } = request.query as ChannelQuery;
      const states = local === true ? snapshots : context.views;
      const { channels } = await states.get(MAX_STATE_AGE);
      const found = channels.filter(channelFilter(state, label));
      const items = found.slice(offset, offset + limit);
      if (offset + limit < found.length) reply.header('link', nextPage(request, offset + limit));
      return { items, total: found.length, offset, limit };
    },
  );

  app.post(
    '/v1/channels',
    {
      schema: documented({
        operationId: 'addChannels',
        summary: 'Adds a channel, or several: all of them or none.',
        description: 'One channel is answered with the channel, a list with a list.',
        tags,
        body: newChannelsSchema,
        documentedBody: documentedNewChannels,
        status: 201,
        answers: Type.Union([channelResourceSchema, Type.Array(channelResourceSchema)]),
      }),
    },
    async ({ body }, reply) => {
      checkDepth(body);
      const isList = Array.isArray(body);
      const resources = await gateway.addChannels(channelsOf((isList ? body : [body]) as NewChannel[]));
      snapshots.forget();
      reply.code(201);
      if (isList) return resources;
      const resource = resources[0]!;
      return sendResource(reply.header('location', `/v1/channels/${resource.name}`), resource);
    },
  );
}

function channelFilter(
  states: string | undefined,
  labels: ChannelQuery['label'] = [],
): (channel: ChannelState) => boolean {
  const wantedStates = states?.split(',');
  const wantedLabels = (typeof labels === 'string' ? [labels] : labels).map(parseLabel);
  return ({ state, labels: present }) =>
    (wantedStates?.includes(state) ?? true) &&
    wantedLabels.every(
      ([name, value]) => Object.hasOwn(present, name) && (value === undefined || present[name] === value),
    );
}

/** NAME=VALUE or NAME */
function parseLabel(text: string): readonly [name: string, value: string | undefined] {
  const equals = text.indexOf('=');
  return equals < 0 ? [text, undefined] : [text.slice(0, equals), text.slice(equals + 1)];
}

/** A `Link` header (RFC 8288) to the same list from `offset` on. */
function nextPage(request: FastifyRequest, offset: number): string {
  const url = new URL(request.url, 'http://localhost');
  url.searchParams.set('offset', String(offset));
  return `<${url.pathname}${url.search}>; rel="next"`;
}

function channelsOf(list: readonly NewChannel[]): Record<string, unknown> {
  const channels = Object.fromEntries(list.map(({ name, configuration }) => [name, configuration]));
  if (Object.keys(channels).length === list.length) return channels;
  const seen = new Set<string>();
  const twice = list.find(({ name }) => seen.size === seen.add(name).size)!;
  throw new Problem('invalid-request', `channel ${twice.name} is in the list more than once`);
}
