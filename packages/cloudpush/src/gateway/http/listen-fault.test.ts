import { expect, test } from 'vitest';
import { isLoopback, listenFault } from './listen-fault.js';

const TOKEN = '0123456789abcdef';

test.each(['127.0.0.1', '127.8.9.10', '::1', 'localhost', '::ffff:127.0.0.1'])('%s is loopback', (host) => {
  expect(isLoopback(host)).toBe(true);
});

test.each(['0.0.0.0', '::', '192.168.1.2', '127.0.0.1.example', 'localhost.example', '', '128.0.0.1'])(
  '"%s" is not loopback',
  (host) => {
    expect(isLoopback(host)).toBe(false);
    expect(listenFault('api', { host, port: 1 }, undefined)).toContain('set api.tokenFile');
    expect(listenFault('api', { host, port: 1 }, TOKEN)).toBeUndefined();
  },
);

test('loopback needs no token, and a short token protects nothing', () => {
  const listen = { host: '127.0.0.1', port: 1 };
  expect(listenFault('api', listen, undefined)).toBeUndefined();
  expect(listenFault('api', listen, TOKEN.slice(1))).toContain('15 characters, and at least 16');
  expect(listenFault('api', listen, TOKEN.slice(1))).not.toContain(TOKEN.slice(1));
});
