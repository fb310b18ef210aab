import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ChannelResource, LocalQuery, RevisionCondition } from '../../gateway.js';
import { entityTag, parseEntityTags } from '../entity-tag.js';
import type { GatewayPort } from '../gateway-port.js';
import { Problem } from '../problem.js';

/** The parameters of a path that names a channel. */
export interface ChannelParameters {
  readonly name: string;
}

/** The parameters of a path that names a destination of a channel. */
export interface DestinationParameters extends ChannelParameters {
  readonly destination: string;
}

/** @throws Problem when there is no such channel. */
export async function channelNamed(
  gateway: GatewayPort,
  name: string,
  query?: LocalQuery,
): Promise<ChannelResource> {
  const resource = await gateway.channel(name, query);
  if (resource === undefined) throw new Problem('not-found', `there is no channel ${name}`);
  return resource;
}

/** Answers with a channel and its entity tag. */
export function sendResource(reply: FastifyReply, resource: ChannelResource): FastifyReply {
  return reply.header('etag', entityTag(resource.revision)).send(resource);
}

/**
 * The condition that the `If-Match` header puts on a change. The gateway checks it once more when the change
 * is made, so that nobody comes in between.
 * @throws Problem when the channel matches none of the tags, or does not exist.
 */
export async function changeCondition(
  gateway: GatewayPort,
  { headers, params }: FastifyRequest,
): Promise<RevisionCondition> {
  const tags = parseEntityTags('If-Match', headers['if-match']);
  if (tags === undefined) return {};
  const { name } = params as ChannelParameters;
  const resource = await gateway.channel(name);
  if (resource === undefined) throw new Problem('revision-mismatch', `there is no channel ${name}`);
  const { revision } = resource;
  if (tags === '*' || tags.includes(revision)) return { revision };
  throw new Problem(
    'revision-mismatch',
    `channel ${name} is at revision ${entityTag(revision)}: read it again`,
  );
}
