import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { problemKinds } from '../../packages/cloudpush/dist/gateway/http/problem.js';
import { serveGateway } from './support/served-gateway.js';

const served = serveGateway();
const api = new URL('../../packages/cloudpush/docs/api.md', import.meta.url);

async function firstCells(row: RegExp): Promise<string[]> {
  const text = await readFile(api, 'utf8');
  return text.split('\n').flatMap((line) => row.exec(line)?.[1] ?? []);
}

test('the documentation tells of every route, and of no other', async () => {
  const { paths } = (await served.ask('GET', '/openapi.json')).json;
  const routes = Object.entries<object>(paths).flatMap(([path, item]) =>
    Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
  );
  const documented = await firstCells(/^\| `([A-Z]+ \/\S*)` +\|/);
  expect(documented.sort()).toEqual([...routes, 'GET /openapi.json'].sort());
});

test('the documentation tells of every problem, with its status', async () => {
  const documented = await firstCells(/^\| `([a-z-]+)` +\| \d{3} +\|/);
  expect(documented).toEqual(Object.keys(problemKinds));
  const text = await readFile(api, 'utf8');
  for (const [kind, [status]] of Object.entries(problemKinds)) {
    expect(text).toMatch(new RegExp(`^\\| \`${kind}\` +\\| ${status} `, 'm'));
  }
});
