import type { EncryptionMessage } from './encryption-message.js';
import type { EncryptedTrack } from './encryption-parameters.js';
import { type MarkedSample, MarkerWatch } from './marker-watch.js';
import {
  type DecryptionFailure,
  type DecryptionFailureReason,
  type SamplePlace,
  SampleRun,
} from './sample-run.js';

/** Numbers of samples that a decryptor has seen. */
export interface DecryptionCounts {
  decrypted: number;
  /** Not encrypted, or of a codec that cannot be. */
  clear: number;
  /** Passed on encrypted, since no key fits. */
  withoutKey: number;
  /** Passed on as they are, since they are damaged. */
  damaged: number;
  /**
   * Passed on as they are, since they bear no marker, although the samples around them say that they were
   * encrypted. They are told apart only when the next encrypted sample comes, or at the end; until then, they
   * count as clear.
   */
  unmarked: number;
}

/** Number of failures that are remembered: samples that fail one behind the other are one. */
const MAX_FAILURES = 100;

/** The counts of a track. */
class TrackLog {
  readonly watch: MarkerWatch;
  /** Samples that have failed one behind the other, for the same reason; none: the last one has not. */
  readonly run = new SampleRun();
  reason: DecryptionFailureReason = 'damaged';
  /** Index of these in the list of failures. */
  index = 0;

  constructor(track: EncryptedTrack) {
    this.watch = new MarkerWatch(track);
  }
}

/** Keeps count of what a decryptor could decrypt, and of what it could not, and where. */
export class DecryptionLog {
  readonly counts: DecryptionCounts = { decrypted: 0, clear: 0, withoutKey: 0, damaged: 0, unmarked: 0 };
  readonly failures: DecryptionFailure[] = [];
  readonly #tracks = { video: new TrackLog('video'), audio: new TrackLog('audio') };

  announce({ scheme, track, mode }: EncryptionMessage): void {
    if (track === undefined) return;
    if (scheme === 'caller') this.#tracks[track].watch.announce('none');
    else if (mode !== undefined) this.#tracks[track].watch.announce(mode);
  }

  /** A sample without a marker. @param long whether it could have been encrypted */
  clear(track: EncryptedTrack, long: boolean, keyFrame: boolean, place: SamplePlace): void {
    this.counts.clear++;
    if (long) this.#tracks[track].watch.unmarked(keyFrame, place);
  }

  decrypted(track: EncryptedTrack, sample: MarkedSample, keyFrame: boolean): void {
    const log = this.#tracks[track];
    this.counts.decrypted++;
    log.run.clear();
    this.#addUnmarked(log.watch.marked(sample, keyFrame));
  }

  failed(track: EncryptedTrack, reason: 'noKey' | 'damaged', place: SamplePlace): void {
    const log = this.#tracks[track];
    if (reason === 'noKey') this.counts.withoutKey++;
    else this.counts.damaged++;
    if (reason !== log.reason) log.run.clear();
    log.reason = reason;
    if (log.run.samples === 0) log.index = this.failures.length;
    log.run.add(place);
    if (log.index < MAX_FAILURES) this.failures[log.index] = log.run.failure(track, reason);
  }

  end(): void {
    const video = this.#tracks.video.watch;
    const audio = this.#tracks.audio.watch;
    this.#addUnmarked(video.end(audio.version));
    this.#addUnmarked(audio.end(video.version));
  }

  #addUnmarked(failure: DecryptionFailure | undefined): void {
    if (failure === undefined) return;
    this.counts.unmarked += failure.samples;
    this.counts.clear -= failure.samples;
    if (this.failures.length < MAX_FAILURES) this.failures.push(failure);
  }
}
