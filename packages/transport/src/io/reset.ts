import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';

/** The TCP socket under a TLS one, by its TLS socket. */
const underlying = new WeakMap<Socket, Socket>();

/** Remembers what a TLS socket runs on, so that {@link reset} can reach it. */
export function remember(secured: TLSSocket, tcp: Socket): void {
  underlying.set(secured, tcp);
}

/** Ends a connection with a TCP reset: both directions, now, without waiting for what is queued. */
export function reset(socket: Socket): void {
  if (socket.destroyed) return;
  if (!(socket instanceof TLSSocket)) {
    socket.resetAndDestroy();
    return;
  }
  socket.destroy();
  underlying.get(socket)?.destroy();
}
