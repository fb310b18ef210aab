import type { FastifyInstance } from 'fastify';
import { Type } from '../../schema-builder.js';
import { entityTag } from '../entity-tag.js';
import type { HttpContext } from '../http-context.js';
import { text } from '../schemas/common.js';
import { checkReportSchema, reloadReportSchema } from '../schemas/gateway-state.js';
import { documented } from './route-documentation.js';

const YAML = 'application/yaml';
const tags = ['configuration'];

/** `/v1/config`: the configuration file. */
export function configurationRoutes(app: FastifyInstance, { gateway, snapshots }: HttpContext): void {
  const readSchema = documented({
    operationId: 'getConfiguration',
    summary: 'The text of the configuration file, with *** in place of secrets.',
    tags,
    answers: text('YAML.'),
    mediaType: YAML,
  });
  app.get('/v1/config', { schema: readSchema }, async (_request, reply) => {
    const configuration = await gateway.configuration();
    return reply.header('etag', entityTag(configuration.revision)).type(YAML).send(configuration.text);
  });

  const reloadSchema = documented({
    operationId: 'reloadConfiguration',
    summary: 'Reads the file again, and touches only what has changed.',
    description: 'A file with faults changes nothing: successful is false then.',
    tags,
    answers: reloadReportSchema,
  });
  app.post('/v1/config/reload', { schema: reloadSchema }, async () => {
    const report = await gateway.reload();
    snapshots.forget();
    return report;
  });

  const checkSchema = documented({
    operationId: 'checkConfiguration',
    summary: 'Tells all that is wrong with a configuration, without putting it in force.',
    tags,
    consumes: [YAML],
    body: Type.String({ description: 'YAML.' }),
    answers: checkReportSchema,
  });
  app.post('/v1/config/check', { schema: checkSchema }, async ({ body }) => {
    const faults = await gateway.checkConfiguration(body as string);
    return { valid: faults.length === 0, faults };
  });
}
