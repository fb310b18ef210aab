/** A file of the spool that is open. Every call is asynchronous, and rejects with the system's error. */
export interface SpoolFile {
  /** Writes `parts` one behind the other, all of them or fewer. Resolves with the bytes that were written. */
  write(parts: readonly Uint8Array[], position: number): Promise<number>;
  /** Reads into `target` until it is full or the file ends. Resolves with the bytes that were read. */
  read(target: Uint8Array, position: number): Promise<number>;
  size(): Promise<number>;
  /** Makes what was written durable, and the length of the file with it. */
  sync(): Promise<void>;
  truncate(size: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * The disk as the spool sees it. Paths are absolute. Nothing here may block the thread: the real one is
 * `diskIo`, tests have one that loses its power.
 */
export interface SpoolIo {
  /** A new file for writing and reading, with mode 0600; rejects with `EEXIST` where there is one. */
  create(path: string): Promise<SpoolFile>;
  /** A file that is there: for reading, or for reading and writing. */
  open(path: string, access: 'read' | 'write'): Promise<SpoolFile>;
  /** The names in a folder, in any order. */
  list(folder: string): Promise<string[]>;
  /** Makes a folder with mode 0700, and those that it lies in, where they are not there yet. */
  makeFolder(folder: string): Promise<void>;
  /** Makes the names in a folder durable: files that were created, renamed or removed. */
  syncFolder(folder: string): Promise<void>;
  /** Puts a file in the place of another, at once. */
  rename(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  removeFolder(folder: string): Promise<void>;
  /** Bytes that the volume of a folder still has for this process. */
  freeBytes(folder: string): Promise<number>;
}
