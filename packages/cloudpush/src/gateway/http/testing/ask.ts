import { once } from 'node:events';
import { type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';

/** Result of `JSON.parse`. */
export type Json = ReturnType<typeof JSON.parse>;

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly text: string;
  /** The body, parsed, if it is JSON. */
  readonly json: Json;
}

export interface RequestOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON, unless it is a text. */
  readonly body?: unknown;
}

/** Sends a request, with any header and any path, and reads the whole answer as it comes. */
export async function ask(
  method: string,
  url: string,
  { headers = {}, body }: RequestOptions = {},
): Promise<Answer> {
  const isText = typeof body === 'string' || body === undefined;
  const [, origin, path] = /^(\w+:\/\/[^/]*)(.*)$/s.exec(url)!;
  const sent = request(origin!, {
    method,
    path: path === '' ? '/' : path!,
    headers: isText ? headers : { 'content-type': 'application/json', ...headers },
  });
  sent.end(isText ? body : JSON.stringify(body));
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  const pieces: Buffer[] = [];
  for await (const piece of answer) pieces.push(piece);
  const content = Buffer.concat(pieces);
  const text = content.toString();
  const isJson = String(answer.headers['content-type']).includes('json') && text !== '';
  return {
    status: answer.statusCode!,
    headers: answer.headers,
    body: content,
    text,
    json: isJson ? JSON.parse(text) : undefined,
  };
}
