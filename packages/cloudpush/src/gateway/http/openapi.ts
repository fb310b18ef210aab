import { createRequire } from 'node:module';
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';

/** Options of the OpenAPI document: all that it says beside the routes. */
export function openApiOptions(): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'cloudpush gateway',
        description: 'Channels, their sources and destinations: how they stand, and how they are changed.',
        version: version(),
        license: { name: 'MIT', identifier: 'MIT' },
      },
      components: { securitySchemes: { token: { type: 'http', scheme: 'bearer' } } },
      security: [{ token: [] }, {}],
      tags: [
        { name: 'channels', description: 'A source, and where its stream goes.' },
        { name: 'destinations', description: 'A server that a stream is pushed to.' },
        { name: 'configuration', description: 'The configuration file.' },
        { name: 'gateway', description: 'The gateway as a whole.' },
        { name: 'health', description: 'For those who watch over the gateway.' },
      ],
    },
    transform: ({ schema, url }) => {
      const { documentedBody, ...rest } = schema ?? {};
      return { schema: documentedBody === undefined ? rest : { ...rest, body: documentedBody }, url };
    },
  };
}

function version(): string {
  return (createRequire(import.meta.url)('../../../package.json') as { version: string }).version;
}
