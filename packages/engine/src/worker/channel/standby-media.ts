import type { PacketDescriptor } from './held-packets.js';
import { KeyFrameWait } from './key-frame-wait.js';
import { isKeyPicture, pictureId } from './key-picture.js';
import type { PacketBlock } from './packet-block.js';
import { type KeptPacket, PreRoll } from './pre-roll.js';

/** So much is kept at least, in ms: whoever sends until now may have ended that long ago. */
const LENGTH = 8000;

/** How the wait for a key frame ends: with that, or before: as it does not come, or as something else does. */
export type WaitEnd = 'found' | 'late' | 'brokenOff';

/** The latest media of a channel that has no destination yet, and what the first one begins with. */
export class StandbyMedia {
  readonly #preRoll: PreRoll;
  readonly #wait = new KeyFrameWait<KeptPacket>();
  /** The one that was asked for, or that follows it. */
  #start: KeptPacket | undefined;

  /** @param giveUp takes a packet that goes nowhere */
  constructor(pool: SharedArrayBuffer, giveUp: (packet: KeptPacket) => void) {
    this.#preRoll = new PreRoll(
      LENGTH,
      (packet) => {
        this.#wait.passOver(packet);
        giveUp(packet);
      },
      (packet) => isKeyPicture(pool, packet, packet.block),
      (packet) => pictureId(pool, packet, packet.block),
    );
  }

  /** A destination could begin with what is kept. */
  get hasStart(): boolean {
    return this.#preRoll.hasStart;
  }

  /** The key frame that the first destination is to begin with has come, or it may begin with any. */
  get isReady(): boolean {
    this.#start ??= this.#wait.find(this.#preRoll.starts);
    return this.#start !== undefined || !this.#wait.isAwaited;
  }

  add(packet: PacketDescriptor, block: PacketBlock): void {
    this.#preRoll.add(packet, block);
  }

  /** The first destination is to begin with that key frame, if it is one of this camera. */
  await(id: string): void {
    this.#wait.await(id);
  }

  /** @returns what the first destination begins with */
  take(end: WaitEnd): readonly KeptPacket[] {
    // Whatever is kept has been sent by whoever has yet to end.
    if (!this.isReady && end === 'brokenOff') this.#preRoll.giveUpAll();
    const start = this.#start ?? this.#preRoll.starts.at(-1);
    if (start !== undefined) this.#preRoll.beginWith(start);
    return this.#preRoll.takeAll();
  }

  /** Nothing follows. @returns what was kept */
  end(): readonly KeptPacket[] {
    return this.#preRoll.takeAll();
  }

  /** The pool has little room: the latest group of pictures must do. */
  relieve(): void {
    this.#preRoll.relieve();
  }
}
