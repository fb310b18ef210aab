import type { SpoolFile } from '../spool-io.js';
import { SimulatedDisk } from './simulated-disk.js';

type HeldCall = 'write' | 'sync' | 'truncate';

/** A simulated disk whose calls wait where a test wants them to, and whose files may fail to close. */
export class HeldDisk extends SimulatedDisk {
  readonly #gates = new Map<HeldCall, Promise<void>>();
  /** The error that files end with when they are closed. */
  closeError: Error | undefined;

  /** Lets calls of a kind wait until the function that it returns is called. */
  hold(call: HeldCall): () => void {
    let open: () => void = () => undefined;
    const gate = new Promise<void>((resolve) => {
      open = resolve;
    });
    this.#gates.set(call, gate);
    return () => {
      this.#gates.delete(call);
      open();
    };
  }

  override async create(path: string): Promise<SpoolFile> {
    const file = await super.create(path);
    return {
      ...file,
      write: async (parts, position) => {
        await this.#gates.get('write');
        return await file.write(parts, position);
      },
      sync: async () => {
        await this.#gates.get('sync');
        await file.sync();
      },
      truncate: async (size) => {
        await this.#gates.get('truncate');
        await file.truncate(size);
      },
      close: async () => {
        await file.close();
        if (this.closeError !== undefined) throw this.closeError;
      },
    };
  }
}
