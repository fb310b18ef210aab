import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { HttpServer } from './http-server.js';
import { remoteGateway } from './remote-gateway.js';
import { readStaticFiles } from './static-files.js';
import type { HttpThreadInit, HttpThreadOrder, HttpThreadReport } from './thread-messages.js';

// The HTTP thread's main module: it listens, and ends when it is told to.

const DASHBOARD = fileURLToPath(new URL('../dashboard/static/', import.meta.url));

const main = parentPort!;
const { settings, gateway } = workerData as HttpThreadInit;

function report(message: HttpThreadReport): void {
  main.postMessage(message);
}

try {
  const server = await HttpServer.listen(remoteGateway(gateway), {
    ...settings,
    files: readStaticFiles(DASHBOARD),
    onInternal: (message) => report({ type: 'problem', message }),
  });
  main.on('message', async (order: HttpThreadOrder) => {
    if (order.type === 'setToken') {
      server.setToken(order.token);
      return;
    }
    await server.close();
    gateway.close();
    main.close();
  });
  report({ type: 'listening', addresses: server.addresses });
} catch (error) {
  const { message, code } = error as NodeJS.ErrnoException;
  report({ type: 'refused', message, code });
  gateway.close();
  main.close();
}
