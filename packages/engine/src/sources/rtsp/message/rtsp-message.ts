/** Header fields by lower-case name, in the order in which they came; a repeated field has several values. */
export type RtspHeaders = ReadonlyMap<string, readonly string[]>;

/** A response (RFC 2326 §7). */
export interface RtspResponse {
  readonly kind: 'response';
  readonly status: number;
  readonly reason: string;
  readonly headers: RtspHeaders;
  readonly body: Uint8Array;
}

/** A request (RFC 2326 §6); cameras may send some to their clients. */
export interface RtspRequest {
  readonly kind: 'request';
  readonly method: string;
  readonly url: string;
  readonly headers: RtspHeaders;
  readonly body: Uint8Array;
}

export type RtspMessage = RtspResponse | RtspRequest;

/** The first value of a header field; `name` in lower case. */
export function headerOf(message: { readonly headers: RtspHeaders }, name: string): string | undefined {
  return message.headers.get(name)?.[0];
}

/** The sequence number of a message; undefined when it has none (RFC 2326 §12.17). */
export function sequenceOf(message: { readonly headers: RtspHeaders }): number | undefined {
  const text = headerOf(message, 'cseq');
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}
