import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** The TCP socket under a TLS one. */
const underlying = new WeakMap<Socket, Socket>();

/** Remembers what a TLS socket runs on, so that {@link reset} can reach it. */
export function remember(secured: TLSSocket, tcp: Socket): void {
  underlying.set(secured, tcp);
}

type ResettableSocket = Socket & { resetAndClosing?: boolean };

/**
 * Ends a connection with a TCP reset: now, both directions, whatever is queued. `resetAndDestroy` would first
 * write what is queued, and wait for ever with a peer that does not read, and then send a FIN, which says
 * "clean end". The flag that it sets makes `destroy` reset instead; were Node to lose it, `destroy` would
 * still end the connection.
 */
export function reset(socket: Socket): void {
  if (socket.destroyed) return;
  const tcp: ResettableSocket | undefined = socket instanceof TLSSocket ? underlying.get(socket) : socket;
  const shuttingDown = socket.writableEnded && !socket.writableFinished;
  // libuv refuses to reset while a FIN is on its way, and the socket would never close.
  if (tcp !== undefined && !shuttingDown) tcp.resetAndClosing = true;
  socket.destroy();
}
