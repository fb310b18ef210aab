import type { Document } from '@xmldom/xmldom';
import { envelope, type SoapRequest } from './messages.js';
import { parseReply, SoapFault } from './replies.js';
import { type OnvifCredentials, usernameToken } from './security.js';

/** Bytes of the largest reply that is read: a hundred messages have about 100 KiB. */
const MAX_REPLY = 256 * 1024;
/** The longest that a reply may take, beyond what the request asks the camera to wait, in ms. */
const REPLY_TIMEOUT = 10_000;

/** A camera's services: one host, whatever addresses the camera names. */
export interface OnvifEndpoint {
  /** Of its device service: `http[s]://host[:port]/onvif/device_service`. */
  readonly url: string;
  /** Undefined: it asks for none. */
  readonly credentials: OnvifCredentials | undefined;
}

/** Asks a camera. */
export class OnvifClient {
  readonly #endpoint: OnvifEndpoint;
  readonly #now: () => number;
  /** Lead of the camera's clock, in ms. */
  clockOffset = 0;

  constructor(endpoint: OnvifEndpoint, now: () => number) {
    this.#endpoint = endpoint;
    this.#now = now;
  }

  /**
   * The address of a service on the camera: cameras behind a router name addresses of their own network, and
   * nobody is led to others.
   */
  addressOf(named: string): string {
    const base = new URL(this.#endpoint.url);
    const given = URL.canParse(named) ? new URL(named) : base;
    return new URL(`${given.pathname}${given.search}`, base).href;
  }

  /**
   * @param address default: the device service
   * @param wait how long the camera may take before it answers, in ms
   * @throws SoapFault when the camera says no, Error when it does not answer as it should; without secrets
   */
  async ask(
    request: SoapRequest,
    {
      address = this.#endpoint.url,
      wait = 0,
      signal,
    }: { address?: string; wait?: number; signal: AbortSignal },
  ): Promise<Document> {
    const { credentials } = this.#endpoint;
    const time = this.#now() + this.clockOffset;
    const security = credentials === undefined ? '' : usernameToken(credentials, time);
    const patience = AbortSignal.timeout(wait + REPLY_TIMEOUT);
    const response = await fetch(address, {
      method: 'POST',
      headers: { 'content-type': contentType(request) },
      body: envelope(request, address, security),
      redirect: 'error',
      signal: AbortSignal.any([signal, patience]),
    });
    const text = await boundedText(response);
    if (response.status === 401 || response.status === 403) {
      throw new SoapFault(`the camera answers ${response.status}: user and password`, true);
    }
    // A fault comes with status 400 or 500 (SOAP 1.2 Part 2 §7.5.2.2).
    if (!response.ok && !text.includes('Fault')) throw new Error(`the camera answers ${response.status}`);
    return parseReply(text);
  }
}

function contentType({ action }: SoapRequest): string {
  return `application/soap+xml; charset=utf-8${action === undefined ? '' : `; action="${action}"`}`;
}

async function boundedText(response: Response): Promise<string> {
  const pieces: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += piece.length;
    if (bytes > MAX_REPLY) throw new Error(`the reply is larger than ${MAX_REPLY} bytes`);
    pieces.push(piece);
  }
  return Buffer.concat(pieces).toString('utf8');
}
