import { describe, expect, test } from 'vitest';
import { systemLookup } from '../../packages/transport/dist/io/dial/names/system-lookup.js';

const never = new AbortController().signal;

describe('the system’s resolver', () => {
  test('is asked in a process of its own', async () => {
    const { addresses } = await systemLookup('localhost', never);
    expect(addresses.map(({ address }) => address)).toContain('127.0.0.1');
  });

  test('knows no name that is none', async () => {
    await expect(systemLookup('no-such-host.invalid', never)).rejects.toHaveProperty('code');
  });

  test('is asked for a name that looks like an option of Node', async () => {
    for (const name of ['--version', '-v'])
      await expect(systemLookup(name, never)).rejects.toThrow(new RegExp(`getaddrinfo E.* ${name}`));
    await expect(systemLookup('--print', never)).rejects.toHaveProperty('syscall', 'getaddrinfo');
  });

  test('is given up by a signal, waiting or asking', async () => {
    const aborts = Array.from({ length: 5 }, () => new AbortController());
    const asking = aborts.map(({ signal }) => systemLookup('localhost', signal));
    for (const abort of aborts) abort.abort(new Error('enough'));
    for (const one of asking) await expect(one).rejects.toThrow('enough');
    expect((await systemLookup('localhost', never)).addresses.length).toBeGreaterThan(0);
  });
});
