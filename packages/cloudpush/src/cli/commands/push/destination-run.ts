import type { CloudPushError, Destination, DestinationStats } from '@cloudpush/engine';
import type { ConnectTimings } from '@cloudpush/transport';

/** Outcome of the stream at one of a channel's destinations. */
export interface DestinationOutcome {
  /** Without secrets. */
  readonly url: string;
  readonly connected: boolean;
  /**
   * True when every frame that the channel took was handed to the kernel here, on one connection that ended
   * cleanly.
   */
  readonly complete: boolean;
  /** Attempts to connect that had failed before the first one that succeeded, or in all. */
  readonly failedAttempts: number;
  /** Connections that were lost while the stream was being published. */
  readonly losses: number;
  /**
   * Error for which it is not complete; of one that is complete, of an attempt to connect that had failed
   * before.
   */
  readonly error: CloudPushError | undefined;
  readonly stats: DestinationStats;
  /** Times of the stages of each connect that succeeded, in order. */
  readonly connects: readonly ConnectTimings[];
}

/** The frames that a channel took from its source. */
export interface FramesTaken {
  readonly videoFrames: number;
  readonly audioFrames: number;
}

/** One destination of a channel that is being run: what happened to its connections. */
export class DestinationRun {
  readonly url: string;
  readonly #destination: Destination;
  readonly #withoutSecrets: (error: CloudPushError) => CloudPushError;
  readonly #connects: ConnectTimings[] = [];
  #connected = false;
  #publishing = false;
  #failedAttempts = 0;
  #losses = 0;
  #refusal: CloudPushError | undefined;
  /** Error with which the first connection was lost. */
  #loss: CloudPushError | undefined;
  /** Error with which the latest connection was lost, or the latest attempt failed. */
  #latest: CloudPushError | undefined;

  /**
   * @param url for people, without secrets
   * @param onRetry called when an attempt has failed, or a connection is lost, and another attempt will
   *   follow
   */
  constructor(
    destination: Destination,
    url: string,
    withoutSecrets: (error: CloudPushError) => CloudPushError,
    onRetry: (retry: { url: string; connected: boolean; error: CloudPushError; delay: number }) => void,
  ) {
    this.#destination = destination;
    this.url = url;
    this.#withoutSecrets = withoutSecrets;
    destination.on('connect', () => {
      this.#connected = true;
      this.#publishing = true;
      const { timings } = destination.stats();
      if (timings !== undefined) this.#connects.push(timings);
    });
    destination.on('disconnect', ({ error, delay }) => {
      const connected = this.#publishing;
      if (connected) {
        this.#losses++;
        this.#loss ??= error;
      } else if (!this.#connected) {
        this.#failedAttempts++;
        this.#refusal = error;
      }
      this.#latest = error;
      this.#publishing = false;
      onRetry({ url, connected, error: withoutSecrets(error), delay });
    });
  }

  /** It is not connected, and tries to be. */
  get isWaiting(): boolean {
    return !this.#publishing && this.#destination.report === undefined;
  }

  get stats(): DestinationStats {
    return this.#destination.stats();
  }

  outcome({ videoFrames, audioFrames }: FramesTaken): DestinationOutcome {
    const stats = this.stats;
    const { clean, error } = this.#destination.report ?? { clean: false, error: undefined };
    // Attempts that failed behind a loss do not tell why it came to it, when the stream went on after them.
    const wentOn = this.#publishing && error !== undefined && error === this.#latest;
    const cause = (wentOn ? this.#loss : undefined) ?? error ?? (clean ? this.#refusal : undefined);
    // A refusal before the first connection has cost nothing: what was accepted had waited.
    const ended = clean || (error !== undefined && error === this.#refusal && this.#connected);
    const { droppedDisposable, droppedPictures, droppedAudio, droppedUndecodable } = stats;
    const dropped = droppedDisposable + droppedPictures + droppedAudio + droppedUndecodable;
    return {
      url: this.url,
      connected: this.#connected,
      complete:
        ended &&
        this.#losses === 0 &&
        dropped === 0 &&
        stats.videoFrames === videoFrames &&
        // An ADTS frame with several raw data blocks becomes several audio frames.
        stats.audioFrames >= audioFrames,
      failedAttempts: this.#failedAttempts,
      losses: this.#losses,
      error: cause === undefined ? undefined : this.#withoutSecrets(cause),
      stats,
      connects: this.#connects,
    };
  }
}
