import { dirname } from 'node:path';
import type { SpoolFile, SpoolIo } from '../spool-io.js';

/** Bytes that a power loss treats alike; small, so that small files have many. */
const SECTOR = 64;

/** Step that a call of the disk is about to take. */
export interface DiskStep {
  readonly call: 'create' | 'write' | 'sync' | 'truncate' | 'syncFolder' | 'rename' | 'remove' | 'read';
  readonly path: string;
  /** Bytes, for a write. */
  readonly bytes: number;
}

/** The outcome of a step: undefined lets it happen; a number lets so many bytes of a write happen. */
export type StepOutcome = undefined | Error | { readonly written: number; readonly error: Error };

class Inode {
  content: Buffer = Buffer.alloc(0);
  durable: Buffer = Buffer.alloc(0);
  /** Has room for what is appended to what was written last. */
  #room: Buffer = Buffer.alloc(0);
  #last = this.content;

  /** Who holds the content of before, as a sync does, sees none of it. */
  write(bytes: Buffer, position: number): void {
    const { content } = this;
    const size = Math.max(content.length, position + bytes.length);
    const isAppended = content === this.#last && position === content.length;
    if (!isAppended || size > this.#room.length) {
      this.#room = Buffer.alloc(2 * size);
      content.copy(this.#room);
    }
    bytes.copy(this.#room, position);
    this.content = this.#room.subarray(0, size);
    this.#last = this.content;
  }
}

/** The error that a call ends with, with its system code. */
export function diskError(code: string): NodeJS.ErrnoException {
  const error: NodeJS.ErrnoException = new Error(`${code}: simulated`);
  error.code = code;
  return error;
}

/**
 * A disk in memory that can lose its power: it forgets what was not synced, or keeps a part of it, or zeros.
 * `onStep` may let a call fail, or a write stop in its middle.
 */
export class SimulatedDisk implements SpoolIo {
  /** Names as they are seen, and as they would be after a power loss. */
  readonly #names = new Map<string, Inode>();
  readonly #durableNames = new Map<string, Inode>();
  readonly #folders = new Set<string>();
  onStep: (step: DiskStep) => StepOutcome = () => undefined;
  /** Turns of the event loop that a sync takes. */
  syncTurns: () => number = () => 0;
  /** Bytes of all files that the disk can hold. */
  capacity = Number.POSITIVE_INFINITY;
  /** Calls so far. */
  steps = 0;
  /** Files that are open. */
  openFiles = 0;

  async create(path: string): Promise<SpoolFile> {
    await this.#step({ call: 'create', path, bytes: 0 });
    if (this.#names.has(path)) throw diskError('EEXIST');
    const inode = new Inode();
    this.#names.set(path, inode);
    return this.#file(path, inode);
  }

  async open(path: string, _access: 'read' | 'write'): Promise<SpoolFile> {
    await Promise.resolve();
    const inode = this.#names.get(path);
    if (inode === undefined) throw diskError('ENOENT');
    return this.#file(path, inode);
  }

  async list(folder: string): Promise<string[]> {
    await Promise.resolve();
    const prefix = `${folder}/`;
    const inside = [...this.#names.keys()].filter((path) => path.startsWith(prefix));
    return [...new Set(inside.map((path) => path.slice(prefix.length).split('/')[0]!))];
  }

  async makeFolder(folder: string): Promise<void> {
    await Promise.resolve();
    this.#folders.add(folder);
  }

  async syncFolder(folder: string): Promise<void> {
    await this.#step({ call: 'syncFolder', path: folder, bytes: 0 });
    for (const path of new Set([...this.#names.keys(), ...this.#durableNames.keys()])) {
      if (dirname(path) !== folder) continue;
      const inode = this.#names.get(path);
      if (inode === undefined) this.#durableNames.delete(path);
      else this.#durableNames.set(path, inode);
    }
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#step({ call: 'rename', path: from, bytes: 0 });
    const inode = this.#names.get(from);
    if (inode === undefined) throw diskError('ENOENT');
    this.#names.delete(from);
    this.#names.set(to, inode);
  }

  async remove(path: string): Promise<void> {
    await this.#step({ call: 'remove', path, bytes: 0 });
    if (!this.#names.delete(path)) throw diskError('ENOENT');
  }

  async removeFolder(folder: string): Promise<void> {
    await Promise.resolve();
    this.#folders.delete(folder);
  }

  async freeBytes(): Promise<number> {
    await Promise.resolve();
    return this.capacity - this.usedBytes;
  }

  get usedBytes(): number {
    let bytes = 0;
    for (const { content } of this.#names.values()) bytes += content.length;
    return bytes;
  }

  /** Names of all files. */
  get paths(): string[] {
    return [...this.#names.keys()];
  }

  /** The bytes of a file, to be damaged by a test. */
  content(path: string): Buffer {
    return this.#names.get(path)!.content;
  }

  /** Bytes of a file that a power loss would leave. */
  durableBytes(path: string): number {
    return this.#names.get(path)!.durable.length;
  }

  /** Changes the length of a file, as a test wants it. */
  setContent(path: string, content: Buffer): void {
    this.#names.get(path)!.content = content;
  }

  /** The disk as it is when the power is back. Who still uses this one works on memory that is gone. */
  afterPowerLoss(random: () => number): SimulatedDisk {
    const disk = new SimulatedDisk();
    const survivors = new Map<Inode, Inode>();
    for (const path of new Set([...this.#names.keys(), ...this.#durableNames.keys()])) {
      const isKept = this.#names.get(path) === this.#durableNames.get(path) || random() < 0.5;
      const inode = (isKept ? this.#names : this.#durableNames).get(path);
      if (inode === undefined) continue;
      if (!survivors.has(inode)) survivors.set(inode, remainsOf(inode, random));
      disk.#names.set(path, survivors.get(inode)!);
      disk.#durableNames.set(path, survivors.get(inode)!);
    }
    return disk;
  }

  /** The disk as it is after the process has died: the system keeps everything that it was given. */
  afterKill(): SimulatedDisk {
    const disk = new SimulatedDisk();
    for (const [path, { content }] of this.#names) {
      const inode = new Inode();
      inode.content = Buffer.from(content);
      inode.durable = inode.content;
      disk.#names.set(path, inode);
      disk.#durableNames.set(path, inode);
    }
    return disk;
  }

  async #step(step: DiskStep): Promise<void> {
    await Promise.resolve();
    this.steps++;
    const outcome = this.onStep(step);
    if (outcome !== undefined) throw outcome instanceof Error ? outcome : outcome.error;
  }

  #file(path: string, inode: Inode): SpoolFile {
    this.openFiles++;
    let isOpen = true;
    const use = (): void => {
      if (!isOpen) throw diskError('EBADF');
    };
    return {
      write: async (parts, position) => {
        use();
        return await this.#write(path, inode, Buffer.concat(parts), position);
      },
      read: async (target, position) => {
        await this.#step({ call: 'read', path, bytes: target.length });
        use();
        return inode.content.subarray(position).copy(target);
      },
      size: async () => {
        await Promise.resolve();
        return inode.content.length;
      },
      sync: async () => {
        const { content } = inode;
        await this.#step({ call: 'sync', path, bytes: 0 });
        for (let turn = this.syncTurns(); turn > 0; turn--) await Promise.resolve();
        use();
        // Bytes written meanwhile are in no sync.
        inode.durable = Buffer.from(content);
      },
      truncate: async (size) => {
        await this.#step({ call: 'truncate', path, bytes: 0 });
        inode.content = Buffer.from(inode.content.subarray(0, size));
      },
      close: async () => {
        await Promise.resolve();
        use();
        isOpen = false;
        this.openFiles--;
      },
    };
  }

  async #write(path: string, inode: Inode, bytes: Buffer, position: number): Promise<number> {
    await Promise.resolve();
    this.steps++;
    const outcome = this.onStep({ call: 'write', path, bytes: bytes.length });
    if (outcome instanceof Error) throw outcome;
    const room = Math.max(0, this.capacity - this.usedBytes);
    const count = Math.min(bytes.length, outcome?.written ?? bytes.length, room);
    inode.write(bytes.subarray(0, count), position);
    if (outcome !== undefined) throw outcome.error;
    if (count === 0 && bytes.length > 0) throw diskError('ENOSPC');
    return count;
  }
}

/** Of what was not synced: any length, and in it sectors that are new, zero, or were there before. */
function remainsOf({ content, durable }: Inode, random: () => number): Inode {
  const inode = new Inode();
  const shortest = Math.min(content.length, durable.length);
  const longest = Math.max(content.length, durable.length);
  // Often the length is known already, and the bytes are not.
  const isWhole = content.equals(durable) || random() < 0.5;
  const length = isWhole ? longest : shortest + Math.round(random() * (longest - shortest));
  const remains = Buffer.alloc(length);
  const common = commonLength(content, durable);
  for (let at = 0; at < length; at += SECTOR) {
    const source = at + SECTOR <= common || random() < 0.6 ? content : random() < 0.5 ? durable : undefined;
    source?.subarray(at, at + SECTOR).copy(remains, at);
  }
  content.copy(remains, 0, 0, common);
  inode.content = remains;
  inode.durable = Buffer.from(remains);
  return inode;
}

/** Bytes at the beginning that are on the disk for certain. */
function commonLength(content: Buffer, durable: Buffer): number {
  const end = Math.min(content.length, durable.length);
  let at = 0;
  while (at < end && content[at] === durable[at]) at++;
  return at;
}
