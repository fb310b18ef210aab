import type { AudioCodec, VideoCodec } from '@cloudpush/muxer';
import type { CloudPushError } from '../../base/errors.js';
import type { SourceTracks } from '../../protocol/source-messages.js';
import type { FallbackTarget, OutputTimes, ReaderOutput } from './reader-output.js';
import type { SessionHandler, SourceSession } from './source-session.js';

/** Opens the fallback once more. */
export type OpenFallback = (output: ReaderOutput, handler: SessionHandler) => SourceSession;

/** Listener of a fallback. */
export interface FallbackHandler {
  /** Its media follows. */
  onBegun(tracks: SourceTracks): void;
  /** It has come to its end, or could not be read. */
  onOver(error: CloudPushError | undefined): void;
}

interface Run {
  readonly session: SourceSession;
  readonly output: FallbackOutput;
}

/** Sends other media while a channel's source is lost. */
export class FallbackSource {
  readonly #output: FallbackTarget;
  readonly #open: OpenFallback;
  readonly #handler: FallbackHandler;
  #run: Run | undefined;

  constructor(output: FallbackTarget, open: OpenFallback, handler: FallbackHandler) {
    this.#output = output;
    this.#open = open;
    this.#handler = handler;
  }

  /** The source is lost: begins, unless it has begun. */
  start(): void {
    if (this.#run !== undefined) return;
    const output = new FallbackOutput(this.#output);
    const session = this.#open(output, {
      onConnected: (tracks) => {
        if (this.#run?.session === session) this.#handler.onBegun(tracks);
      },
      onEnded: (error) => {
        if (this.#run?.session !== session) return;
        this.stop();
        this.#handler.onOver(error);
      },
    });
    this.#run = { session, output };
    session.start();
  }

  /** The source is there again, or nothing more is to be sent: nothing of the fallback comes after this. */
  stop(): void {
    const run = this.#run;
    if (run === undefined) return;
    this.#run = undefined;
    run.output.close();
    run.session.close();
  }

  /** It has been started, and is not over. */
  get isRunning(): boolean {
    return this.#run !== undefined;
  }

  onRoom(): void {
    this.#run?.session.onRoom();
  }

  /** See `SourceSession`. */
  get nextTick(): number {
    return this.#run?.session.nextTick ?? Number.POSITIVE_INFINITY;
  }

  /** Time has passed, ms of the monotonic clock. */
  tick(now: number): void {
    this.#run?.session.tick(now);
  }
}

/** The way of a fallback's packets into the channel, until the source is there. */
class FallbackOutput implements ReaderOutput {
  readonly #target: FallbackTarget;
  #isOpen = true;

  constructor(target: FallbackTarget) {
    this.#target = target;
  }

  get isFull(): boolean {
    return this.#isOpen && this.#target.isFull;
  }

  close(): void {
    this.#isOpen = false;
  }

  begin(video: VideoCodec | undefined, audio: AudioCodec | 'silence' | undefined): void {
    if (this.#isOpen) this.#target.beginFallback(video, audio);
  }

  sendVideo(data: Uint8Array, times: OutputTimes): boolean {
    return this.#isOpen ? this.#target.sendFallbackVideo(data, times) : true;
  }

  sendAudio(data: Uint8Array, times: OutputTimes): boolean {
    return this.#isOpen ? this.#target.sendFallbackAudio(data, times) : true;
  }

  /** Nothing of a fallback counts. */
  countAudio(): void {}

  refuseAudio(): void {}
}
