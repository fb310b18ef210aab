import { join } from 'node:path';
import type { SpoolPlace } from './group-entry.js';
import { checked, unchecked } from './index-format.js';
import type { SpoolIo } from './spool-io.js';
import { readText, replaceText } from './text-file.js';

/** The file with a reader's places, in the folder of a series. */
const PLACES_FILE = 'places';
const NAME = 'cloudpush-places';
const VERSION = '1';

/** How far each gap was confirmed, and the highest number that a gap has had; kept in a small file. */
export class Acknowledgements {
  readonly #io: SpoolIo;
  readonly #folder: string;
  readonly #places = new Map<number, SpoolPlace>();
  #saving: Promise<void> = Promise.resolve();
  /** The highest number that a gap has had. */
  lastGap = 0;

  constructor(io: SpoolIo, folder: string) {
    this.#io = io;
    this.#folder = folder;
  }

  /** Reads the file; one that is damaged says nothing, so that everything is sent again. */
  async load(): Promise<void> {
    const text = await readText(this.#io, join(this.#folder, PLACES_FILE));
    const [head, ...lines] = (text ?? '').split('\n').map(unchecked);
    const [name, version, lastGap] = head?.split(' ') ?? [];
    if (name !== NAME || version !== VERSION) return;
    this.lastGap = Number(lastGap);
    for (const line of lines) {
      if (line === undefined) continue;
      const [gap, segment, group] = line.split(' ').map(Number);
      this.#places.set(gap!, { segment: segment!, group: group! });
    }
  }

  get(gap: number): SpoolPlace | undefined {
    return this.#places.get(gap);
  }

  set(gap: number, place: SpoolPlace): void {
    this.#places.set(gap, place);
  }

  forget(gap: number): void {
    this.#places.delete(gap);
  }

  /** Makes the places durable. Calls may overlap: each holds what was set before it. */
  save(): Promise<void> {
    const save = (): Promise<void> => {
      const lines = [checked(`${NAME} ${VERSION} ${this.lastGap}`)];
      for (const [gap, { segment, group }] of this.#places) lines.push(checked(`${gap} ${segment} ${group}`));
      return replaceText(this.#io, this.#folder, join(this.#folder, PLACES_FILE), lines.join(''));
    };
    this.#saving = this.#saving.then(save, save);
    return this.#saving;
  }
}
