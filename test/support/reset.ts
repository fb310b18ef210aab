import type { Socket } from 'node:net';

type Resettable = Socket & { resetAndClosing?: boolean };

/**
 * Resets a connection now, whatever is queued. `resetAndDestroy` would first write what is queued, and wait
 * for ever with a peer that does not read; and libuv refuses to reset while a FIN is on its way, after which
 * Node never closes the socket: there it is only destroyed.
 */
export function reset(socket: Socket): void {
  if (socket.destroyed) return;
  const isShuttingDown = socket.writableEnded && !socket.writableFinished;
  if (!socket.connecting && !isShuttingDown) (socket as Resettable).resetAndClosing = true;
  socket.destroy();
}
