import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, onTestFinished, test, vi } from 'vitest';
import { sampleChannel } from '../../packages/cloudpush/dist/gateway/http/testing/sample-state.js';
import { serveGateway } from './support/served-gateway.js';

const served = serveGateway();
const { ask, gateway } = served;
const MIB = 2 ** 20;

async function open(): Promise<{ socket: Socket; received: () => string }> {
  const socket = connect(served.service.addresses.api!.port, '127.0.0.1');
  onTestFinished(() => void socket.destroy());
  let text = '';
  socket.on('data', (piece) => {
    text += piece.toString();
  });
  socket.on('error', () => {});
  await once(socket, 'connect');
  return { socket, received: () => text };
}

test('a body of more than 2 MiB is refused, with its length given or not', async () => {
  await served.begin();
  const body = `{"source": "${'x'.repeat(2 * MIB)}"}`;
  const headers = { 'content-type': 'application/json' };
  const answer = await ask('PUT', '/v1/channels/gate', { headers, body });
  expect([answer.status, answer.json.type]).toEqual([413, 'urn:cloudpush:problem:too-large']);

  const { socket, received } = await open();
  socket.write('PUT /v1/channels/gate HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n');
  socket.write('transfer-encoding: chunked\r\n\r\n');
  const piece = `${(64 * 1024).toString(16)}\r\n${'x'.repeat(64 * 1024)}\r\n`;
  for (let sent = 0; sent < 40; sent++) socket.write(piece);
  await vi.waitFor(() => expect(received()).toContain('413 Payload Too Large'), 10_000);
  expect(gateway.calls).toEqual([]);
});

test('a body that nests without end, or is not JSON, is refused', async () => {
  await served.begin();
  const deep = `{"source": ${'['.repeat(500_000)}${']'.repeat(500_000)}}`;
  for (const body of [deep, '{"source"', '"text"', '[]', '', '{"__proto__": {"a": 1}}']) {
    const headers = { 'content-type': 'application/json' };
    const answer = await ask('PUT', '/v1/channels/gate', { headers, body });
    expect([answer.status, answer.json.type]).toEqual([400, 'urn:cloudpush:problem:invalid-request']);
  }
  expect(gateway.calls).toEqual([]);
});

test('headers of more than 16 KiB are refused', async () => {
  const { socket, received } = await open();
  socket.write(`GET /v1/info HTTP/1.1\r\nhost: localhost\r\nx-long: ${'x'.repeat(17_000)}\r\n\r\n`);
  await once(socket, 'close');
  expect(received()).toMatch(/^HTTP\/1.1 431 /);
});

test('a client that sends its request byte by byte is cut off, others are served meanwhile', async () => {
  const { socket, received } = await open();
  const started = performance.now();
  const drip = setInterval(() => socket.write('x'), 200);
  socket.write('GET /v1/info HTTP/1.1\r\nhost: localhost\r\nx-slow: ');
  const closed = once(socket, 'close').finally(() => clearInterval(drip));
  expect((await ask('GET', '/v1/info')).status).toBe(200);
  await closed;
  expect(received()).toMatch(/^HTTP\/1.1 408 /);
  expect(performance.now() - started).toBeLessThan(20_000);
});

test('a client that sends its body byte by byte is cut off', async () => {
  await served.begin();
  const { socket, received } = await open();
  const drip = setInterval(() => socket.write('x'), 200);
  socket.write('PUT /v1/channels/gate HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\n');
  socket.write('content-length: 1000000\r\n\r\n{"source": "');
  await once(socket, 'close').finally(() => clearInterval(drip));
  expect(received()).toMatch(/^(HTTP\/1.1 408 .*)?/);
  expect(gateway.calls).toEqual([]);
});

test('what is no HTTP is answered with an error and closed', async () => {
  const { socket, received } = await open();
  socket.write('\u0000\u0001\u0002 nonsense\r\n\r\n');
  await once(socket, 'close');
  expect(received()).toMatch(/^HTTP\/1.1 400 /);
});

test('a gateway that is too busy to answer delays nobody who asks for something else', async () => {
  await served.begin([sampleChannel('gate')]);
  let release = () => {};
  vi.spyOn(gateway, 'reload').mockImplementationOnce(
    () => new Promise((_, reject) => (release = () => reject(new Error('over')))),
  );
  const reload = ask('POST', '/v1/config/reload');
  expect((await ask('GET', '/v1/channels/gate')).status).toBe(200);
  await sleep(100);
  release();
  const answer = await reload;
  expect([answer.status, answer.json.detail]).toEqual([500, 'see the log of the gateway']);
  await vi.waitFor(() => expect(served.problems).toContain('POST /v1/config/reload failed: over'), 20_000);
});

test('a path that is not there, or too long, is answered with a problem', async () => {
  for (const path of [
    '/nowhere',
    `/${'x'.repeat(10_000)}`,
    '/%',
    '/v1/channels/',
    '//',
    '/../../etc/passwd',
  ]) {
    const answer = await ask('GET', path);
    expect([400, 404]).toContain(answer.status);
    expect(answer.headers['content-type']).toMatch(/^application\/problem\+json/);
    expect(answer.text.length).toBeLessThan(1000);
  }
});
