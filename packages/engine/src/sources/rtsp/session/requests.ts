import type { Authenticator, ChallengeOutcome } from '../auth/authenticator.js';
import { type RtspResponse, sequenceOf } from '../message/rtsp-message.js';
import { type HeaderField, type RtspMethod, writeRequest } from '../message/rtsp-writer.js';

/** A request, without what each has. */
export interface RtspRequest {
  readonly method: RtspMethod;
  readonly url: string;
  readonly fields: readonly HeaderField[];
}

/** A request that waits for its response. */
export interface OpenRequest extends RtspRequest {
  readonly sequence: number;
  /** It carried credentials. */
  readonly authorized: boolean;
  /** It repeats a request that was answered with a challenge. */
  readonly afterChallenge: boolean;
  /** Milliseconds on the caller's clock. */
  readonly sentAt: number;
  readonly deadline: number;
}

export interface RequestOptions {
  readonly userAgent: string;
  readonly requestTimeout: number;
  readonly authenticator: Authenticator;
  readonly write: (bytes: Uint8Array) => void;
}

const refusals: Readonly<Record<Exclude<ChallengeOutcome, 'retry'>, string>> = {
  missing: 'the camera asks for a user name and password; none is configured',
  refused: 'the camera refuses the user name or password',
  unsupported: 'the camera offers no supported authentication scheme (Digest with MD5 or SHA-256, or Basic)',
};

/**
 * Sends one request at a time, with its number and credentials, and finds the response that belongs to it.
 */
export class Requests {
  readonly #options: RequestOptions;
  #sequence = 0;
  #open: OpenRequest | undefined;
  #challenged = false;
  /** Identifier of the RTSP session, once the camera has given one. */
  sessionId: string | undefined;

  constructor(options: RequestOptions) {
    this.#options = options;
  }

  /** The request that waits for its response. */
  get open(): OpenRequest | undefined {
    return this.#open;
  }

  /** Sends a request; one that is still open is given up. */
  send(
    { method, url, fields }: RtspRequest,
    now: number,
    timeout: number = this.#options.requestTimeout,
  ): void {
    const { authenticator, userAgent, write } = this.#options;
    const sequence = ++this.#sequence;
    const authorization = authenticator.authorization(method, url);
    const all: HeaderField[] = [
      ['CSeq', String(sequence)],
      ['User-Agent', userAgent],
    ];
    if (this.sessionId !== undefined) all.push(['Session', this.sessionId]);
    if (authorization !== undefined) all.push(['Authorization', authorization]);
    all.push(...fields);
    this.#open = {
      method,
      url,
      fields,
      sequence,
      authorized: authorization !== undefined,
      afterChallenge: this.#challenged,
      sentAt: now,
      deadline: now + timeout,
    };
    write(writeRequest(method, url, all));
  }

  /** Forgets the open request and the session: the connection is a new one. Credentials that worked stay. */
  reset(): void {
    this.#open = undefined;
    this.#challenged = false;
    this.sessionId = undefined;
  }

  /** Notes that a request was answered with anything but a challenge. */
  accepted(): void {
    this.#challenged = false;
    this.#options.authenticator.accepted();
  }

  /** Gives up the open request: a response that still comes is ignored. */
  abandon(): void {
    this.#open = undefined;
  }

  /**
   * The request that a response answers. A response without CSeq answers the open request, as VLC's 401 does;
   * one with another number is late, and answers none.
   */
  match(response: RtspResponse): OpenRequest | undefined {
    const open = this.#open;
    if (open === undefined) return undefined;
    const sequence = sequenceOf(response);
    if (sequence !== undefined && sequence !== open.sequence) return undefined;
    if (response.status < 200) return undefined;
    this.#open = undefined;
    return open;
  }

  /** Answers the challenge of a 401 by repeating the request; gives the reason when that makes no sense. */
  challenged(request: OpenRequest, response: RtspResponse, now: number): string | undefined {
    const fields = response.headers.get('www-authenticate') ?? [];
    const outcome = this.#options.authenticator.challenged(fields, request.authorized);
    if (outcome !== 'retry') return refusals[outcome];
    this.#challenged = true;
    this.send(request, now);
    return undefined;
  }
}
