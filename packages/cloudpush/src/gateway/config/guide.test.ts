import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { parseConfiguration } from './parse.js';
import { gatewaySchemaDocument } from './schema-document.js';

const docs = (name: string) => fileURLToPath(new URL(`../../../docs/${name}`, import.meta.url));
const guide = readFileSync(docs('gateway.md'), 'utf8');

/** The names of all keys of a schema, with what they mean. */
function* keysOf(schema: unknown): Generator<[string, string | undefined]> {
  if (typeof schema !== 'object' || schema === null) return;
  for (const [name, value] of Object.entries(schema)) {
    if (name === 'properties') {
      for (const [key, { description }] of Object.entries(
        value as Record<string, { description?: string }>,
      )) {
        yield [key, description];
      }
    }
    yield* keysOf(value);
  }
}

test('the guide names every key, and says of it what the schema says', () => {
  const missing = [...keysOf(gatewaySchemaDocument())].filter(([key, description = '']) => {
    const text = description.replaceAll('|', '\\|').replaceAll('<', '&lt;');
    return !guide.includes(`\`${key}\``) || !guide.includes(text);
  });
  expect(missing).toEqual([]);
});

test('the example is valid', () => {
  const path = docs('examples/gateway.yaml');
  const environment = { DOOR_PASSWORD: 'x', DOOR_TOKEN: 'y' };
  expect(parseConfiguration(readFileSync(path, 'utf8'), path, environment).faults).toEqual([]);
});
