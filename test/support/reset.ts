import type { Socket } from 'node:net';

/**
 * Resets a connection. libuv refuses that while a FIN is on its way, and Node then never closes the socket: there it is
 * destroyed instead.
 */
export function reset(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}
