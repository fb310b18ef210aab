import type { FastifyInstance } from 'fastify';
import type { ChannelResource, TriggerRequest } from '../../gateway.js';
import { Type } from '../../schema-builder.js';
import type { GatewayPort } from '../gateway-port.js';
import type { HttpContext } from '../http-context.js';
import { eventSchema } from '../schemas/common.js';
import { channelParameters, channelResourceSchema, eventQuery, triggerSchema } from '../schemas/requests.js';
import { type ChannelParameters, channelNamed, sendResource } from './channel-requests.js';
import { documented } from './route-documentation.js';

const tags = ['channels'];

/** An action that needs nothing but the channel's name. */
interface SimpleAction {
  readonly summary: string;
  readonly run: (gateway: GatewayPort, name: string) => Promise<ChannelResource>;
}

const simpleActions: Readonly<Record<string, SimpleAction>> = {
  start: {
    summary: 'Starts a channel that is disabled; it stays started after a restart of the gateway.',
    run: (gateway, name) => gateway.startChannel(name),
  },
  stop: {
    summary: 'Ends the streams of a channel cleanly; it stays stopped after a restart of the gateway.',
    run: (gateway, name) => gateway.stopChannel(name),
  },
  restart: {
    summary: 'Connects the source and the destinations of a channel anew.',
    run: (gateway, name) => gateway.restartChannel(name),
  },
};

/** `/v1/channels/{name}/start` and what else can be done with a channel; and what has happened to it. */
export function channelActionRoutes(app: FastifyInstance, context: HttpContext): void {
  for (const [action, { summary, run }] of Object.entries(simpleActions)) {
    const operationId = `${action}Channel`;
    const schema = documented({
      operationId,
      summary,
      tags,
      params: channelParameters,
      answers: channelResourceSchema,
    });
    app.post(`/v1/channels/:name/${action}`, { schema }, async ({ params }, reply) => {
      const resource = await run(context.gateway, (params as ChannelParameters).name);
      context.snapshots.forget();
      return sendResource(reply, resource);
    });
  }
  triggerRoute(app, context);
  eventsRoute(app, context);
}

function triggerRoute(app: FastifyInstance, { gateway, snapshots }: HttpContext): void {
  const schema = documented({
    operationId: 'triggerChannel',
    summary: 'Tells a channel in event mode that something has happened.',
    tags,
    params: channelParameters,
    body: triggerSchema,
    answers: channelResourceSchema,
  });
  const preValidation = async (request: { body: unknown }) => {
    request.body ??= {};
  };
  app.post('/v1/channels/:name/trigger', { schema, preValidation }, async ({ params, body }, reply) => {
    const { name } = params as ChannelParameters;
    const resource = await gateway.triggerChannel(name, body as TriggerRequest);
    snapshots.forget();
    return sendResource(reply, resource);
  });
}

function eventsRoute(app: FastifyInstance, { gateway }: HttpContext): void {
  const schema = documented({
    operationId: 'listChannelEvents',
    summary: 'What has happened to a channel lately, oldest first.',
    tags,
    params: channelParameters,
    querystring: eventQuery,
    answers: Type.Array(eventSchema),
  });
  app.get('/v1/channels/:name/events', { schema }, async ({ params, query }) => {
    const { name } = params as ChannelParameters;
    await channelNamed(gateway, name);
    return gateway.events({ ...(query as { after?: number; limit: number }), channel: name });
  });
}
