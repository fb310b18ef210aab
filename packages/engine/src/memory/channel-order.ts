import type { RingConsumer } from './ring.js';

/** The end of a channel's list, and the last of a channel that has none. */
const NONE = -1;

/**
 * Sorts descriptors that wait together by channel. Handled in this order, a channel's packets find its state
 * in the processor's cache. Each channel's own order is kept; channels do not depend on each other.
 */
export class ChannelOrder {
  /** Of each descriptor: the next one of its channel. */
  #next = new Int32Array(1024);
  /** The channels' first descriptors, in the order in which they came. */
  #firsts = new Int32Array(1024);
  #order = new Int32Array(1024);
  /** Of each channel: its newest descriptor so far. */
  #newest = new Int32Array(64).fill(NONE);

  /** The indices of the oldest `count` waiting descriptors, channel by channel: good until the next call. */
  sort(ring: RingConsumer, count: number): Int32Array {
    if (this.#next.length < count) this.#growTo(count * 2);
    const channels = this.#link(ring, count);
    const order = this.#order;
    let at = 0;
    for (let i = 0; i < channels; i++) {
      const first = this.#firsts[i]!;
      this.#newest[ring.channelAt(first)] = NONE;
      for (let index = first; index !== NONE; index = this.#next[index]!) order[at++] = index;
    }
    return order;
  }

  /** Chains the descriptors of each channel. Returns the number of channels. */
  #link(ring: RingConsumer, count: number): number {
    let channels = 0;
    for (let index = 0; index < count; index++) {
      const channel = ring.channelAt(index);
      if (channel >= this.#newest.length) this.#growChannelsTo(channel * 2);
      const before = this.#newest[channel]!;
      if (before === NONE) this.#firsts[channels++] = index;
      else this.#next[before] = index;
      this.#next[index] = NONE;
      this.#newest[channel] = index;
    }
    return channels;
  }

  #growTo(descriptors: number): void {
    this.#next = new Int32Array(descriptors);
    this.#firsts = new Int32Array(descriptors);
    this.#order = new Int32Array(descriptors);
  }

  #growChannelsTo(channels: number): void {
    const grown = new Int32Array(channels).fill(NONE);
    grown.set(this.#newest);
    this.#newest = grown;
  }
}
