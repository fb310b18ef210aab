import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { type Address, type Found, type NameSource, notFound } from './address.js';
import { HostsFile } from './hosts-file.js';
import { NameResolver } from './resolver.js';

const FOUR: Address = { address: '192.0.2.1', family: 4 };
const SIX: Address = { address: '2001:db8::1', family: 6 };
const never = new AbortController().signal;

/** A source whose answers are made by hand. */
class HandMade {
  readonly asked: string[] = [];
  readonly aborted: string[] = [];
  readonly #answers: ((found: Found | Error) => void)[] = [];
  readonly ask: NameSource = (name, signal) => {
    this.asked.push(name);
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => {
        this.aborted.push(name);
        reject(signal.reason);
      });
      this.#answers.push((found) => (found instanceof Error ? reject(found) : resolve(found)));
    });
  };
  answer(found: Found | Error): void {
    this.#answers.shift()!(found);
  }
}

function resolverOf({ hosts = {} }: { hosts?: Record<string, readonly Address[]> } = {}): {
  resolver: NameResolver;
  dns: HandMade;
  system: HandMade;
  clock: { time: number };
} {
  const dns = new HandMade();
  const system = new HandMade();
  const clock = { time: 0 };
  const sources = { hosts: { find: (name: string) => hosts[name] }, dns: dns.ask, system: system.ask };
  return { resolver: new NameResolver(sources, () => clock.time), dns, system, clock };
}

describe('the resolver', () => {
  test('asks nobody for what the hosts file names', async () => {
    const { resolver, dns } = resolverOf({ hosts: { camera: [FOUR] } });
    expect(await resolver.resolve('camera', never)).toEqual([FOUR]);
    expect(dns.asked).toEqual([]);
  });

  test('asks once for all who ask at the same time, and remembers the answer as long as it holds', async () => {
    const { resolver, dns, clock } = resolverOf();
    const asking = [1, 2, 3].map(() => resolver.resolve('a.example', never));
    dns.answer({ addresses: [FOUR, SIX], ttl: 5000 });
    expect(await Promise.all(asking)).toEqual([1, 2, 3].map(() => [FOUR, SIX]));
    clock.time = 4999;
    expect(await resolver.resolve('a.example', never)).toEqual([FOUR, SIX]);
    expect(dns.asked).toEqual(['a.example']);
    clock.time = 5000;
    const again = resolver.resolve('a.example', never);
    dns.answer({ addresses: [SIX], ttl: 0 });
    expect(await again).toEqual([SIX]);
    void resolver.resolve('a.example', never).catch(() => undefined);
    expect(dns.asked).toHaveLength(3);
  });

  test('is not held up by names that nobody answers for', async () => {
    const { resolver, dns } = resolverOf();
    const signals = Array.from({ length: 100 }, () => new AbortController());
    const dead = signals.map(({ signal }, i) =>
      resolver.resolve(`dead${i}.example`, signal).catch((error) => error),
    );
    const alive = resolver.resolve('alive.example', never);
    expect(dns.asked).toHaveLength(101);
    for (const one of signals) one.abort(new Error('enough'));
    expect((await Promise.all(dead)).every((error) => error.message === 'enough')).toBe(true);
    expect(dns.aborted).toHaveLength(100);
    for (let i = 0; i < 100; i++) dns.answer(notFound('x'));
    dns.answer({ addresses: [FOUR], ttl: 1 });
    expect(await alive).toEqual([FOUR]);
  });

  test('gives a lookup up when the last who waits for it has gone, and begins it anew for the next', async () => {
    const { resolver, dns } = resolverOf();
    const [one, two] = [new AbortController(), new AbortController()];
    const first = resolver.resolve('a.example', one.signal);
    const second = resolver.resolve('a.example', two.signal);
    one.abort(new Error('one'));
    await expect(first).rejects.toThrow('one');
    expect(dns.aborted).toEqual([]);
    two.abort(new Error('two'));
    await expect(second).rejects.toThrow('two');
    expect(dns.aborted).toEqual(['a.example']);
    const third = resolver.resolve('a.example', never);
    expect(dns.asked).toHaveLength(2);
    dns.answer(notFound('a.example'));
    dns.answer({ addresses: [FOUR], ttl: 1 });
    expect(await third).toEqual([FOUR]);
  });

  test('asks the system for what DNS does not know, and says what DNS says when nobody knows it', async () => {
    const { resolver, dns, system, clock } = resolverOf();
    const found = resolver.resolve('intranet', never);
    dns.answer(notFound('intranet'));
    await vi.waitFor(() => expect(system.asked).toEqual(['intranet']), 20_000);
    system.answer({ addresses: [FOUR], ttl: 1 });
    expect(await found).toEqual([FOUR]);

    const lost = resolver.resolve('lost', never);
    dns.answer(notFound('lost'));
    await vi.waitFor(() => expect(system.asked).toHaveLength(2), 20_000);
    system.answer(new Error('the system'));
    await expect(lost).rejects.toMatchObject({ code: 'ENOTFOUND' });
    await expect(resolver.resolve('lost', never)).rejects.toMatchObject({ code: 'ENOTFOUND' });
    expect(dns.asked).toHaveLength(2);
    clock.time = 3000;
    void resolver.resolve('lost', never).catch(() => undefined);
    expect(dns.asked).toHaveLength(3);
  });

  test('asks the system first for names of multicast DNS', () => {
    const { resolver, dns, system } = resolverOf();
    void resolver.resolve('camera.local', never).catch(() => undefined);
    expect([dns.asked, system.asked]).toEqual([[], ['camera.local']]);
  });

  test('forgets an address that nobody could connect to', async () => {
    const { resolver, dns } = resolverOf();
    const first = resolver.resolve('a.example', never);
    dns.answer({ addresses: [FOUR], ttl: 100_000 });
    await first;
    resolver.forget('a.example');
    void resolver.resolve('a.example', never).catch(() => undefined);
    expect(dns.asked).toHaveLength(2);
  });

  test('gives addresses of the family that is asked for only', async () => {
    const { resolver } = resolverOf({ hosts: { both: [FOUR, SIX], old: [FOUR] } });
    expect(await resolver.lookup('both', { family: 6 }, never)).toEqual([SIX]);
    expect(await resolver.lookup('both', { family: 'IPv4' }, never)).toEqual([FOUR]);
    expect(await resolver.lookup('both', {}, never)).toEqual([FOUR, SIX]);
    await expect(resolver.lookup('old', { family: 6 }, never)).rejects.toMatchObject({ code: 'ENODATA' });
  });

  test('remembers no more than so many names', async () => {
    const { resolver, dns } = resolverOf();
    for (let i = 0; i < 1001; i++) {
      const found = resolver.resolve(`n${i}`, never);
      dns.answer({ addresses: [FOUR], ttl: 100_000 });
      await found;
    }
    void resolver.resolve('n1', never);
    expect(dns.asked).toHaveLength(1001);
    void resolver.resolve('n0', never).catch(() => undefined);
    expect(dns.asked).toHaveLength(1002);
  });
});

describe('the hosts file', () => {
  test('names hosts, in any case, with several addresses, and is read again when it has changed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'hosts-'));
    try {
      const path = join(folder, 'hosts');
      const file = new HostsFile(path);
      expect(file.find('camera')).toBeUndefined();
      writeFileSync(
        path,
        '# none\n192.0.2.1\tCamera cam # the first\r\n2001:db8::1 camera\nnonsense camera\n',
      );
      expect(file.find('CAMERA.')).toEqual([FOUR, SIX]);
      expect(file.find('cam')).toEqual([FOUR]);
      expect(file.find('nonsense')).toBeUndefined();
      writeFileSync(path, '2001:db8::1 cam\n');
      expect(file.find('cam')).toEqual([SIX]);
      expect(file.find('camera')).toBeUndefined();
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  test('need not name localhost', () => {
    const file = new HostsFile('/nowhere/hosts');
    for (const name of ['localhost', 'media.localhost']) {
      expect(file.find(name)?.map(({ address }) => address)).toEqual(['127.0.0.1', '::1']);
    }
  });
});
