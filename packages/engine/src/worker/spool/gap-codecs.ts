import type { FlvTag, HevcForm } from '@cloudpush/muxer';
import type { RtmpPublisher } from '@cloudpush/transport';
import type { SpoolTag } from '../../spool/index.js';
import { CodecTrial } from '../channel/codec-trial.js';
import type { DestinationOwner } from '../destination/destination-owner.js';
import { fourCcOfHeader } from './hevc-form.js';

/**
 * Whether a server takes the codecs of a gap, and H.265 in which form: a gap of an earlier process may have
 * others than the live stream, of whose codecs servers have been asked.
 */
export class GapCodecs {
  readonly #admission: Pick<DestinationOwner['admission'], 'formFor' | 'hevcForm'>;
  readonly #trial = new CodecTrial();
  /** Such a server has closed on the enhanced form of H.265: the older one is tried next, then that again. */
  #isRefused = false;

  constructor(admission: Pick<DestinationOwner['admission'], 'formFor' | 'hevcForm'>) {
    this.#admission = admission;
  }

  /**
   * A server is about to be sent a gap with these headers.
   * @returns the form in which its H.265 goes out
   * @throws RtmpError `ERR_CLOUDPUSH_CODEC_REFUSED`
   */
  begin(publisher: RtmpPublisher, headers: readonly SpoolTag[]): HevcForm {
    this.#trial.begin(publisher);
    let form = this.#admission.hevcForm;
    for (const header of headers) {
      const fourCc = fourCcOfHeader(header);
      if (fourCc === 'hvc1') form = this.#admission.formFor(publisher, this.#isRefused);
      else if (fourCc !== undefined) publisher.formOf(fourCc);
    }
    return form;
  }

  /** Takes note of a header that goes out. */
  note(header: FlvTag, now: number): void {
    this.#trial.note(header, now);
  }

  /**
   * The gap was cut off.
   * @returns the error to be told: that may be how a server refuses a codec
   */
  onFailed(error: Error, now: number): Error {
    const refused = this.#trial.end(error, now);
    this.#isRefused = refused.includes('hvc1');
    return refused.length === 0 ? error : this.#trial.refusal(refused, error);
  }
}
