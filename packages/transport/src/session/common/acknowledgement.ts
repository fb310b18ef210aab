/** Before a server names a window: what Adobe's and most other servers use. */
const DEFAULT_WINDOW = 2_500_000;

/** Counts what comes in and says when to acknowledge it (RTMP 1.0 §5.4.3, §5.4.4). */
export class AcknowledgementCounter {
  #received = 0;
  #acknowledged = 0;
  #window = DEFAULT_WINDOW;

  /**
   * The peer's Window Acknowledgement Size. 0 would ask for endless acknowledgements and is left unheeded.
   */
  set window(bytes: number) {
    if (bytes > 0) this.#window = bytes;
  }

  /**
   * Counts received bytes. Returns the sequence number to send when half a window has come in, else
   * undefined: half, because some peers stop sending on a full one. The number is cumulative and wraps at
   * 2^32.
   */
  count(bytes: number): number | undefined {
    this.#received += bytes;
    if (this.#received - this.#acknowledged < this.#window / 2) return undefined;
    this.#acknowledged = this.#received;
    return this.#received % 0x1_0000_0000;
  }
}
