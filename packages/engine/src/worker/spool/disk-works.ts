/** Work of the disk that nobody waits for, until all of it is to be over. */
export class DiskWorks {
  readonly #onFault: (error: Error) => void;
  readonly #running = new Set<Promise<void>>();

  constructor(onFault: (error: Error) => void) {
    this.#onFault = onFault;
  }

  add(work: Promise<unknown>): void {
    const running = this.#watch(work).finally(() => void this.#running.delete(running));
    this.#running.add(running);
  }

  /** Resolves when all that was added so far is over. */
  async settled(): Promise<void> {
    await Promise.all(this.#running);
  }

  async #watch(work: Promise<unknown>): Promise<void> {
    try {
      await work;
    } catch (error) {
      this.#onFault(error as Error);
    }
  }
}
