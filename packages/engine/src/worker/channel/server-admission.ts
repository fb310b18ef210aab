import type { HevcForm } from '@cloudpush/muxer';
import type { RtmpPublisher } from '@cloudpush/transport';
import { CodecNegotiation } from './codec-negotiation.js';
import { fourCcOf } from './four-cc.js';
import type { PacketDescriptor } from './held-packets.js';
import { HevcFallback } from './hevc-fallback.js';
import type { StreamDescription } from './stream-metadata-tracker.js';

/** A destination, as far as the codecs of its server go. */
export interface AskedDestination {
  /** The destination's number. */
  readonly number: number;
  /** Undefined while nothing is being published. */
  readonly publisher: RtmpPublisher | undefined;
  /** Sends what waits in the older form of H.265. */
  fallBack(fallback: HevcFallback, description: StreamDescription | undefined): void;
  onWarning(message: string): void;
  destroy(error: Error): void;
}

/** The stream's muxer, as far as the form of H.265 goes. */
interface HevcStream {
  hevcForm: HevcForm;
  /** Goes on in another form, in which all that was made so far is sent again. */
  convertHevc(form: HevcForm): void;
  /** Describes the stream anew when the form has changed. */
  redescribe(): StreamDescription | undefined;
}

/**
 * Asks the servers of a channel, before a codec is muxed for the first time and whenever a server comes,
 * whether they take the stream: the first one that publishes decides about its form, and a destination whose
 * server cannot take it ends.
 */
export class ServerAdmission {
  readonly #destinations: ReadonlyMap<number, AskedDestination>;
  readonly #stream: HevcStream;
  readonly #codecs: CodecNegotiation;

  /**
   * @param destinations those of the channel that are not over, by number
   * @param hevcIsGiven the caller, and not the first server, decides about the form of H.265
   */
  constructor(destinations: ReadonlyMap<number, AskedDestination>, stream: HevcStream, hevcIsGiven: boolean) {
    this.#destinations = destinations;
    this.#stream = stream;
    this.#codecs = new CodecNegotiation(stream, hevcIsGiven);
  }

  get hevcForm(): HevcForm {
    return this.#stream.hevcForm;
  }

  formFor(publisher: RtmpPublisher, isRefused: boolean): HevcForm {
    return this.#codecs.hevcFormFor(publisher, isRefused);
  }

  /** Some destination is publishing. */
  get isPublishing(): boolean {
    for (const { publisher } of this.#destinations.values()) if (publisher !== undefined) return true;
    return false;
  }

  /** The FourCC that a server must be asked about before the packet can be muxed; undefined: none. */
  questionOf({ command, codec }: PacketDescriptor): string | undefined {
    const fourCc = fourCcOf(command, codec);
    return fourCc !== undefined && this.#codecs.isOpen(fourCc) ? fourCc : undefined;
  }

  /** Asks every server that publishes whether it takes a codec; the first one decides about the form. */
  askAll(fourCc: string): void {
    this.#codecs.note(fourCc);
    let settled = false;
    for (const { number, publisher } of this.#destinations.values()) {
      if (publisher === undefined) continue;
      this.#admit(number, publisher, settled, fourCc);
      settled = true;
    }
  }

  /**
   * A destination publishes, for the first time or again: after a lost connection it may be another server
   * that answers.
   */
  onPublishing(number: number, publisher: RtmpPublisher): void {
    this.#admit(number, publisher, this.#publishesBeside(number));
  }

  /** A destination's stream goes on over another connection: its server must take what is muxed as it is. */
  onMoved(number: number, publisher: RtmpPublisher): void {
    this.#admit(number, publisher, true);
  }

  /** Reason why a server cannot take the stream as it is muxed; undefined when it can. */
  refusalOf(publisher: RtmpPublisher): Error | undefined {
    return this.#codecs.refusalOf(publisher, true);
  }

  /**
   * A server has refused H.265 in its enhanced form.
   * @returns true when the stream goes on in the older one, at every destination
   */
  fallBack(number: number, publisher: RtmpPublisher): boolean {
    // Another server takes the form in which the stream has begun.
    if (this.#publishesBeside(number) || !this.#codecs.fallBack(publisher)) return false;
    const description = this.#stream.redescribe();
    const fallback = new HevcFallback();
    for (const destination of this.#destinations.values()) destination.fallBack(fallback, description);
    return true;
  }

  #publishesBeside(number: number): boolean {
    for (const other of this.#destinations.values())
      if (other.number !== number && other.publisher !== undefined) return true;
    return false;
  }

  /** A server that cannot take the stream loses it. */
  #admit(number: number, publisher: RtmpPublisher, settled: boolean, only?: string): void {
    const destination = this.#destinations.get(number);
    if (destination === undefined) return;
    const refusal = this.#codecs.refusalOf(publisher, settled, only);
    const warning = settled ? this.#codecs.warningOf(number, publisher) : undefined;
    if (refusal !== undefined) destination.destroy(refusal);
    else if (warning !== undefined) destination.onWarning(warning);
  }
}
