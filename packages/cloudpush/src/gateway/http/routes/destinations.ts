import type { PushTarget } from '@cloudpush/engine';
import type { FastifyInstance } from 'fastify';
import { Type } from '../../schema-builder.js';
import type { HttpContext } from '../http-context.js';
import { Problem } from '../problem.js';
import { destinationStateSchema } from '../schemas/channel-state.js';
import {
  channelParameters,
  channelResourceSchema,
  destinationParameters,
  moveSchema,
} from '../schemas/requests.js';
import {
  type ChannelParameters,
  channelNamed,
  type DestinationParameters,
  sendResource,
} from './channel-requests.js';
import { documented } from './route-documentation.js';

const PATH = '/v1/channels/:name/destinations';
const tags = ['destinations'];

/** `/v1/channels/{name}/destinations`: where the stream of a channel goes. */
export function destinationRoutes(app: FastifyInstance, context: HttpContext): void {
  readRoutes(app, context);
  actionRoutes(app, context);
}

function readRoutes(app: FastifyInstance, { gateway }: HttpContext): void {
  const listSchema = documented({
    operationId: 'listDestinations',
    summary: 'The states of the destinations of a channel.',
    tags,
    params: channelParameters,
    answers: Type.Array(destinationStateSchema),
  });
  app.get(PATH, { schema: listSchema }, async ({ params }) => {
    return (await channelNamed(gateway, (params as ChannelParameters).name)).state.destinations;
  });

  const schema = documented({
    operationId: 'getDestination',
    summary: 'The state of a destination.',
    tags,
    params: destinationParameters,
    answers: destinationStateSchema,
  });
  app.get(`${PATH}/:destination`, { schema }, async ({ params }) => {
    const { name, destination } = params as DestinationParameters;
    const { destinations } = (await channelNamed(gateway, name)).state;
    const found = destinations.find((candidate) => candidate.name === destination);
    if (found === undefined)
      throw new Problem('not-found', `channel ${name} has no destination ${destination}`);
    return found;
  });
}

function actionRoutes(app: FastifyInstance, { gateway, snapshots }: HttpContext): void {
  const retrySchema = documented({
    operationId: 'retryDestination',
    summary: 'Ends the wait for the next attempt to connect.',
    tags,
    params: destinationParameters,
    answers: channelResourceSchema,
  });
  app.post(`${PATH}/:destination/retry`, { schema: retrySchema }, async ({ params }, reply) => {
    const { name, destination } = params as DestinationParameters;
    const resource = await gateway.retryDestination(name, destination);
    snapshots.forget();
    return sendResource(reply, resource);
  });

  const schema = documented({
    operationId: 'moveDestination',
    summary: 'Leads the stream to another server without a gap.',
    description: 'Until the next restart, or change of the configuration: the file stays as it is.',
    tags,
    params: destinationParameters,
    body: moveSchema,
    answers: channelResourceSchema,
  });
  app.post(`${PATH}/:destination/move`, { schema }, async ({ params, body }, reply) => {
    const { name, destination } = params as DestinationParameters;
    const resource = await gateway.moveDestination(name, destination, body as PushTarget);
    snapshots.forget();
    return sendResource(reply, resource);
  });
}
