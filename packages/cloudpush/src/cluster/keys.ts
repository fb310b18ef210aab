/** The keys of one cluster in its store. */
export class ClusterKeys {
  readonly #prefix: string;

  /** @param name of the cluster */
  constructor(name: string) {
    this.#prefix = `cloudpush/${name}/`;
  }

  /** Slots and version of the schema; written once. */
  get meta(): string {
    return `${this.#prefix}meta`;
  }

  get nodes(): string {
    return `${this.#prefix}node/`;
  }

  get claims(): string {
    return `${this.#prefix}claim/`;
  }

  get wants(): string {
    return `${this.#prefix}want/`;
  }

  get offers(): string {
    return `${this.#prefix}offer/`;
  }

  get readies(): string {
    return `${this.#prefix}ready/`;
  }

  get statuses(): string {
    return `${this.#prefix}status/`;
  }

  get channels(): string {
    return `${this.#prefix}channel/`;
  }

  /** Key of the balancer: its holder moves slots by their load. */
  get balancer(): string {
    return `${this.#prefix}balancer`;
  }

  node(id: string): string {
    return this.nodes + id;
  }

  status(id: string): string {
    return this.statuses + id;
  }

  claim(slot: number): string {
    return this.claims + slot;
  }

  /** Its owner is about to give the slot to another. */
  offer(slot: number): string {
    return this.offers + slot;
  }

  /** The next owner of the slot is ready for it. */
  ready(slot: number): string {
    return this.readies + slot;
  }

  want(slot: number): string {
    return this.wants + slot;
  }

  channelsOf(slot: number): string {
    return `${this.channels}${slot}/`;
  }

  channel(slot: number, name: string): string {
    return this.channelsOf(slot) + name;
  }
}

/** Returns the slot that a key of one ends on; undefined: it ends on no slot. */
export function lastSlot(key: string, slots: number): number | undefined {
  const part = lastPart(key);
  const slot = Number(part);
  return slot < slots && String(slot) === part && Number.isInteger(slot) && slot >= 0 ? slot : undefined;
}

/** Returns the part of a key behind its last slash. */
export function lastPart(key: string): string {
  return key.slice(key.lastIndexOf('/') + 1);
}
