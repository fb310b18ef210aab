import type { LookupFunction } from 'node:net';
import { performance } from 'node:perf_hooks';
import { requireType } from '../../../option-types.js';
import { waitFor } from '../../common/wait.js';
import { type Address, type Found, type NameSource, notFound } from './address.js';
import { queryDns } from './dns-query.js';
import { HostsFile } from './hosts-file.js';
import { systemLookup } from './system-lookup.js';

/** Names that are remembered at most, the oldest first to go. */
const MAX_NAMES = 1000;
/** Answers hold no longer than this, in ms, whatever they say. */
const MAX_TTL = 3_600_000;
/** Time that a name counts as unknown, in ms: a thousand channels ask once. */
const ERROR_TTL = 3000;

/** Sources that names are looked up in. */
export interface NameSources {
  readonly hosts: Pick<HostsFile, 'find'>;
  readonly dns: NameSource;
  readonly system: NameSource;
}

interface Remembered {
  readonly result: readonly Address[] | Error;
  /** By the resolver's clock. */
  readonly until: number;
}

/** A lookup that is under way, for all who wait for it. */
interface Flight {
  readonly result: Promise<readonly Address[]>;
  readonly abort: AbortController;
  waiting: number;
}

/**
 * Finds the addresses of hosts, so that a name that nobody answers for delays nobody but those who ask for
 * it: in the hosts file, then by DNS, then as the system does. Answers are remembered as long as they hold,
 * and a lookup that nobody waits for any more is given up.
 */
export class NameResolver {
  readonly #sources: NameSources;
  readonly #now: () => number;
  readonly #remembered = new Map<string, Remembered>();
  readonly #flights = new Map<string, Flight>();

  /** @param now milliseconds, from any origin, never going back */
  constructor(sources: NameSources, now: () => number) {
    this.#sources = sources;
    this.#now = now;
  }

  /**
   * The addresses of a host, IPv4 first. Rejects with an error that has a `code`, or with the signal's
   * reason.
   */
  async resolve(name: string, signal: AbortSignal): Promise<readonly Address[]> {
    signal.throwIfAborted();
    const known = this.#sources.hosts.find(name) ?? this.#recall(name);
    if (known instanceof Error) throw known;
    return known ?? this.#join(this.#flight(name), name, signal);
  }

  /** None of the addresses could be connected to: the next who asks gets new ones. */
  forget(name: string): void {
    this.#remembered.delete(name);
  }

  /** Looks up as `net.connect` wants it. */
  lookup(
    name: string,
    options: Parameters<LookupFunction>[1],
    signal: AbortSignal,
  ): Promise<readonly Address[]> {
    const family = Number(String(options.family ?? 0).replace('IPv', ''));
    return this.resolve(name, signal).then((addresses) => {
      const right = addresses.filter((address) => family === 0 || address.family === family);
      if (right.length === 0) throw notFound(name, 'ENODATA');
      return right;
    });
  }

  async #join(flight: Flight, name: string, signal: AbortSignal): Promise<readonly Address[]> {
    flight.waiting++;
    try {
      return await waitFor(flight.result, { signal });
    } finally {
      flight.waiting--;
      if (flight.waiting === 0 && this.#flights.get(name) === flight) {
        this.#flights.delete(name);
        flight.abort.abort();
      }
    }
  }

  #flight(name: string): Flight {
    const running = this.#flights.get(name);
    if (running !== undefined) return running;
    const abort = new AbortController();
    const flight: Flight = { result: this.#find(name, abort.signal), abort, waiting: 0 };
    this.#flights.set(name, flight);
    // Those who wait are told how it ended.
    const land = (): void => {
      if (this.#flights.get(name) === flight) this.#flights.delete(name);
    };
    flight.result.then(land, land);
    return flight;
  }

  async #find(name: string, signal: AbortSignal): Promise<readonly Address[]> {
    try {
      const { addresses, ttl } = await this.#ask(name, signal);
      this.#remember(name, addresses, Math.min(ttl, MAX_TTL));
      return addresses;
    } catch (error) {
      if (!signal.aborted) this.#remember(name, error as Error, ERROR_TTL);
      throw error;
    }
  }

  /** Asks DNS, then the system for what DNS does not know; the error is that of DNS. */
  async #ask(name: string, signal: AbortSignal): Promise<Found> {
    const { dns, system } = this.#sources;
    // Names of multicast DNS (RFC 6762 §3) are no business of the servers.
    const [first, second] = /\.local\.?$/i.test(name) ? [system, dns] : [dns, system];
    try {
      return await first(name, signal);
    } catch (error) {
      signal.throwIfAborted();
      try {
        return await second(name, signal);
      } catch {
        signal.throwIfAborted();
        throw notFound(name, (error as NodeJS.ErrnoException).code, error);
      }
    }
  }

  #recall(name: string): readonly Address[] | Error | undefined {
    const remembered = this.#remembered.get(name);
    if (remembered === undefined || remembered.until > this.#now()) return remembered?.result;
    this.#remembered.delete(name);
    return undefined;
  }

  #remember(name: string, result: readonly Address[] | Error, ttl: number): void {
    this.#remembered.delete(name);
    if (ttl <= 0) return;
    this.#remembered.set(name, { result, until: this.#now() + ttl });
    const [oldest] = this.#remembered.keys();
    if (this.#remembered.size > MAX_NAMES && oldest !== undefined) this.#remembered.delete(oldest);
  }
}

/** This thread's. */
export const nameResolver = new NameResolver(
  { hosts: new HostsFile(), dns: queryDns, system: systemLookup },
  () => performance.now(),
);

/**
 * Looks names up for anything that asks `dns.lookup` by default: no name that hangs is in another's way.
 * @throws RtmpError `ERR_CLOUDPUSH_INVALID_OPTION` for an argument of a wrong type
 */
export const lookupHost: LookupFunction = (name, options, callback) => {
  requireType('name', name, 'text');
  requireType('options', options, 'object');
  requireType('callback', callback, 'function');
  lookupUntil(NEVER)(name, options, callback);
};

const NEVER = new AbortController().signal;

/** Looks names up for `net.connect` and `tls.connect`, until the signal fires. */
export function lookupUntil(signal: AbortSignal): LookupFunction {
  return (name, options, callback) => {
    nameResolver.lookup(name, options, signal).then(
      (addresses) => {
        const [{ address, family } = { address: '', family: 4 }] = addresses;
        if (options.all) callback(null, [...addresses]);
        else callback(null, address, family);
      },
      (error: NodeJS.ErrnoException) => (options.all ? callback(error, []) : callback(error, '', 0)),
    );
  };
}
