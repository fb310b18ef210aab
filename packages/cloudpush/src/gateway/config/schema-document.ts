import { gatewaySchema } from './schema.js';

/** The JSON Schema of the configuration, for editors (`yaml-language-server`) and other tools. */
export function gatewaySchemaDocument(): object {
  return { $schema: 'http://json-schema.org/draft-07/schema#', ...gatewaySchema };
}
