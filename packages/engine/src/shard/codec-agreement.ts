import type { HevcForm } from '@cloudpush/muxer';
import { RtmpError, RtmpErrorCode, type RtmpPublisher, takesFourCc } from '@cloudpush/transport';
import { Command } from '../memory/ring.js';

/** What makes the stream: it is muxed once, so that one form of H.265 serves all servers. */
interface HevcMuxer {
  hevcForm: HevcForm;
}

/** What the servers of a channel have been asked about its codecs: beside the oldest ones, each must be announced. */
export class CodecAgreement {
  readonly #muxer: HevcMuxer;
  /** The caller, and not the server, decides about the form of H.265. */
  readonly #hevcIsGiven: boolean;
  /** FourCCs that a server has been asked about, with the command that their packets come by. */
  readonly #asked = new Map<string, Command>();
  /** Destinations and forms that the user has been told of. */
  readonly #warned = new Set<string>();

  constructor(muxer: HevcMuxer, hevcIsGiven: boolean) {
    this.#muxer = muxer;
    this.#hevcIsGiven = hevcIsGiven;
  }

  /** No server has been asked about the codec, and one must be. */
  isOpen(fourCc: string): boolean {
    return !this.#asked.has(fourCc) && !(fourCc === 'hvc1' && this.#hevcIsGiven);
  }

  /** The answer is wanted from now on, and from every server that comes. */
  note(command: Command, fourCc: string): void {
    this.#asked.set(fourCc, command);
  }

  /**
   * Asks a server about all codecs so far, or about one of them.
   * @param settled another server publishes the stream already: its form is decided
   * @returns why the server cannot take it; undefined when it can.
   */
  refusalOf(publisher: RtmpPublisher, settled: boolean, only?: string): Error | undefined {
    try {
      for (const [fourCc, command] of this.#asked)
        if (only === undefined || only === fourCc) this.#ask(command, fourCc, publisher, settled);
      return undefined;
    } catch (error) {
      return error as Error;
    }
  }

  /** What the user should know, once for each destination and form, of a server that others have decided for. */
  warningOf(destination: number, publisher: RtmpPublisher): string | undefined {
    const { hevcForm } = this.#muxer;
    if (this.#hevcIsGiven || !this.#asked.has('hvc1') || takesHevc(publisher, hevcForm)) return undefined;
    const warning = `${destination} ${hevcForm}`;
    if (this.#warned.has(warning)) return undefined;
    this.#warned.add(warning);
    return `H.265 goes out in the ${hevcForm} form, in which the stream has begun; this server has not announced it`;
  }

  /** @throws RtmpError `ERR_CLOUDPUSH_CODEC_REFUSED` */
  #ask(command: Command, fourCc: string, publisher: RtmpPublisher, settled: boolean): void {
    if (command === Command.audio) requireFourCc(publisher, fourCc);
    else if (fourCc !== 'hvc1') publisher.videoForm(fourCc);
    else if (settled) publisher.videoForm(fourCc, this.#muxer.hevcForm);
    else this.#muxer.hevcForm = publisher.videoForm(fourCc);
  }
}

/** The old form is not announced, but known of a server or not. */
function takesHevc({ profile, capabilities }: RtmpPublisher, form: HevcForm): boolean {
  if (form === 'legacy') return profile.legacyHevc;
  return profile.enhancedHevc || takesFourCc(capabilities, 'hvc1');
}

/** @throws RtmpError `ERR_CLOUDPUSH_CODEC_REFUSED` unless the server has announced the audio codec. */
function requireFourCc({ capabilities }: RtmpPublisher, fourCc: string): void {
  if (takesFourCc(capabilities, fourCc)) return;
  const permitted = [...capabilities.fourCcs].join(', ') || 'none announced';
  throw new RtmpError(
    RtmpErrorCode.codecRefused,
    'publish',
    `the server does not take ${fourCc}; it announced: ${permitted}`,
    { details: { actual: fourCc, permitted } },
  );
}
