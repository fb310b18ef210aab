import { closeSync, fstatSync, openSync, readdirSync, unlinkSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Log files of a folder. */
export interface RollingFileOptions {
  /** An absolute path; the folder is there. */
  readonly folder: string;
  /** Bytes that no file exceeds, unless a single line is longer. */
  readonly fileSize: number;
  /** The most files that are kept beside the one that is being written. */
  readonly fileCount: number;
}

const FILE_NAME = /^cloudpush\.(\d+)\.log$/;

/**
 * Appends lines to `cloudpush.N.log`, the highest N of the folder, and begins the next file where one would
 * grow past its size.
 */
export class RollingFiles {
  readonly #folder: string;
  readonly #fileSize: number;
  readonly #fileCount: number;
  #number: number;
  /** Undefined: none is open any more. */
  #file: number | undefined;
  /** Bytes in the file, with those that are about to be written. */
  #size = 0;

  /** @throws an error of the system: the file cannot be opened */
  constructor({ folder, fileSize, fileCount }: RollingFileOptions) {
    this.#folder = folder;
    this.#fileSize = fileSize;
    this.#fileCount = fileCount;
    this.#number = this.#numbers().at(-1) ?? 1;
    this.#open();
  }

  /**
   * Writes lines, each given without its end.
   * @throws an error of the system, such as `ENOSPC`
   */
  write(lines: readonly string[]): void {
    let gathered: Buffer[] = [];
    for (const line of lines) {
      const bytes = Buffer.from(`${line}\n`);
      if (this.#size > 0 && this.#size + bytes.length > this.#fileSize) {
        this.#append(Buffer.concat(gathered));
        gathered = [];
        this.#roll();
      }
      gathered.push(bytes);
      this.#size += bytes.length;
    }
    this.#append(Buffer.concat(gathered));
  }

  close(): void {
    if (this.#file !== undefined) closeSync(this.#file);
    this.#file = undefined;
  }

  #append(bytes: Buffer): void {
    let written = 0;
    while (written < bytes.length) written += writeSync(this.#file!, bytes, written);
  }

  #roll(): void {
    this.close();
    this.#number++;
    this.#open();
  }

  #open(): void {
    this.#file = openSync(this.#pathOf(this.#number), 'a');
    this.#size = fstatSync(this.#file).size;
    const surplus = this.#numbers().filter((number) => number < this.#number - this.#fileCount);
    for (const number of surplus) unlinkSync(this.#pathOf(number));
  }

  #pathOf(number: number): string {
    return join(this.#folder, `cloudpush.${number}.log`);
  }

  /** The numbers of the files that are there, rising. */
  #numbers(): number[] {
    return readdirSync(this.#folder)
      .map((name) => Number(FILE_NAME.exec(name)?.[1]))
      .filter((number) => Number.isSafeInteger(number))
      .sort((a, b) => a - b);
  }
}
