import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { expect, test, vi } from 'vitest';
import { monotonicClock } from '../../base/clock.js';
import { type RtspServices, RtspSession } from './rtsp-session.js';
import type { SourceOutput } from './source-output.js';

test('a fault in what a camera sets off ends its channel, and not the thread with all the others', async () => {
  const camera = createServer().listen(0, '127.0.0.1');
  await once(camera, 'listening');
  const fault = new Error('a fault');
  const fail = vi.fn();
  const services = {
    clock: monotonicClock,
    flush: () => {
      throw fault;
    },
    fail,
  } as unknown as RtspServices;
  const { port } = camera.address() as AddressInfo;
  const input = {
    kind: 'rtsp',
    url: `rtsp://127.0.0.1:${port}/1`,
    credentials: undefined,
    transport: 'tcp',
    fingerprint: undefined,
    ca: undefined,
  } as const;
  const handler = { onConnected: vi.fn(), onEnded: vi.fn() };
  const session = new RtspSession({ input, audio: 'auto', output: {} as SourceOutput, handler }, services);
  session.start();
  await vi.waitFor(() => expect(fail).toHaveBeenCalledWith(fault), 20_000);
  session.close();
  camera.close();
});
