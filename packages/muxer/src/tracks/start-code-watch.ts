import { MuxerError, type MuxerErrorDetails } from '../errors.js';
import type { MediaPacket } from '../media-packet.js';
import { hiddenPicture } from '../nal/hidden-picture.js';
import type { NalCodec } from '../nal/nal-codec.js';
import type { OnWarning } from '../timeline/timeline.js';
import { index } from './packet-index.js';
import type { PictureSurvey } from './picture-survey.js';

/** So many pictures with the same number of slices say that the next ones have as many. */
const STEADY = 25;
/** Weight of one picture with fewer slices, against that. */
const DOUBT = 10;

/**
 * Notices start codes that memory or network have overwritten: a NAL unit then goes on behind its end, and a
 * picture lacks a slice, or is not there at all.
 */
export class StartCodeWatch {
  readonly #codec: NalCodec;
  readonly #survey: PictureSurvey;
  /** Slices of each picture of late, and of how many pictures. */
  #slices = 0;
  #pictures = 0;
  /** The packet at hand hides a picture that others refer to. */
  hidesMissed = false;

  constructor(codec: NalCodec, survey: PictureSurvey) {
    this.#codec = codec;
    this.#survey = survey;
  }

  /**
   * Looks at a packet whose NAL units have been surveyed. Throws MuxerError when it hides a picture, so that
   * that does not go out.
   */
  check({ data, encrypted }: MediaPacket, onWarning: OnWarning | undefined): void {
    const { hasPicture, overrun } = this.#survey;
    if (encrypted === true) return;
    if (!hasPicture) this.#requireNoPicture(data);
    if (overrun >= 0)
      onWarning?.(lost({ offset: overrun, actual: 'bytes behind the end of a NAL unit', permitted: 'none' }));
  }

  /** Notes the slices of a picture that goes out, and tells when some are missing. */
  note({ encrypted }: MediaPacket, onWarning: OnWarning | undefined): void {
    if (encrypted === true) return;
    const { slices } = this.#survey;
    if (slices === this.#slices) this.#pictures = Math.min(2 * STEADY, this.#pictures + 1);
    else if (slices < this.#slices && this.#pictures >= STEADY) {
      this.#pictures -= DOUBT;
      onWarning?.(
        lost({
          actual: `a picture of ${slices} slices`,
          permitted: `${this.#slices}, as those before it had`,
        }),
      );
    } else {
      this.#slices = slices;
      this.#pictures = 1;
    }
  }

  #requireNoPicture(data: Uint8Array): void {
    for (let i = 0; i < index.count; i++) {
      const offset = hiddenPicture(this.#codec, data, index.starts[i]!, index.ends[i]!);
      if (offset < 0) continue;
      this.hidesMissed = this.#codec.isMissed(data, offset);
      throw lost({ offset, actual: 'a picture inside of another NAL unit', permitted: 'a start code' });
    }
  }
}

function lost(details: MuxerErrorDetails): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_VIDEO_START_CODE_LOST', details);
}
