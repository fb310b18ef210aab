import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** What a gateway reaches: the store, the receivers of media, and, for the test alone, its API. */
export type Side = 'store' | 'media' | 'control';

const SIDES: readonly Side[] = ['store', 'media', 'control'];
/** Of a gateway's address, behind which its number comes. */
const FIRST_HOST = 10;
/** Networks of tests that run at the same time lie apart, in the range for tests of networks (RFC 2544). */
const NETWORKS = 80;

/**
 * A network namespace for each gateway, with a link of its own to each side. A link that is cut loses every
 * packet both ways, without a word to anybody, as a firewall that drops, or a cable that is pulled. Needs root.
 */
export class Namespaces implements Disposable {
  readonly #id: string;
  readonly #gateways: number;

  private constructor(gateways: number, pid = process.pid) {
    this.#gateways = gateways;
    this.#id = pid.toString(36);
  }

  /** @throws Error where the system does not permit it */
  static create(gateways: number): Namespaces {
    removeLeft();
    const made = new Namespaces(gateways);
    // They outlive the process otherwise, when a test could not end them.
    process.once('exit', () => made[Symbol.dispose]());
    try {
      made.#create();
    } catch (error) {
      made[Symbol.dispose]();
      throw error;
    }
    return made;
  }

  /** Removes those of a process that is gone. */
  static remove(gateways: number, pid: number): void {
    new Namespaces(gateways, pid)[Symbol.dispose]();
  }

  /** The address of this machine as all gateways reach it on that side. */
  address(side: Side): string {
    return this.#host(side, 1);
  }

  /** The address of a gateway on the side of the test. */
  gatewayAddress(gateway: number): string {
    return this.#host('control', FIRST_HOST + gateway);
  }

  /** Begins the command of a program that is to run in the namespace of a gateway. */
  command(gateway: number): readonly string[] {
    return ['ip', 'netns', 'exec', this.#namespace(gateway)];
  }

  set(gateway: number, side: Side, state: 'up' | 'down'): void {
    // At the end that the gateway cannot see: its own addresses and routes stay as they are.
    ip('link', 'set', this.#link(gateway, side), state);
  }

  [Symbol.dispose](): void {
    for (const gateway of this.#numbers) {
      for (const side of SIDES) spawnSync('ip', ['link', 'del', this.#link(gateway, side)]);
      spawnSync('ip', ['netns', 'del', this.#namespace(gateway)]);
    }
    for (const side of SIDES) spawnSync('ip', ['link', 'del', this.#bridge(side)]);
  }

  get #numbers(): readonly number[] {
    return Array.from({ length: this.#gateways }, (_, index) => index + 1);
  }

  #create(): void {
    for (const side of SIDES) {
      ip('link', 'add', this.#bridge(side), 'type', 'bridge');
      ip('address', 'add', `${this.address(side)}/24`, 'dev', this.#bridge(side));
      ip('link', 'set', this.#bridge(side), 'up');
    }
    for (const gateway of this.#numbers) {
      const namespace = this.#namespace(gateway);
      ip('netns', 'add', namespace);
      ip('-n', namespace, 'link', 'set', 'lo', 'up');
      for (const side of SIDES) {
        const link = this.#link(gateway, side);
        ip('link', 'add', link, 'type', 'veth', 'peer', 'name', side, 'netns', namespace);
        ip('link', 'set', link, 'master', this.#bridge(side), 'up');
        ip('-n', namespace, 'address', 'add', `${this.#host(side, FIRST_HOST + gateway)}/24`, 'dev', side);
        ip('-n', namespace, 'link', 'set', side, 'up');
      }
    }
  }

  #host(side: Side, host: number): string {
    return `198.18.${(process.pid % NETWORKS) * SIDES.length + SIDES.indexOf(side)}.${host}`;
  }

  #namespace(gateway: number): string {
    return `cloudpush-${this.#id}-${gateway}`;
  }

  // Names of links have at most 15 characters.
  #bridge(side: Side): string {
    return `cp${this.#id}${side[0]}`;
  }

  #link(gateway: number, side: Side): string {
    return `${this.#bridge(side)}${gateway}`;
  }
}

/** A test run that was killed has left its namespaces behind. */
function removeLeft(): void {
  const { stdout } = spawnSync('ip', ['netns', 'list'], { encoding: 'utf8' });
  for (const [, id, gateway] of (stdout ?? '').matchAll(/^cloudpush-([0-9a-z]+)-(\d+)\b/gm)) {
    const pid = Number.parseInt(id!, 36);
    if (!existsSync(`/proc/${pid}`)) Namespaces.remove(Number(gateway), pid);
  }
}

function ip(...args: readonly string[]): void {
  const { error, status, stderr } = spawnSync('ip', args, { encoding: 'utf8' });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`ip ${args.join(' ')}: ${stderr}`);
}
