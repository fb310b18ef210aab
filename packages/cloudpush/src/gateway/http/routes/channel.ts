import type { FastifyInstance } from 'fastify';
import { channelSchema } from '../../config/schema.js';
import type { LocalQuery } from '../../gateway.js';
import { Type } from '../../schema-builder.js';
import { checkDepth } from '../body-depth.js';
import { parseEntityTags } from '../entity-tag.js';
import type { HttpContext } from '../http-context.js';
import { Problem } from '../problem.js';
import {
  changeHeaders,
  channelParameters,
  channelResourceSchema,
  documentSchema,
  localQuery,
  replaceHeaders,
} from '../schemas/requests.js';
import { type ChannelParameters, changeCondition, channelNamed, sendResource } from './channel-requests.js';
import { documented } from './route-documentation.js';

const PATH = '/v1/channels/:name';
const tags = ['channels'];

/** `/v1/channels/{name}`: reads, changes and removes a channel. */
export function channelRoutes(app: FastifyInstance, context: HttpContext): void {
  readRoute(app, context);
  replaceRoute(app, context);
  patchRoute(app, context);
  removeRoute(app, context);
}

function readRoute(app: FastifyInstance, { gateway }: HttpContext): void {
  const schema = documented({
    operationId: 'getChannel',
    summary: 'Configuration and state of a channel.',
    description: 'Secrets are shown as ***. The ETag is that of the configuration.',
    tags,
    params: channelParameters,
    querystring: localQuery,
    answers: channelResourceSchema,
  });
  app.get(PATH, { schema }, async ({ params, query }, reply) => {
    const { name } = params as ChannelParameters;
    return sendResource(reply, await channelNamed(gateway, name, query as LocalQuery));
  });
}

function replaceRoute(app: FastifyInstance, { gateway, snapshots }: HttpContext): void {
  const schema = documented({
    operationId: 'replaceChannel',
    summary: 'Replaces the configuration of a channel, or adds the channel.',
    description: 'A secret given as *** stays as it was. Answered with 201 when the channel is new.',
    tags,
    params: channelParameters,
    headers: replaceHeaders,
    body: documentSchema,
    documentedBody: channelSchema,
    answers: channelResourceSchema,
  });
  app.put(PATH, { schema }, async (request, reply) => {
    const { body, headers } = request;
    const { name } = request.params as ChannelParameters;
    checkDepth(body);
    const condition = await changeCondition(gateway, request);
    const unwanted = parseEntityTags('If-None-Match', headers['if-none-match']);
    const before = await gateway.channel(name);
    if (before !== undefined && (unwanted === '*' || unwanted?.includes(before.revision) === true)) {
      throw new Problem('revision-mismatch', `channel ${name} exists already`);
    }
    const resource =
      unwanted === '*'
        ? (await gateway.addChannels({ [name]: body }))[0]!
        : await gateway.replaceChannel(name, body, condition);
    snapshots.forget();
    return sendResource(reply.code(before === undefined ? 201 : 200), resource);
  });
}

function patchRoute(app: FastifyInstance, { gateway, snapshots }: HttpContext): void {
  const schema = documented({
    operationId: 'patchChannel',
    summary: 'Changes a part of the configuration of a channel.',
    description: 'By JSON merge patch, RFC 7396: what is null is removed, lists are replaced as a whole.',
    tags,
    consumes: ['application/merge-patch+json', 'application/json'],
    params: channelParameters,
    headers: changeHeaders,
    body: documentSchema,
    documentedBody: Type.Object({}, { description: 'A merge patch on the configuration.' }),
    answers: channelResourceSchema,
  });
  app.patch(PATH, { schema }, async (request, reply) => {
    checkDepth(request.body);
    const { name } = request.params as ChannelParameters;
    const resource = await gateway.patchChannel(name, request.body, await changeCondition(gateway, request));
    snapshots.forget();
    return sendResource(reply, resource);
  });
}

function removeRoute(app: FastifyInstance, { gateway, snapshots }: HttpContext): void {
  const schema = documented({
    operationId: 'removeChannel',
    summary: 'Ends the streams of a channel and removes it from the configuration.',
    tags,
    params: channelParameters,
    headers: changeHeaders,
    status: 204,
  });
  app.delete(PATH, { schema }, async (request, reply) => {
    const { name } = request.params as ChannelParameters;
    await gateway.removeChannel(name, await changeCondition(gateway, request));
    snapshots.forget();
    return reply.code(204).send();
  });
}
