import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { gatewaySchemaDocument } from './schema-document.js';

const FILE = new URL('../../../docs/gateway.schema.json', import.meta.url);

test('the schema that editors are given is the one that configurations are checked by', async () => {
  // `npx vitest run -u schema-document` writes it anew.
  await expect(`${JSON.stringify(gatewaySchemaDocument(), undefined, 2)}\n`).toMatchFileSnapshot(
    FILE.pathname,
  );
  expect(JSON.parse(readFileSync(FILE, 'utf8'))).toMatchObject({
    properties: { channels: { type: 'object' } },
  });
});
