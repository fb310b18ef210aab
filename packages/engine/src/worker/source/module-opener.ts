import { redact } from '@cloudpush/transport';
import { CloudPushError, textOf } from '../../base/errors.js';
import { AUDIO_CODECS, VIDEO_CODECS } from '../../options/codecs.js';
import type { SourceInput } from '../../options/source-config.js';
import { sourceModuleError } from '../../sources/errors.js';
import { loadModule } from './load-module.js';
import { ModuleReader } from './module-reader.js';
import type { OpenedReader, ReaderOpener } from './reader-session.js';
import type { OpenSourceModule, SourceModuleStream } from './source-module.js';

type ModuleInput = Extract<SourceInput, { readonly kind: 'module' }>;

/** A packet is due every so often, in ms, when a source's rate is not known. */
const FRAME_INTERVAL = 40;

/** Loads an ES module into the worker thread, and opens the source that it exports. */
export class ModuleOpener implements ReaderOpener {
  readonly #input: ModuleInput;
  /** Told by the module, once it is loaded. */
  isLive = true;

  constructor(input: ModuleInput) {
    this.#input = input;
  }

  async open(signal: AbortSignal): Promise<OpenedReader> {
    const { url, options } = this.#input;
    const { openSource } = await loadModule(url);
    if (typeof openSource !== 'function') {
      throw sourceModuleError(url, 'exports no function openSource', { class: 'fatal' });
    }
    return this.#opened(await (openSource as OpenSourceModule)({ options, signal }));
  }

  #opened(stream: SourceModuleStream): OpenedReader {
    const { video, audio, live = false } = stream;
    if (
      (video === undefined && audio === undefined) ||
      (video !== undefined && !VIDEO_CODECS.includes(video)) ||
      (audio !== undefined && !AUDIO_CODECS.includes(audio))
    ) {
      const permitted = [...VIDEO_CODECS, ...AUDIO_CODECS].join(', ');
      const what = `opened a source of video ${String(video)} and audio ${String(audio)}; permitted: ${permitted}`;
      throw sourceModuleError(this.#input.url, what, { class: 'fatal' });
    }
    this.isLive = live;
    const speed = live ? Number.POSITIVE_INFINITY : 1;
    const { notices } = stream;
    return { reader: new ModuleReader(stream), video, audio, frameInterval: FRAME_INTERVAL, speed, notices };
  }

  /** An error of the module's own, with the module's name. */
  errorOf(error: unknown): CloudPushError {
    if (error instanceof CloudPushError) return error;
    // A URL in it may hold a password, or a token.
    const words = redact(textOf(error instanceof Error ? error.message : error), []);
    return sourceModuleError(this.#input.url, `failed: ${words}`, { class: 'retryable' });
  }
}
