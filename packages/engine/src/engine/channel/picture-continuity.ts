import { isMissedWhenLost, type VideoCodec } from '@cloudpush/muxer';
import { CloudPushError } from '../../base/errors.js';
import type { TrackConfiguration } from '../../options/stream-config.js';

/**
 * Notices when a caller goes on with other pictures than the one that there was no room for: those that refer
 * to it cannot be decoded, and the shard, which has never seen it, must be told. A caller that tries the same
 * packet again has lost nothing.
 */
export class PictureContinuity {
  /** Nothing was refused that has not come since: the common case, which costs one look. */
  isWhole = true;
  /** A picture that others may refer to will not come. */
  #isLost = false;
  /** The picture that was refused last is the one that must come next; without it, others are missed. */
  #isMissed = false;
  #pts: number | undefined;
  #dts: number | undefined;
  #bytes = 0;
  readonly #configuration: TrackConfiguration<VideoCodec> | undefined;

  /** @param configuration of the channel, when its NAL units have their lengths in front */
  constructor(configuration?: TrackConfiguration<VideoCodec>) {
    this.#configuration = configuration;
  }

  /**
   * To be called before a packet is sent while the sequence is not whole. True: pictures are missing in front
   * of it.
   */
  isBehindLoss(data: Uint8Array, dts: number | undefined, pts: number): boolean {
    if (!this.#isAgain(data, dts, pts)) {
      this.#isLost ||= this.#isMissed;
      this.#isMissed = false;
    }
    return this.#isLost;
  }

  /** The packet has been taken, with all that there was to say. */
  onTaken(): void {
    this.isWhole = true;
    this.#isLost = false;
    this.#isMissed = false;
    this.#bytes = 0;
  }

  /** There is no room for the packet. */
  onRefused(codec: VideoCodec, data: Uint8Array, dts: number | undefined, pts: number): void {
    if (!this.isWhole && this.#isAgain(data, dts, pts)) return;
    this.isWhole = false;
    this.#isMissed = this.#isMissedWhenLost(codec, data);
    this.#pts = pts;
    this.#dts = dts;
    this.#bytes = data.length;
  }

  /** The packet will never be taken. */
  onFailed(codec: VideoCodec, data: Uint8Array, error: unknown): void {
    // Arguments that cannot be are no picture.
    if (!(error instanceof CloudPushError) || error.code !== 'ERR_CLOUDPUSH_PACKET_TOO_LARGE') return;
    this.isWhole = false;
    this.#isLost ||= this.#isMissedWhenLost(codec, data);
  }

  #isMissedWhenLost(codec: VideoCodec, data: Uint8Array): boolean {
    const given = this.#configuration;
    return isMissedWhenLost(codec, data, given?.codec === codec ? given.bytes : undefined);
  }

  /** By its time and size: its bytes may have been overwritten by then, and others written. */
  #isAgain(data: Uint8Array, dts: number | undefined, pts: number): boolean {
    return pts === this.#pts && dts === this.#dts && data.length === this.#bytes;
  }
}
