/** So many key frames that are not kept any more are remembered. */
const MEMORY = 32;

/** A key frame that is kept, and that a stream may begin with. */
export interface KeptKeyFrame {
  /** Tells it from every other one: undefined of sound. */
  readonly id?: string | undefined;
}

/**
 * What the stream of a channel that stood by begins with: the key frame that another sender of the same
 * camera has ended before, which may have come, or gone, or be on its way still.
 */
export class KeyFrameWait<T extends KeptKeyFrame> {
  readonly #passed: string[] = [];
  #awaited: string | undefined;
  /** The newest that was kept when it was asked for. */
  #newest: T | undefined;

  /** True while nothing may be sent, as the key frame has not come. */
  get isAwaited(): boolean {
    return this.#awaited !== undefined;
  }

  /** A key frame is not kept any more. */
  passOver({ id }: KeptKeyFrame): void {
    if (id === undefined) return;
    this.#passed.push(id);
    if (this.#passed.length > MEMORY) this.#passed.shift();
  }

  /**
   * Asks for a beginning with a key frame.
   * @param kept those that are kept, in their order
   */
  await(id: string, kept: readonly T[]): void {
    this.#awaited = id;
    this.#newest = kept.at(-1);
  }

  /** @returns the key frame to begin with, once that is known; nothing is awaited any more then */
  find(kept: readonly T[]): T | undefined {
    const id = this.#awaited;
    if (id === undefined) return undefined;
    // The oldest one comes next behind one that is gone.
    const found = kept.find((one) => one.id === id) ?? (this.#passed.includes(id) ? kept[0] : undefined);
    if (found !== undefined) this.#awaited = undefined;
    return found;
  }

  /** Waits no longer. @returns the key frame to begin with: the first that has come meanwhile, or the newest */
  giveUp(kept: readonly T[]): T | undefined {
    this.#awaited = undefined;
    const before = this.#newest === undefined ? -1 : kept.indexOf(this.#newest);
    return kept[before + 1] ?? kept.at(-1);
  }
}
