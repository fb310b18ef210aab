import type { AudioCodec } from '@cloudpush/muxer';
import { redact } from '@cloudpush/transport';
import { Backoff } from '../../base/backoff.js';
import type { MonotonicClock } from '../../base/clock.js';
import { CloudPushError, textOf } from '../../base/errors.js';
import type { AudioTranscoding } from '../../options/source-config.js';
import { sourceModuleError } from '../../sources/errors.js';
import { FrameQueue } from './frame-queue.js';
import { loadModule } from './load-module.js';
import type { ReaderOutput } from './reader-output.js';
import type { TranscodeAudio, TranscodedFrame } from './transcoder-module.js';

/** When a transcoder that has failed is opened again, in ms. */
const RETRY = { initialDelay: 1000, maxDelay: 60_000, maxAttempts: 1_000_000, resetAfter: 60_000 };

/** A source's own sound, as far as the source tells. */
export interface SourceSound {
  readonly codec: AudioCodec;
  readonly sampleRate?: number | undefined;
  readonly channels?: number | undefined;
}

/** Surroundings of a transcoder. */
export interface TranscoderSurroundings {
  readonly output: Pick<ReaderOutput, 'sendAudio' | 'countAudio' | 'refuseAudio'>;
  /** Something that an operator should know, without secrets. */
  readonly warn: (message: string) => void;
  /** There is room for what was refused. */
  readonly onRoom: () => void;
  /** Frames come when the module gives them: has what was sent flushed before long. */
  readonly flushSoon: () => void;
  readonly clock: Pick<MonotonicClock, 'now'>;
}

type State =
  | { readonly name: 'idle' }
  | {
      readonly name: 'running';
      readonly queue: FrameQueue;
      readonly closing: AbortController;
      readonly since: number;
      readonly done: Promise<void>;
    }
  /** It has failed; the next frame after this time opens it again. */
  | { readonly name: 'failed'; readonly until: number }
  | { readonly name: 'closed' };

/**
 * Sends a source's sound as AAC, made of it by a module. A module that fails costs the sound: pictures go on,
 * and it is opened again.
 */
export class AudioTranscoder {
  readonly #config: AudioTranscoding;
  readonly #sound: SourceSound;
  readonly #surroundings: TranscoderSurroundings;
  readonly #backoff = new Backoff(RETRY);
  #state: State = { name: 'idle' };
  /** Waits for room in the pool. */
  #wake: (() => void) | undefined;

  constructor(config: AudioTranscoding, sound: SourceSound, surroundings: TranscoderSurroundings) {
    this.#config = config;
    this.#sound = sound;
    this.#surroundings = surroundings;
  }

  /** A frame would be refused. */
  get isFull(): boolean {
    return this.#state.name === 'running' && this.#state.queue.isFull;
  }

  /** Takes a frame, of which it makes a copy. False when there is no room: nothing was taken. */
  write(data: Uint8Array, pts: number): boolean {
    const { output } = this.#surroundings;
    const state = this.#opened();
    if (state.name !== 'running') {
      output.refuseAudio();
      return true;
    }
    if (!state.queue.push({ data: Uint8Array.prototype.slice.call(data), pts })) return false;
    output.countAudio(data.length);
    return true;
  }

  /** There is room in the pool again. */
  onRoom(): void {
    const wake = this.#wake;
    this.#wake = undefined;
    wake?.();
  }

  /** The source has ended: resolves when the last of its sound has been sent. */
  async end(): Promise<void> {
    if (this.#state.name !== 'running') return;
    this.#state.queue.end();
    await this.#state.done;
  }

  /** Nothing more is sent. */
  close(): void {
    const state = this.#state;
    this.#state = { name: 'closed' };
    if (state.name === 'running') this.#release(state);
  }

  #opened(): State {
    const { name } = this.#state;
    if (name === 'running' || name === 'closed') return this.#state;
    if (this.#state.name === 'failed' && this.#surroundings.clock.now() < this.#state.until)
      return this.#state;
    const closing = new AbortController();
    const queue = new FrameQueue(() => {
      if (!closing.signal.aborted) this.#surroundings.onRoom();
    });
    const done = Promise.resolve()
      .then(() => this.#run(queue, closing.signal))
      .catch((error) => this.#fail(queue, error));
    this.#state = { name: 'running', queue, closing, since: this.#surroundings.clock.now(), done };
    return this.#state;
  }

  async #run(queue: FrameQueue, signal: AbortSignal): Promise<void> {
    const { url, options } = this.#config;
    const { transcodeAudio } = await loadModule(url);
    if (typeof transcodeAudio !== 'function') {
      throw sourceModuleError(url, 'exports no function transcodeAudio', { class: 'fatal' });
    }
    const { codec, sampleRate, channels } = this.#sound;
    const context = { options, signal, codec, sampleRate, channels, frames: queue };
    for await (const frame of (transcodeAudio as TranscodeAudio)(context)) {
      checkFrame(frame);
      await this.#send(frame, signal);
      if (signal.aborted) return;
    }
    if (!signal.aborted && !queue.hasEnded) throw new TypeError('it has ended before the sound did');
  }

  async #send({ data, pts, configuration }: TranscodedFrame, signal: AbortSignal): Promise<void> {
    const times = { pts, configuration, isTranscoded: true };
    while (!signal.aborted && !this.#surroundings.output.sendAudio(data, times)) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#surroundings.flushSoon();
  }

  #fail(queue: FrameQueue, error: unknown): void {
    const state = this.#state;
    if (state.name !== 'running' || state.queue !== queue) return;
    const now = this.#surroundings.clock.now();
    this.#backoff.published(now - state.since);
    const delay = this.#backoff.next('retryable') ?? RETRY.maxDelay;
    this.#state = { name: 'failed', until: now + delay };
    this.#release(state);
    const { message } = this.#errorOf(error);
    this.#surroundings.warn(
      `the sound is left out: ${message}; the next attempt is in ${Math.ceil(delay / 1000)} s`,
    );
    this.#surroundings.onRoom();
  }

  #errorOf(error: unknown): CloudPushError {
    if (error instanceof CloudPushError) return error;
    // A URL in it may hold a password, or a token.
    const words = redact(textOf(error instanceof Error ? error.message : error), []);
    return sourceModuleError(this.#config.url, `failed: ${words}`, { class: 'retryable', cause: error });
  }

  #release({ queue, closing }: State & { readonly name: 'running' }): void {
    closing.abort();
    void queue.return();
    this.onRoom();
  }
}

/** @throws TypeError when the module breaks its contract */
function checkFrame({ data, pts, configuration }: TranscodedFrame): void {
  if (!(data instanceof Uint8Array) || data.length === 0) throw new TypeError('a frame has no data');
  if (!Number.isFinite(pts))
    throw new TypeError(`a frame has the time ${pts}; permitted: a finite number of ms`);
  if (!(configuration instanceof Uint8Array)) throw new TypeError('a frame has no configuration');
}
