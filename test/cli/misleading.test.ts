// Arguments that make no sense are answered with the option, the value, and what to do instead.

import { expect, test } from 'vitest';
import { cloudpush } from '../support/cloudpush.js';
import { fixture } from '../support/media.js';

const VIDEO = fixture('plain.h264');
const URL = 'rtmp://127.0.0.1:1/live/x';

test.concurrent.for<[args: string[], says: RegExp]>([
  [['push', VIDEO, 'rtmp://host/live'], /the URL names no stream: rtmp\[s\]:\/\/host\[:port\]\/app\/name/],
  [
    ['push', VIDEO, '--loop', '-1', URL],
    /'--loop \[n\]' argument '-1' is invalid\. A whole number of at least 1/,
  ],
  [['push', VIDEO, '--loop', '0', URL], /'--loop \[n\]' argument '0' is invalid/],
  [
    ['push', VIDEO, URL, '--pool', '1'],
    /'--pool <size>' argument '1' is invalid\. That is 1 bytes; .* from 64K/,
  ],
  [['push', VIDEO, URL, '--shards', '99'], /argument '99' is invalid\. A whole number from 1 to 64/],
  [['push', VIDEO, '--token-server', 'host:8080', '--device', 'SN'], /http:\/\/ or https:\/\/ in front/],
  [['decrypt', VIDEO, '-', '--key', 'a'], /cannot write to stdout \(-\): .*; write \.\/- for a file/],
  [['receive', '--listen', '70000'], /port of 0 to 65535/],
  [['push', VIDEO, URL, '--ca', VIDEO], /--ca, --pin and --insecure are for rtmps:\/\/ URLs/],
  [['push', VIDEO, `${URL.replace('rtmp', 'rtmps')}`, '--ca', VIDEO], /not a file of PEM certificates/],
  [['push', VIDEO, `${URL.replace('rtmp', 'rtmps')}`, '--pin', 'ab'], /--pin ab: .* 64 hexadecimal digits/],
  [
    ['push', VIDEO, URL, '--proxy', 'host:1080'],
    /--proxy needs a URL: socks5:\/\/ or http:\/\/, .* \[user:password@\]host:port/,
  ],
  [['push', VIDEO, URL, '--bind', 'eth0'], /--bind eth0: an IP address of this machine/],
  [['push', VIDEO, URL, '--encrypt', 'all'], /--encrypt needs one key, .*; there is none/],
  [['push', VIDEO, URL, '--key', 'SECRET'], /--key needs --encrypt/],
  [['push', VIDEO, URL, '--handshake', 'none'], /Allowed choices are simple, digest, auto/],
  [['push', VIDEO, URL, '--profile', 'none'], /Allowed choices are auto, generic, srs/],
])('%j', async ([args, says]) => {
  const env = { ...process.env, CLOUDPUSH_KEY: '', CLOUDPUSH_TOKEN: '' };
  const { code, stdout, stderr } = await cloudpush(args, { env });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(says);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(stderr).not.toContain('SECRET');
  expect(stderr).not.toContain('internal error');
});
