import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { RtspSockets, type SocketEvents } from './rtsp-sockets.js';

const udpSockets = (): number =>
  process.getActiveResourcesInfo().filter((resource) => resource === 'UDPWrap').length;

function stage() {
  const bound = vi.fn();
  const events = { onUdpBound: bound, onUdpFailed: vi.fn() } as unknown as SocketEvents;
  return { bound, sockets: new RtspSockets(events, { fingerprint: undefined, ca: undefined }) };
}

test('ports that are closed while they are being bound are not kept, and not told', async () => {
  const before = udpSockets();
  const { bound, sockets } = stage();
  sockets.bindUdp(0);
  sockets.closeUdp();
  sockets.bindUdp(0);
  await vi.waitFor(() => expect(bound).toHaveBeenCalled(), 20_000);
  await sleep(50);
  expect(bound).toHaveBeenCalledTimes(1);
  expect(udpSockets()).toBe(before + 2);
  sockets.close();
  await vi.waitFor(() => expect(udpSockets()).toBe(before), 20_000);
});

test('nothing is bound after the end', async () => {
  const before = udpSockets();
  const { bound, sockets } = stage();
  sockets.bindUdp(0);
  sockets.close();
  await sleep(50);
  expect(bound).not.toHaveBeenCalled();
  expect(udpSockets()).toBe(before);
});
