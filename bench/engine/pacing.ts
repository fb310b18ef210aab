import type { BenchLoop, BenchPacket } from './media.js';

/** Takes one packet of a channel. `pts` is in ms of the stream's clock. */
export type SendPacket = (channel: number, packet: BenchPacket, pts: number) => void;

/**
 * Many cameras in real time: each goes through the loop again and again, and each is at another place in its
 * group of pictures, so that their key frames do not come all at once. One timer serves all of them.
 */
export class Pacing {
  readonly #loop: BenchLoop;
  readonly #send: SendPacket;
  /**
   * Of each channel: its next packet, when that is due, and when the present round of the loop began, in ms.
   */
  readonly #next: Uint32Array;
  readonly #due: Float64Array;
  readonly #round: Float64Array;
  /** Time at which each channel begins, in ms. */
  readonly #shift: Float64Array;

  constructor(loop: BenchLoop, channels: number, send: SendPacket) {
    const groupDuration =
      loop.duration / (loop.packets.filter(({ kind }) => kind === 'video').length / loop.group);
    this.#loop = loop;
    this.#send = send;
    this.#next = new Uint32Array(channels);
    this.#round = new Float64Array(channels);
    this.#shift = Float64Array.from({ length: channels }, (_, i) => (i * groupDuration) / channels);
    this.#due = this.#shift.slice();
  }

  /** Sends in real time for so long. May be called again: the streams go on where they were. */
  async run(seconds: number): Promise<void> {
    const offset = performance.now() - this.#now;
    const until = this.#now + seconds * 1000;
    while (this.#now < until) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      this.#now = performance.now() - offset;
      this.#sendDue(this.#now);
    }
  }

  /** ms of the common clock. */
  #now = 0;

  #sendDue(now: number): void {
    for (let channel = 0; channel < this.#due.length; channel++) {
      while (this.#due[channel]! <= now) this.#sendNext(channel);
    }
  }

  #sendNext(channel: number): void {
    const { packets, duration } = this.#loop;
    const index = this.#next[channel]!;
    const packet = packets[index]!;
    this.#send(channel, packet, this.#round[channel]! + packet.at);
    const following = index + 1 < packets.length ? index + 1 : 0;
    if (following === 0) this.#round[channel]! += duration;
    this.#next[channel] = following;
    this.#due[channel] = this.#shift[channel]! + this.#round[channel]! + packets[following]!.at;
  }
}

/** The cost of pacing alone with so many channels: CPU µs a packet. */
export async function pacingCost(loop: BenchLoop, channels: number): Promise<number> {
  let packets = 0;
  const pacing = new Pacing(loop, channels, () => packets++);
  await pacing.run(2);
  packets = 0;
  const before = process.cpuUsage();
  await pacing.run(2);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / packets;
}
