import { rtspError, rtspErrorCodes } from '../errors.js';
import type { RtspHeaders } from './rtsp-message.js';

/** Start line and header fields of a message, before its body. */
export interface MessageHead {
  readonly startLine: StartLine;
  readonly headers: RtspHeaders;
  readonly contentLength: number;
}

type StartLine =
  | { readonly kind: 'response'; readonly status: number; readonly reason: string }
  | { readonly kind: 'request'; readonly method: string; readonly url: string };

/** Parses the head of a message (RFC 2326 §4, §6, §7), tolerating bare line feeds and folded fields. */
export function parseMessageHead(text: string, maxHeaders: number, maxBodyBytes: number): MessageHead {
  const lines = text.split(/\r?\n/);
  const startLine = parseStartLine(lines[0]!);
  const headers = parseFields(lines, maxHeaders);
  return { startLine, headers, contentLength: contentLengthOf(headers, maxBodyBytes) };
}

function parseStartLine(line: string): StartLine {
  const response = /^RTSP\/\d\.\d\s+(\d{3})(?:\s+(.*))?$/i.exec(line);
  if (response !== null) {
    return { kind: 'response', status: Number(response[1]), reason: (response[2] ?? '').trim() };
  }
  const request = /^([A-Z_]{1,32})\s+(\S+)\s+RTSP\/\d\.\d\s*$/.exec(line);
  if (request !== null) return { kind: 'request', method: request[1]!, url: request[2]! };
  if (line.startsWith('HTTP/')) {
    throw rtspError(
      rtspErrorCodes.protocol,
      'an HTTP server answered; check that the port is the RTSP port of the camera',
    );
  }
  throw rtspError(rtspErrorCodes.protocol, `the line ${quoted(line)} does not begin an RTSP message`);
}

function parseFields(lines: readonly string[], maxHeaders: number): RtspHeaders {
  const headers = new Map<string, string[]>();
  let last: string[] | undefined;
  let count = 0;
  for (let i = 1; i < lines.length; i++) {
    const line = lines[i]!;
    if (line === '') continue;
    if (last !== undefined && /^[ \t]/.test(line)) {
      last[last.length - 1] += ` ${line.trim()}`;
      continue;
    }
    const colon = line.indexOf(':');
    if (colon < 1) throw rtspError(rtspErrorCodes.protocol, `${quoted(line)} is not a header field`);
    if (++count > maxHeaders) {
      throw rtspError(rtspErrorCodes.limit, `a message has more than ${maxHeaders} header fields`);
    }
    const name = line.slice(0, colon).trim().toLowerCase();
    last = headers.get(name) ?? [];
    headers.set(name, last);
    last.push(line.slice(colon + 1).trim());
  }
  return headers;
}

function contentLengthOf(headers: RtspHeaders, maxBodyBytes: number): number {
  const text = headers.get('content-length')?.[0] ?? '0';
  if (!/^\d{1,15}$/.test(text)) {
    throw rtspError(rtspErrorCodes.protocol, `the Content-Length ${quoted(text)} is not a number`);
  }
  const length = Number(text);
  if (length > maxBodyBytes) {
    throw rtspError(
      rtspErrorCodes.limit,
      `a message body of ${length} bytes was announced; ${maxBodyBytes} are permitted`,
    );
  }
  return length;
}

/** A camera's text, short and printable. Header fields with credentials never come from a camera. */
function quoted(text: string): string {
  const printable = text.replace(/[^\x20-\x7e]/g, '.');
  return JSON.stringify(printable.length > 40 ? `${printable.slice(0, 40)}…` : printable);
}
