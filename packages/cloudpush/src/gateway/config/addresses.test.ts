import { expect, test } from 'vitest';
import { isIpAddress } from './addresses.js';

test.each(['127.0.0.1', '::1', '2001:db8::7', 'fe80::1%eth0'])('%s is an IP address', (text) => {
  expect(isIpAddress(text)).toBe(true);
});

test.each(['eth0', 'localhost', '1.2.3', '1.2.3.256', '127.0.0.1:80', '[::1]', 'g::1', ''])(
  '%j is none',
  (text) => {
    expect(isIpAddress(text)).toBe(false);
  },
);
