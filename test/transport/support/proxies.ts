import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A small proxy for tests. */
export interface TestProxy extends AsyncDisposable {
  readonly port: number;
  /** Targets that it was asked to connect to, `host:port`. */
  readonly targets: string[];
}

async function serve(server: Server, targets: string[]): Promise<TestProxy> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket) => sockets.add(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    targets,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}

function join(one: Socket, other: Socket): void {
  one.pipe(other).pipe(one);
  for (const socket of [one, other]) {
    socket.on('error', () => {
      one.destroy();
      other.destroy();
    });
  }
}

/** HTTP CONNECT, with basic authentication when a login is given. */
export function httpProxy(login?: string, accepted = '200 Connection established'): Promise<TestProxy> {
  const targets: string[] = [];
  const server = createHttpServer();
  server.on('connect', (request, socket: Socket) => {
    const expected = login && `Basic ${Buffer.from(login).toString('base64')}`;
    if (expected && request.headers['proxy-authorization'] !== expected) {
      socket.end('HTTP/1.1 407 Proxy Authentication Required\r\n\r\n');
      return;
    }
    targets.push(request.url!);
    const at = request.url!.lastIndexOf(':');
    const host = request.url!.slice(0, at).replace(/^\[|\]$/g, '');
    const target = connect(Number(request.url!.slice(at + 1)), host, () => {
      socket.write(`HTTP/1.1 ${accepted}\r\n\r\n`);
      join(socket, target);
    });
    target.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'));
  });
  return serve(server, targets);
}

/** SOCKS5 (RFC 1928), with a login (RFC 1929) when one is given. */
export function socksProxy(login?: { user: string; password: string }): Promise<TestProxy> {
  const targets: string[] = [];
  const server = createServer(async (socket) => {
    socket.on('error', () => socket.destroy());
    const next = async (): Promise<Buffer> => (await once(socket, 'data'))[0] as Buffer;
    await next();
    socket.write(Buffer.from([5, login ? 2 : 0]));
    if (login) {
      const given = await next();
      const user = given.subarray(2, 2 + given[1]!).toString();
      const password = given.subarray(3 + given[1]!).toString();
      const right = user === login.user && password === login.password;
      socket.write(Buffer.from([1, right ? 0 : 1]));
      if (!right) return;
    }
    const request = await next();
    const named = request[3] === 3;
    const host = named
      ? request.subarray(5, 5 + request[4]!).toString()
      : [...request.subarray(4, 8)].join('.');
    const port = request.readUInt16BE(request.length - 2);
    targets.push(`${host}:${port}`);
    const answer = (code: number): Buffer => Buffer.from([5, code, 0, 1, 0, 0, 0, 0, 0, 0]);
    const target = connect(port, host, () => {
      socket.write(answer(0));
      join(socket, target);
    });
    target.on('error', () => socket.end(answer(5)));
  });
  return serve(server, targets);
}

/** Accepts and says nothing. */
export function silentProxy(): Promise<TestProxy> {
  return serve(
    createServer((socket) => void socket.on('error', () => socket.destroy())),
    [],
  );
}
