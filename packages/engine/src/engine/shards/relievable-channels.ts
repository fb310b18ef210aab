/** A channel whose shard can drop some of what it holds. */
export interface RelievableChannel {
  /** Bytes that it holds of the pool beyond its claim. */
  readonly borrowedBytes: number;
  /** Has its shard drop some of what waits. */
  relieve(): void;
}

/** The channels of an engine that can give room back to others. */
export class RelievableChannels {
  readonly #channels = new Set<RelievableChannel>();

  add(channel: RelievableChannel): void {
    this.#channels.add(channel);
  }

  delete(channel: RelievableChannel): void {
    this.#channels.delete(channel);
  }

  /** Makes room for `channel`: of the others, the one that has borrowed most drops something. */
  relieveOther(channel: RelievableChannel): void {
    let most: RelievableChannel | undefined;
    for (const other of this.#channels)
      if (other !== channel && other.borrowedBytes > (most?.borrowedBytes ?? 0)) most = other;
    most?.relieve();
  }
}
