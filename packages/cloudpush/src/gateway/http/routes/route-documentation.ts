import type {} from '@fastify/swagger';
import type { FastifySchema } from 'fastify';
import type { TSchema } from 'typebox';
import { problemSchema } from '../schemas/common.js';

declare module 'fastify' {
  interface FastifySchema {
    /** The body as the OpenAPI document shows it, where the gateway checks more of it than the route does. */
    readonly documentedBody?: unknown;
  }
}

/** Content of an answer, as OpenAPI describes it. */
function content(schema: TSchema, description: string, mediaType = 'application/json') {
  return { description, content: { [mediaType]: { schema } } };
}

/** Any error: problem details. */
const problems = content(problemSchema, 'An error.', 'application/problem+json');

interface Documentation extends FastifySchema {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  /** Schema of the answer when all goes well. */
  readonly answers?: TSchema;
  /** Default 200. */
  readonly status?: 200 | 201 | 204;
  /** Of the answer. Default `application/json`. */
  readonly mediaType?: string;
}

/** The schema of a route: what is checked of its requests, and what the OpenAPI document says of it. */
export function documented({ answers, status = 200, mediaType, ...schema }: Documentation): FastifySchema {
  const answer =
    answers === undefined
      ? { description: 'Done.', type: 'null' }
      : content(answers, schema.summary, mediaType);
  return { ...schema, response: { [status]: answer, default: problems } };
}
