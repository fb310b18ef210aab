import { MuxerError } from '@cloudpush/muxer';

/**
 * Tells whether a stream waits for a picture that decoding can start with: pictures that need one are no news
 * then, and are not told of one by one.
 */
export class PictureLoss {
  #awaitsPicture: boolean;

  /** @param awaitsPicture a stream goes on here, and no picture of it has come yet */
  constructor(awaitsPicture: boolean) {
    this.#awaitsPicture = awaitsPicture;
  }

  /** A picture was lost, or the stream begins anew. */
  begin(): void {
    this.#awaitsPicture = true;
  }

  /** A picture goes out. */
  end(): void {
    this.#awaitsPicture = false;
  }

  /**
   * Judges the muxer's refusal of a packet.
   * @returns true when it says no more than that a key frame must come first, and that is known
   */
  explains(error: unknown, isVideo: boolean): boolean {
    const isEarly = isBeforeKeyFrame(error);
    if (isEarly && this.#awaitsPicture) return true;
    // Has the muxer lost a picture with it, then it refuses those that refer to it.
    if (isVideo && !isEarly) this.#awaitsPicture = true;
    return false;
  }
}

/** The muxer cannot begin with this picture. */
function isBeforeKeyFrame(error: unknown): boolean {
  if (!(error instanceof MuxerError)) return false;
  const { code } = error;
  return code === 'ERR_CLOUDPUSH_VIDEO_NO_KEY_FRAME' || code === 'ERR_CLOUDPUSH_AV1_NO_SEQUENCE_HEADER';
}
