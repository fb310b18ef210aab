/** So many key frames that are not kept any more are remembered: those of some seconds, where all are. */
const MEMORY = 256;

/** A key frame that is kept, and that a stream may begin with. */
export interface KeptKeyFrame {
  /** Tells it from every other one: undefined of sound. */
  readonly id?: string | undefined;
}

/**
 * The wait for the key frame that the stream of a channel which stood by begins with: another sender of the
 * same camera has ended before it, and it may have come, or gone, or be on its way still.
 */
export class KeyFrameWait<T extends KeptKeyFrame> {
  readonly #passed: string[] = [];
  #awaited: string | undefined;

  /** True until the key frame that was asked for is known to have come. */
  get isAwaited(): boolean {
    return this.#awaited !== undefined;
  }

  /** A key frame is not kept any more. */
  passOver({ id }: KeptKeyFrame): void {
    if (id === undefined) return;
    this.#passed.push(id);
    if (this.#passed.length > MEMORY) this.#passed.shift();
  }

  /** Asks for a beginning with a key frame. */
  await(id: string): void {
    this.#awaited = id;
  }

  /**
   * @param kept those that are kept, in their order
   * @returns the key frame to begin with, once that is known; nothing is awaited any more then
   */
  find(kept: readonly T[]): T | undefined {
    const id = this.#awaited;
    if (id === undefined) return undefined;
    // The oldest one comes next behind one that is gone.
    const found = kept.find((one) => one.id === id) ?? (this.#passed.includes(id) ? kept[0] : undefined);
    if (found !== undefined) this.#awaited = undefined;
    return found;
  }
}
