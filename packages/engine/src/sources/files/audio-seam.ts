import type { SourcePacket } from '../packet.js';

/** A gap of more frames than this where two passes meet is the recording's own, and stays. */
const MAX_FILL_FRAMES = 2;

/**
 * Joins the audio of one pass of a loop to that of the next. Audio frames do not divide the length of the
 * pictures, so a pass of audio ends a little before or after its pictures do. The audio clock goes on
 * regardless, frame by frame; when it has got ahead of the pictures by more than half a frame the new pass
 * leaves its first frame out, when it has fallen behind by as much it plays that frame twice. So neither
 * track jumps, and sound and picture never drift apart.
 */
export class AudioSeam {
  /** End of the last frame given out, in ms since the first pass began. */
  #clock = Number.NaN;
  #shift = 0;
  #joined = true;
  #repeats = 0;

  /** Added to the current packet's times, in ms. */
  get shift(): number {
    return this.#shift;
  }

  /** A new pass begins: its times are moved by `shift`. */
  begin(shift: number): void {
    this.#shift = shift;
    this.#joined = Number.isNaN(this.#clock);
  }

  /** Number of times that the packet is to be given out: 0, 1 or, at a seam, a few times. */
  admit(packet: SourcePacket): number {
    if (this.#joined) return 1;
    const ahead = this.#clock - (packet.dts + this.#shift);
    if (ahead > packet.duration / 2) return 0;
    this.#joined = true;
    const missing = Math.round(-ahead / packet.duration);
    this.#repeats = missing <= MAX_FILL_FRAMES ? missing : 0;
    if (missing <= MAX_FILL_FRAMES) this.#shift += ahead;
    return 1 + this.#repeats;
  }

  /** The packet has been given out once, at `dts + shift`. */
  gave(packet: SourcePacket): void {
    this.#clock = packet.dts + this.#shift + packet.duration;
    if (this.#repeats > 0) {
      this.#repeats--;
      this.#shift += packet.duration;
    }
  }
}
