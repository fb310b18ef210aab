import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { Address } from './address.js';

const LOOPBACK: readonly Address[] = [
  { address: '127.0.0.1', family: 4 },
  { address: '::1', family: 6 },
];

function systemPath(): string {
  if (process.platform !== 'win32') return '/etc/hosts';
  return join(process.env['SystemRoot'] ?? 'C:\\Windows', 'System32', 'drivers', 'etc', 'hosts');
}

/**
 * The file of host names that the system's resolver reads before it asks anybody. Read synchronously, a few
 * hundred bytes when they have changed: what is read asynchronously waits behind lookups that hang.
 */
export class HostsFile {
  readonly #path: string;
  #version = '';
  #names: ReadonlyMap<string, readonly Address[]> = new Map();

  constructor(path = systemPath()) {
    this.#path = path;
  }

  /** Undefined when the file does not name the host. `localhost` needs no file (RFC 6761 §6.3). */
  find(name: string): readonly Address[] | undefined {
    this.#refresh();
    const bare = name.replace(/\.$/, '').toLowerCase();
    return this.#names.get(bare) ?? (/^(.*\.)?localhost$/.test(bare) ? LOOPBACK : undefined);
  }

  #refresh(): void {
    try {
      const { mtimeMs, size, ino } = statSync(this.#path);
      const version = `${mtimeMs} ${size} ${ino}`;
      if (version === this.#version) return;
      this.#names = parse(readFileSync(this.#path, 'utf8'));
      this.#version = version;
    } catch {
      // Without the file there are no names in it.
      this.#names = new Map();
      this.#version = '';
    }
  }
}

/** One address a line, then its names (hosts(5)). */
function parse(text: string): Map<string, Address[]> {
  const names = new Map<string, Address[]>();
  for (const line of text.split('\n')) {
    const [address = '', ...aliases] = line.replace(/#.*/, '').trim().split(/\s+/);
    const family = isIP(address);
    if (family !== 4 && family !== 6) continue;
    for (const alias of aliases) {
      const known = names.get(alias.toLowerCase()) ?? [];
      if (!known.some((entry) => entry.address === address)) known.push({ address, family });
      names.set(alias.toLowerCase(), known);
    }
  }
  return names;
}
