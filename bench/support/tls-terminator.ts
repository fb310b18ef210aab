import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createServer } from 'node:tls';

/** Takes TLS connections at one port, and passes what they say on to another: `KEY CERTIFICATE FROM TO`. */
const [key, cert, from, to] = process.argv.slice(2) as [string, string, string, string];

const server = createServer(
  { key: readFileSync(key), cert: readFileSync(cert), minVersion: 'TLSv1.3' },
  (socket) => {
    const behind = connect(Number(to), '127.0.0.1');
    for (const one of [socket, behind]) {
      one.on('error', () => {
        socket.destroy();
        behind.destroy();
      });
    }
    socket.pipe(behind).pipe(socket);
  },
);
server.listen(Number(from), '127.0.0.1', () => process.stdout.write('listening\n'));
