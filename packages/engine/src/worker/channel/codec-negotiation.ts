import type { HevcForm } from '@cloudpush/muxer';
import { type RtmpPublisher, takesFourCc } from '@cloudpush/transport';

/** The maker of the stream: it is muxed once, so that one form of H.265 serves all servers. */
interface HevcMuxer {
  hevcForm: HevcForm;
  /** Goes on in another form, in which all that was made so far is sent again. */
  convertHevc(form: HevcForm): void;
}

/**
 * Tracks the codecs that the servers of a channel have been asked about: beside the oldest ones, each is sent
 * unless the server is known not to take it.
 */
export class CodecNegotiation {
  readonly #muxer: HevcMuxer;
  /** The caller, and not the server, decides about the form of H.265. */
  readonly #hevcIsGiven: boolean;
  /** FourCCs that a server has been asked about. */
  readonly #asked = new Set<string>();
  /** Destinations and forms that the user has been told of. */
  readonly #warned = new Set<string>();
  /** A server has closed on the enhanced form of H.265. */
  #fellBack = false;

  constructor(muxer: HevcMuxer, hevcIsGiven: boolean) {
    this.#muxer = muxer;
    this.#hevcIsGiven = hevcIsGiven;
  }

  /** No server has been asked about the codec, and one must be. */
  isOpen(fourCc: string): boolean {
    return !this.#asked.has(fourCc) && !(fourCc === 'hvc1' && this.#hevcIsGiven);
  }

  /** The answer is wanted from now on, and from every server that comes. */
  note(fourCc: string): void {
    this.#asked.add(fourCc);
  }

  /**
   * Asks a server about all codecs so far, or about one of them.
   * @param settled another server publishes the stream already: its form is decided
   * @returns why the server cannot take it; undefined when it can.
   */
  refusalOf(publisher: RtmpPublisher, settled: boolean, only?: string): Error | undefined {
    try {
      for (const fourCc of this.#asked)
        if (only === undefined || only === fourCc) this.#ask(fourCc, publisher, settled);
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  /** A warning, once for each destination and form, of a server that others have decided for. */
  warningOf(destination: number, publisher: RtmpPublisher): string | undefined {
    const { hevcForm } = this.#muxer;
    if (this.#hevcIsGiven || !this.#asked.has('hvc1') || takesHevc(publisher, hevcForm)) return undefined;
    const warning = `${destination} ${hevcForm}`;
    if (this.#warned.has(warning)) return undefined;
    this.#warned.add(warning);
    return `H.265 goes out in the ${hevcForm} form, in which the stream has begun; this server is not known to take it`;
  }

  /**
   * The form in which a server is sent H.265 that is not of the stream: that of the stream where it is
   * decided.
   * @param isRefused such a server has closed on the enhanced form
   * @throws RtmpError `ERR_CLOUDPUSH_CODEC_REFUSED`
   */
  hevcFormFor(publisher: RtmpPublisher, isRefused: boolean): HevcForm {
    if (!this.isOpen('hvc1')) return this.#muxer.hevcForm;
    return isRefused && publisher.profile.legacyHevc ? 'legacy' : publisher.formOf('hvc1');
  }

  /**
   * A server turned out not to take H.265 in its enhanced form.
   * @returns false when there is no other: the caller has chosen, or the server is known not to take the
   *   older one either
   */
  fallBack({ profile }: RtmpPublisher): boolean {
    if (this.#hevcIsGiven || this.#fellBack || !profile.legacyHevc) return false;
    this.#fellBack = true;
    this.#muxer.convertHevc('legacy');
    return true;
  }

  /** @throws RtmpError `ERR_CLOUDPUSH_CODEC_REFUSED` */
  #ask(fourCc: string, publisher: RtmpPublisher, settled: boolean): void {
    if (fourCc !== 'hvc1') publisher.formOf(fourCc);
    else if (settled || this.#fellBack) publisher.formOf(fourCc, this.#muxer.hevcForm);
    else this.#muxer.hevcForm = publisher.formOf(fourCc);
  }
}

/** The older form is not announced, but known of a server or not. */
function takesHevc({ profile, capabilities }: RtmpPublisher, form: HevcForm): boolean {
  if (form === 'legacy') return profile.legacyHevc;
  const announces = capabilities.kinds.has('video');
  return announces ? takesFourCc(capabilities, 'hvc1') : profile.enhanced;
}
