// A gateway tells systemd of itself: by systemd's own program, on a socket as systemd has it.

import { chmod, readFile } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { ServiceManager } from '../../packages/cloudpush/dist/cli/commands/gateway/service-manager.js';
import { requirePeers } from '../support/peers.js';
import { ChildProgram } from '../support/process.js';
import { TempFolder } from '../support/temp.js';
import { waitFor } from '../support/wait.js';
import { GatewayProgram } from './support/gateway-program.js';

vi.setConfig({ testTimeout: 120_000 });

/** Debian's own; Node has no Unix datagram sockets. */
const PYTHON = '/usr/bin/python3';
/**
 * Prints each datagram on a line. Descriptors that come along are closed: `systemd-notify` waits for that.
 */
const LISTENER = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
print('listening', flush=True)
while True:
    message = s.recv(4096).decode().strip()
    if message != 'BARRIER=1': print(message.replace('\\n', ' '), flush=True)
`;

test('systemd is told when a gateway is ready, reads its file again, lives, and ends', async (context) => {
  requirePeers(context, 'systemd', 'python3');
  await using folder = await TempFolder.create();
  const socket = folder.file('notify');
  await using listener = new ChildProgram(PYTHON, ['-c', LISTENER, socket]);
  await listener.waitForOutput(/listening/);
  await using gateway = await GatewayProgram.start(folder, 'version: 1\nchannels: {}\n', {
    NOTIFY_SOCKET: socket,
    WATCHDOG_USEC: '900000',
  });
  await listener.waitForOutput(/^READY=1 STATUS=0 channels$/m);
  await listener.waitForOutput(/^WATCHDOG=1$/m);
  gateway.program.child.kill('SIGHUP');
  await listener.waitForOutput(/^RELOADING=1 MONOTONIC_USEC=\d+\n(WATCHDOG=1\n)*READY=1 STATUS=0 channels$/m);
  expect(await gateway.stop()).toMatchObject({ code: 0 });
  await listener.waitForOutput(/^STOPPING=1 EXTEND_TIMEOUT_USEC=15000000$/m);
});

test('what systemd is told keeps its order, and a failure is told once', async () => {
  await using folder = await TempFolder.create();
  const path = await folder.write(
    'systemd-notify',
    Buffer.from(`#!/bin/sh
case "$1" in RELOADING*) sleep 0.3 ;; esac
echo "$1" >> ${folder.file('told')}
exit 1
`),
  );
  await chmod(path, 0o755);
  const problems: string[] = [];
  using manager = new ServiceManager(
    { NOTIFY_SOCKET: 'any', PATH: `${folder.path}:/usr/bin:/bin` },
    (message) => problems.push(message),
  );
  manager.reloading();
  manager.ready('1 channel');
  manager.stopping(10_000);
  const lines = await waitFor('three lines', 30_000, async () => {
    const told = (await readFile(folder.file('told'), 'utf8').catch(() => '')).trim().split('\n');
    return told.length === 3 ? told : undefined;
  });
  expect(lines).toEqual(['RELOADING=1', 'READY=1', 'STOPPING=1']);
  expect(problems).toEqual(['systemd cannot be notified (1)']);
});
