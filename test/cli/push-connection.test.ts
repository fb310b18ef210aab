// The options of `cloudpush push` that say how the connection is made.

import { RtmpReceiver } from '@cloudpush/transport';
import { describe, expect, test } from 'vitest';
import { cloudpush } from '../support/cloudpush.js';
import { fixture } from '../support/media.js';
import { TempFolder } from '../support/temp.js';
import { makeCertificate } from '../transport/support/certificate.js';
import { socksProxy } from '../transport/support/proxies.js';

const INPUT = ['push', fixture('plain.h264'), '--as-fast-as-possible', '--quiet'];

/** A receiver that notes the names that are asked for, with their queries. */
async function startServer(tls?: {
  cert: string;
  key: string;
}): Promise<{ receiver: RtmpReceiver; url: string; names: string[] }> {
  const names: string[] = [];
  const onPublish = ({ streamName }: { streamName: string }) => {
    names.push(streamName);
    return 'accept' as const;
  };
  const options = { port: 0, behaviour: { onPublish } };
  const receiver = await RtmpReceiver.listen(tls === undefined ? options : { ...options, tls });
  const url = `${tls === undefined ? 'rtmp' : 'rtmps'}://127.0.0.1:${receiver.address.port}/live/cam`;
  return { receiver, url, names };
}

describe.concurrent('push', { timeout: 240_000 }, () => {
  test('--token, or its variable, goes into the name’s query, and is never shown', async () => {
    const { receiver, url, names } = await startServer();
    await using _receiver = receiver;
    const given = await cloudpush([...INPUT, url, '--token', 'SECRET-1', '--verbose']);
    const env = { ...process.env, CLOUDPUSH_TOKEN: 'SECRET-2' };
    const fromVariable = await cloudpush([...INPUT, url, '--verbose'], { env });
    expect([given.code, fromVariable.code]).toEqual([0, 0]);
    expect(names).toEqual(['cam?token=SECRET-1', 'cam?token=SECRET-2']);
    const said = [given, fromVariable].map(({ stdout, stderr }) => stdout + stderr).join('');
    expect(said).not.toContain('SECRET');
  });

  test('certificates are checked, against --ca and --pin, unless --insecure says not to', async () => {
    await using folder = await TempFolder.create();
    const { cert, key, fingerprint } = makeCertificate('IP:127.0.0.1');
    const { receiver, url, names } = await startServer({ cert, key });
    await using _receiver = receiver;
    const ca = ['--ca', await folder.write('ca.pem', Buffer.from(cert))];
    const wrongPin = ['--pin', '00'.repeat(32)];
    const good = [ca, [...ca, '--pin', fingerprint], ['--insecure']];
    const goodOnes = good.map(async (options) => {
      const { code, stderr } = await cloudpush([...INPUT, url, ...options]);
      const warns = options.includes('--insecure');
      expect({ options, code, warns: stderr.includes('is not checked') }).toEqual({
        options,
        code: 0,
        warns,
      });
    });
    const badOnes = [[], [...ca, ...wrongPin]].map(async (options) => {
      const { code, stderr } = await cloudpush([...INPUT, url, ...options]);
      expect({ options, code }).toEqual({ options, code: 1 });
      expect(stderr).toMatch(/certificate|_CERT\b/i);
    });
    await Promise.all([...goodOnes, ...badOnes]);
    expect(names).toHaveLength(3);
  });

  test('--proxy, --bind, --handshake and --profile make the connection', async () => {
    const { receiver, url, names } = await startServer();
    await using _receiver = receiver;
    await using proxy = await socksProxy({ user: 'me', password: 'SECRET' });
    const ways = [
      ['--proxy', `socks5://me:SECRET@127.0.0.1:${proxy.port}`],
      ['--bind', '127.0.0.1'],
      ['--handshake', 'digest'],
      ['--profile', 'srs'],
    ];
    const pushes = ways.map(async (way) => {
      const { code, stdout, stderr } = await cloudpush([...INPUT, url, ...way]);
      expect({ way, code }).toEqual({ way, code: 0 });
      expect(stdout + stderr).not.toContain('SECRET');
    });
    await Promise.all(pushes);
    const elsewhere = await cloudpush([...INPUT, url, '--bind', '192.0.2.1']);
    expect(elsewhere.code).toBe(1);
    expect(names).toHaveLength(4);
  });
});
