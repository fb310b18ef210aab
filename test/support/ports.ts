import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { waitFor } from './wait.js';

/**
 * Below the range that the kernel hands out to clients, so that no outgoing connection takes a port in
 * between.
 */
const FIRST_PORT = 20_000;
const LAST_PORT = 32_000;
const ATTEMPTS = 50;

/** State of a listening socket in /proc/net/tcp. */
const TCP_LISTEN = '0A';

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}

/**
 * A TCP port on 127.0.0.1 that nothing listens on. Random, because test files run in processes of their own.
 */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(FIRST_PORT, LAST_PORT);
    if (await isFree(port)) return port;
  }
  throw new Error(`no free port found in ${ATTEMPTS} tries`);
}

async function isListening(port: number): Promise<boolean> {
  const wanted = port.toString(16).toUpperCase().padStart(4, '0');
  for (const table of ['/proc/net/tcp', '/proc/net/tcp6']) {
    const rows = (await readFile(table, 'latin1').catch(() => '')).split('\n').slice(1);
    for (const row of rows) {
      const [, local, , state] = row.trim().split(/\s+/);
      if (state === TCP_LISTEN && local?.endsWith(`:${wanted}`)) return true;
    }
  }
  return false;
}

/**
 * Waits until something listens on the port, without connecting: `ffmpeg -listen 1` serves one connection
 * only.
 */
export async function waitUntilListening(port: number, timeoutMs = 30_000): Promise<void> {
  await waitFor(`a listener on port ${port}`, timeoutMs, async () => (await isListening(port)) || undefined);
}
