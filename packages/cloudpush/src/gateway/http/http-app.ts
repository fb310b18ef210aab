import swagger from '@fastify/swagger';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Access } from './access.js';
import type { HttpContext } from './http-context.js';
import { openApiOptions } from './openapi.js';
import { answerNotFound, problemHandler, problemOf, sendProblem } from './problem.js';
import { channelRoutes } from './routes/channel.js';
import { channelActionRoutes } from './routes/channel-actions.js';
import { channelListRoutes } from './routes/channel-list.js';
import { clusterRoutes } from './routes/cluster.js';
import { configurationRoutes } from './routes/configuration.js';
import { dashboardRoutes } from './routes/dashboard.js';
import { destinationRoutes } from './routes/destinations.js';
import { healthRoutes } from './routes/health.js';
import { infoRoutes } from './routes/info.js';
import { previewRoutes } from './routes/preview.js';
import type { StaticFile } from './static-files.js';

/** Bytes of a body: 1000 channels with all that can be said of them. */
const BODY_LIMIT = 2 * 2 ** 20;
/** Bytes of all headers of a request. */
const MAX_HEADER_SIZE = 16 * 1024;
/** A client may take so long for the headers of a request, and for all of it, in ms. */
const HEADERS_TIMEOUT = 5000;
const REQUEST_TIMEOUT = 10_000;
/** Interval at which these are checked, in ms. */
const TIMEOUT_CHECK_INTERVAL = 1000;
/** A connection that asks nothing is kept so long, in ms. */
const KEEP_ALIVE_TIMEOUT = 30_000;
/** More connections than this are closed at once. */
const MAX_CONNECTIONS = 500;

/** Of all answers: what browsers may do with them. */
const securityHeaders = {
  'content-security-policy':
    "default-src 'self'; media-src 'self' blob:; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
};

export interface HttpAppOptions {
  readonly access: Access;
  /** Told of failures that were not foreseen. */
  readonly onInternal: (message: string) => void;
}

/** Everything: API, dashboard, health, metrics. */
export async function createApiApp(
  context: HttpContext,
  files: readonly StaticFile[],
  options: HttpAppOptions,
): Promise<FastifyInstance> {
  const app = createApp(options);
  await app.register(swagger, openApiOptions());
  await app.register((routes, _options, done) => {
    healthRoutes(routes, context);
    infoRoutes(routes, context);
    channelListRoutes(routes, context);
    channelRoutes(routes, context);
    channelActionRoutes(routes, context);
    destinationRoutes(routes, context);
    previewRoutes(routes, context);
    configurationRoutes(routes, context);
    clusterRoutes(routes, context);
    dashboardRoutes(routes, files);
    done();
  });
  app.addHook('preClose', async () => context.streams.close());
  return app;
}

/** Health and metrics only, for an address of their own. */
export async function createMetricsApp(
  context: HttpContext,
  options: HttpAppOptions,
): Promise<FastifyInstance> {
  const app = createApp(options);
  healthRoutes(app, context);
  return app;
}

/** A server with limits, checks and the form of errors, and no routes. */
function createApp({ access, onInternal }: HttpAppOptions): FastifyInstance {
  const app = Fastify({
    bodyLimit: BODY_LIMIT,
    // Paths that cannot be decoded come to no route.
    frameworkErrors: (error, _request, reply) => void sendProblem(reply, problemOf(error)),
    requestTimeout: REQUEST_TIMEOUT,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
    forceCloseConnections: true,
    http: {
      maxHeaderSize: MAX_HEADER_SIZE,
      headersTimeout: HEADERS_TIMEOUT,
      connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL,
    },
    ajv: { customOptions: { removeAdditional: false, allErrors: true, coerceTypes: 'array', strict: false } },
  });
  app.server.maxConnections = MAX_CONNECTIONS;
  app.removeContentTypeParser(['text/plain', 'application/json']);
  const parseJson = app.getDefaultJsonParser('error', 'error');
  // An empty body is none: many clients name a content type with every request. Routes that want one refuse
  // it.
  app.addContentTypeParser<string>(
    ['application/json', 'application/merge-patch+json'],
    { parseAs: 'string' },
    (request, body, done) => (body === '' ? done(null) : parseJson(request, body, done)),
  );
  app.addContentTypeParser(['application/yaml', 'text/yaml'], { parseAs: 'string' }, (_request, body, done) =>
    done(null, body),
  );
  // Answers are written as they are: the schemas of answers are documentation.
  app.setSerializerCompiler(() => JSON.stringify);
  app.setErrorHandler(problemHandler(onInternal));
  app.setNotFoundHandler(answerNotFound);
  app.addHook('onRequest', async (_request, reply) => {
    reply.headers({ ...securityHeaders, 'cache-control': 'no-store' });
  });
  app.addHook('onRequest', access.check);
  return app;
}
