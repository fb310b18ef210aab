import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { HttpServer } from './http-server.js';
import { readStaticFiles } from './static-files.js';
import { ask } from './testing/ask.js';
import { FakeGateway, portTo } from './testing/fake-gateway.js';

const SCRIPT = `console.log(${JSON.stringify('x'.repeat(1000))});`;
const TOKEN = '0123456789abcdef';
let folder: string;
let server: HttpServer;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'cloudpush-static-'));
  writeFileSync(join(folder, 'index.html'), '<!doctype html><title>cloudpush</title>');
  writeFileSync(join(folder, 'app-3FQ2ABCD.js'), SCRIPT);
  writeFileSync(join(folder, 'icon.svg'), '<svg/>');
  writeFileSync(join(folder, 'secret.key'), 'SECRET');
  mkdirSync(join(folder, 'inner'));
  writeFileSync(join(folder, 'inner', 'inner.js'), 'SECRET');
  server = await HttpServer.listen(portTo(new FakeGateway()), {
    api: { listen: { host: '127.0.0.1', port: 0 }, token: TOKEN },
    files: readStaticFiles(folder),
  });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

function get(path: string, headers: Record<string, string> = {}) {
  return ask('GET', `http://127.0.0.1:${server.addresses.api?.port}${path}`, { headers });
}

test('files are served without a token, with their types and a strict policy', async () => {
  const page = await get('/');
  expect([page.status, page.headers['content-type']]).toEqual([200, 'text/html; charset=utf-8']);
  expect(page.body.toString()).toContain('<title>cloudpush</title>');
  expect(page.headers['content-security-policy']).toMatch(/^default-src 'self';.*frame-ancestors 'none'/);
  expect(page.headers['x-content-type-options']).toBe('nosniff');
  expect(page.headers['cache-control']).toBe('no-cache');
  expect((await get('/icon.svg')).headers['content-type']).toMatch(/^image\/svg\+xml/);
});

test('a file with a hash in its name is kept for ever, and another one asked for again', async () => {
  const script = await get('/app-3FQ2ABCD.js');
  expect(script.headers['cache-control']).toBe('public, max-age=31536000, immutable');
  const page = await get('/');
  const again = await get('/', { 'if-none-match': String(page.headers['etag']) });
  expect([again.status, again.body.length]).toEqual([304, 0]);
  expect((await get('/', { 'if-none-match': '"other"' })).status).toBe(200);
});

test('a file is compressed for those who take it', async () => {
  const plain = await get('/app-3FQ2ABCD.js', { 'accept-encoding': 'gzip;q=0, br' });
  expect(plain.headers['content-encoding']).toBeUndefined();
  expect(plain.body.toString()).toBe(SCRIPT);
  const packed = await get('/app-3FQ2ABCD.js', { 'accept-encoding': 'br, gzip' });
  expect(packed.headers['content-encoding']).toBe('gzip');
  expect(packed.headers['vary']).toBe('accept-encoding');
  expect(gunzipSync(packed.body).toString()).toBe(SCRIPT);
  expect(packed.body.length).toBeLessThan(plain.body.length / 2);
});

test.each([
  '/secret.key',
  '/inner/inner.js',
  '/inner%2finner.js',
  '/../static-files.js',
  '/%2e%2e/package.json',
  '/index.html',
  '/.env',
])('%s is not served', async (path) => {
  const answer = await get(path, { authorization: `Bearer ${TOKEN}` });
  expect([400, 404]).toContain(answer.status);
  expect(answer.body.toString()).not.toContain('SECRET');
});

test('a folder that is not there has no files', () => {
  expect(readStaticFiles(join(folder, 'nowhere'))).toEqual([]);
});
