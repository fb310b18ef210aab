import { realpathSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { type FSWatcher, watch } from 'chokidar';

/** Editors write in several steps; a change is told when nothing has happened for so long, in ms. */
const QUIET_TIME = 300;

/**
 * Tells when a file has changed, however: written in place, renamed over, as editors do, or behind a link
 * that was swapped, as Kubernetes does. It may tell of changes that leave the text as it was.
 */
export class FileWatcher {
  readonly #watcher: FSWatcher;
  readonly #ready: Promise<void>;
  #timer: NodeJS.Timeout | undefined;

  constructor(path: string, onChange: () => void) {
    const file = resolve(path);
    const folder = dirname(file);
    // The folder: a watched file that is renamed over is watched no more, and links are swapped beside the
    // file.
    this.#watcher = watch([folder, realpathSync(file)], {
      depth: 0,
      ignoreInitial: true,
      followSymlinks: false,
      ignored: (entry) => dirname(entry) === folder && entry !== file && !entry.startsWith(`${folder}/..`),
    });
    this.#watcher.on('all', () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(onChange, QUIET_TIME);
    });
    // A folder that cannot be watched leaves SIGHUP.
    this.#watcher.on('error', () => {});
    this.#ready = new Promise((ready) => this.#watcher.once('ready', ready));
  }

  /** Resolves when changes are seen. */
  ready(): Promise<void> {
    return this.#ready;
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    await this.#watcher.close();
  }
}
