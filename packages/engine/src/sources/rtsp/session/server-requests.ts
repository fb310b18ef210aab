import { headerOf, type RtspRequest } from '../message/rtsp-message.js';
import { type HeaderField, writeResponse } from '../message/rtsp-writer.js';

/** Requests that a camera may send (RFC 2326 §10); REDIRECT is followed by the session. */
const ALLOWED = 'OPTIONS, GET_PARAMETER, SET_PARAMETER, ANNOUNCE, REDIRECT';
const allowed = new Set(ALLOWED.split(', '));

/** The response to a request of the camera: 200, or 405 for a method that makes no sense for a client. */
export function answerServerRequest(request: RtspRequest): Buffer {
  const fields: HeaderField[] = [];
  const sequence = headerOf(request, 'cseq');
  const session = headerOf(request, 'session');
  if (sequence !== undefined) fields.push(['CSeq', sequence]);
  if (session !== undefined) fields.push(['Session', session]);
  if (!allowed.has(request.method)) {
    return writeResponse(405, 'Method Not Allowed', [...fields, ['Allow', ALLOWED]]);
  }
  if (request.method === 'OPTIONS') fields.push(['Public', ALLOWED]);
  return writeResponse(200, 'OK', fields);
}
