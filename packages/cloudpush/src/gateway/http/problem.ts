import type { FastifyError, FastifyReply, FastifyRequest, FastifySchemaValidationError } from 'fastify';
import { GatewayError, type GatewayErrorReason } from '../gateway.js';
import type { ConfigurationFault } from '../state.js';
import { GatewayUnavailableError } from './gateway-port.js';

/** Problem details (RFC 9457): the body of every answer that is an error. */
interface ProblemDetails {
  /** `urn:cloudpush:problem:` and a stable word for programs. */
  readonly type: string;
  readonly title: string;
  /** The HTTP status, once more. */
  readonly status: number;
  /** One sentence for people, without secrets. */
  readonly detail: string;
  /** All faults of a configuration or request at once. */
  readonly faults?: readonly ConfigurationFault[];
}

const TYPE_PREFIX = 'urn:cloudpush:problem:';

/** Kinds of problems: word → status and title. */
export const problemKinds = {
  'invalid-request': [400, 'The request is not valid'],
  'token-needed': [401, 'A bearer token is needed'],
  'foreign-origin': [403, 'Requests of other sites are refused'],
  'not-found': [404, 'Not found'],
  'request-timeout': [408, 'The request took too long'],
  'name-taken': [409, 'The name is taken'],
  conflict: [409, 'Not possible as things stand'],
  'not-writable': [409, 'The configuration file cannot be written'],
  'revision-mismatch': [412, 'Changed by somebody else meanwhile'],
  'too-large': [413, 'The request is too large'],
  'unsupported-media-type': [415, 'The media type is not supported'],
  'wrong-host': [421, 'The host name is not one of this server'],
  'invalid-configuration': [422, 'The configuration is at fault'],
  'internal-error': [500, 'Something unforeseen happened'],
  unavailable: [503, 'The gateway cannot answer now'],
} as const satisfies Record<string, readonly [status: number, title: string]>;

export type ProblemKind = keyof typeof problemKinds;

/** An answer that is an error. */
export class Problem extends Error {
  override readonly name = 'Problem';
  readonly kind: ProblemKind;
  readonly faults: readonly ConfigurationFault[] | undefined;

  constructor(kind: ProblemKind, detail: string, faults?: readonly ConfigurationFault[]) {
    super(detail);
    this.kind = kind;
    this.faults = faults;
  }
}

const kindByReason: Readonly<Record<GatewayErrorReason, ProblemKind>> = {
  notFound: 'not-found',
  exists: 'name-taken',
  revisionMismatch: 'revision-mismatch',
  invalid: 'invalid-configuration',
  conflict: 'conflict',
  notWritable: 'not-writable',
  stopping: 'unavailable',
  unavailable: 'unavailable',
};

const kindByStatus: Readonly<Record<number, ProblemKind>> = {
  404: 'not-found',
  408: 'request-timeout',
  413: 'too-large',
  415: 'unsupported-media-type',
  503: 'unavailable',
};

/**
 * The problem that an error of any kind is. What was not foreseen says nothing of itself: it may hold
 * anything.
 */
export function problemOf(error: unknown): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof GatewayError) {
    const faults = error.faults.length === 0 ? undefined : error.faults;
    return new Problem(kindByReason[error.reason], error.message, faults);
  }
  if (error instanceof GatewayUnavailableError) return new Problem('unavailable', error.message);
  const { statusCode = 500, message, validation, validationContext } = error as FastifyError;
  if (validation !== undefined) {
    const detail = `the ${validationContext ?? 'request'} is not as it should be: see faults`;
    return new Problem('invalid-request', detail, validation.map(faultOf));
  }
  const kind = kindByStatus[statusCode] ?? (statusCode >= 500 ? 'internal-error' : 'invalid-request');
  if (kind !== 'internal-error') return new Problem(kind, message);
  return new Problem('internal-error', 'see the log of the gateway');
}

/** A fault as the schema's checker tells it, with the names and values that it leaves to others. */
function faultOf({
  instancePath,
  message = 'not valid',
  params,
}: FastifySchemaValidationError): ConfigurationFault {
  const { additionalProperty, allowedValues } = params as Readonly<Record<string, unknown>>;
  const name = typeof additionalProperty === 'string' ? ` (${additionalProperty.slice(0, 100)})` : '';
  const allowed = Array.isArray(allowedValues) ? `: ${allowedValues.join(', ')}` : '';
  return { path: instancePath.slice(1).replaceAll('/', '.'), message: message + name + allowed };
}

/** Sends a problem as `application/problem+json`. */
export function sendProblem(reply: FastifyReply, { kind, message, faults }: Problem): FastifyReply {
  const [status, title] = problemKinds[kind];
  const body: ProblemDetails = {
    type: TYPE_PREFIX + kind,
    title,
    status,
    detail: message,
    ...(faults !== undefined && { faults }),
  };
  if (status === 401) reply.header('www-authenticate', 'Bearer realm="cloudpush"');
  return reply.code(status).type('application/problem+json').send(JSON.stringify(body));
}

/** Answers whatever a route throws. @param onInternal is told of what was not foreseen */
export function problemHandler(onInternal: (message: string) => void) {
  return (error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const problem = problemOf(error);
    if (problem.kind === 'internal-error') {
      const { message } = error as Error;
      onInternal(`${request.method} ${request.routeOptions.url ?? 'of an unknown route'} failed: ${message}`);
    }
    return sendProblem(reply, problem);
  };
}

/** Answers a request that no route is for. */
export function answerNotFound(request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const path = request.url.split('?', 1)[0]!.slice(0, 200);
  return sendProblem(
    reply,
    new Problem('not-found', `there is no ${request.method} ${path}; see /openapi.json`),
  );
}
