import { MessageChannel } from 'node:worker_threads';
import { expect, onTestFinished, test } from 'vitest';
import { type Gateway, GatewayError } from '../gateway.js';
import { answerCalls } from './answer-calls.js';
import { GatewayUnavailableError } from './gateway-port.js';
import { remoteGateway } from './remote-gateway.js';
import { FakeGateway } from './testing/fake-gateway.js';
import { sampleChannel } from './testing/sample-state.js';

function connected(gateway: Gateway | undefined, timeout?: number) {
  const { port1, port2 } = new MessageChannel();
  onTestFinished(() => port1.close());
  if (gateway !== undefined) answerCalls(port1, gateway);
  return { port: port1, remote: remoteGateway(port2, timeout) };
}

test('calls go over with their arguments, and results come back', async () => {
  const { remote } = connected(new FakeGateway([sampleChannel('gate')]));
  expect((await remote.snapshot()).channels[0]?.name).toBe('gate');
  expect((await remote.channel('gate'))?.name).toBe('gate');
  expect(await remote.channel('door')).toBeUndefined();
  const [added] = await remote.addChannels({ door: { source: 'rtsp://door.example/1' } });
  expect(added?.configuration).toEqual({ source: 'rtsp://door.example/1' });
});

test('a refusal comes back as the error that it was', async () => {
  const { remote } = connected(new FakeGateway());
  const refusal = remote.replaceChannel('gate', { source: 'wrong' });
  await expect(refusal).rejects.toBeInstanceOf(GatewayError);
  await expect(refusal).rejects.toMatchObject({
    reason: 'invalid',
    message: 'channel gate is at fault',
    faults: [{ path: 'channels.gate.source', message: 'no URL' }],
  });
});

test('other failures come back with their message, also results that cannot be sent', async () => {
  const gateway = new FakeGateway();
  gateway.reload = () => Promise.reject(new TypeError('a bug'));
  gateway.events = () => [(() => {}) as never];
  const { remote } = connected(gateway);
  await expect(remote.reload()).rejects.toThrow('a bug');
  await expect(remote.events()).rejects.toThrow('could not be cloned');
});

test('a gateway that does not answer in time is unavailable', async () => {
  const { remote } = connected(undefined, 20);
  const call = remote.snapshot();
  await expect(call).rejects.toBeInstanceOf(GatewayUnavailableError);
  await expect(call).rejects.toThrow('did not answer within 20 ms');
});

test('calls that wait are limited, and end with the connection', async () => {
  const { remote, port } = connected(undefined);
  const calls = Array.from({ length: 256 }, () => remote.snapshot());
  await expect(remote.snapshot()).rejects.toThrow('256 requests are waiting');
  port.close();
  for (const outcome of await Promise.allSettled(calls)) {
    expect(outcome).toMatchObject({ status: 'rejected', reason: { message: 'the gateway is stopping' } });
  }
});
