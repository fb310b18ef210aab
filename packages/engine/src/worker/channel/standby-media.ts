import type { MonotonicClock } from '../../base/clock.js';
import type { PacketDescriptor } from './held-packets.js';
import { KeyFrameWait } from './key-frame-wait.js';
import { isKeyPicture, pictureId } from './key-picture.js';
import type { PacketBlock } from './packet-block.js';
import { type KeptPacket, PreRoll } from './pre-roll.js';

/** So much is kept at least, in ms: whoever sends until now may have ended that long ago. */
const LENGTH = 4000;
/**
 * So long the first destination waits for the key frame that it is to begin with, in ms: somebody else has
 * had it from the same camera.
 */
const LONGEST_WAIT = 2000;

const NONE: readonly KeptPacket[] = [];

/** The channel that stands by. */
interface StandbyParts {
  readonly pool: SharedArrayBuffer;
  readonly clock: MonotonicClock;
  /** Takes a packet that goes nowhere. */
  giveUp(packet: KeptPacket): void;
  /** Takes what was kept, when the wait for a key frame is over. */
  takeLate(kept: readonly KeptPacket[]): void;
}

/** The latest media of a channel that has no destination yet, and what the first one begins with. */
export class StandbyMedia {
  readonly #parts: StandbyParts;
  readonly #preRoll: PreRoll;
  readonly #wait = new KeyFrameWait<KeptPacket>();
  #hasBegun = false;
  #stopTimer: () => void = () => {};

  constructor(parts: StandbyParts) {
    const { pool } = parts;
    this.#parts = parts;
    this.#preRoll = new PreRoll(
      LENGTH,
      (packet) => {
        this.#wait.passOver(packet);
        parts.giveUp(packet);
      },
      (packet) => isKeyPicture(pool, packet, packet.block),
      (packet) => pictureId(pool, packet, packet.block),
    );
  }

  /** The first destination is there, and what it begins with has not come. */
  get isAwaited(): boolean {
    return this.#hasBegun && this.#wait.isAwaited;
  }

  /** A destination could begin with what is kept. */
  get hasStart(): boolean {
    return this.#preRoll.hasStart;
  }

  /** @returns what was kept, with this packet, when that is what the first destination has waited for */
  add(packet: PacketDescriptor, block: PacketBlock): readonly KeptPacket[] {
    this.#preRoll.add(packet, block);
    return this.isAwaited ? this.#take(this.#wait.find(this.#preRoll.starts)) : NONE;
  }

  /** The first destination is to begin with that key frame, if it is one of this camera. */
  await(id: string): void {
    this.#wait.await(id, this.#preRoll.starts);
  }

  /**
   * The first destination is there.
   * @returns what it begins with: nothing, while a key frame is awaited
   */
  begin(): readonly KeptPacket[] {
    const { starts } = this.#preRoll;
    this.#hasBegun = true;
    if (!this.#wait.isAwaited) return this.#take(starts.at(-1));
    const found = this.#wait.find(starts);
    if (found !== undefined) return this.#take(found);
    const { clock, takeLate } = this.#parts;
    this.#stopTimer = clock.after(LONGEST_WAIT, () => takeLate(this.beginAnyway()));
    return NONE;
  }

  /** No key frame is waited for any longer. @returns what the first destination begins with instead */
  beginAnyway(): readonly KeptPacket[] {
    return this.isAwaited ? this.#take(this.#wait.giveUp(this.#preRoll.starts)) : NONE;
  }

  /** The pool has little room: the latest group of pictures must do. */
  relieve(): void {
    this.#preRoll.relieve();
  }

  /** Nothing follows. @returns what was kept */
  end(): readonly KeptPacket[] {
    this.#stopTimer();
    return this.#preRoll.takeAll();
  }

  /** @param start undefined: what the stream is to begin with has not come */
  #take(start: KeptPacket | undefined): readonly KeptPacket[] {
    if (this.#wait.isAwaited) return NONE;
    this.#stopTimer();
    if (start !== undefined) this.#preRoll.beginWith(start);
    return this.#preRoll.takeAll();
  }
}
