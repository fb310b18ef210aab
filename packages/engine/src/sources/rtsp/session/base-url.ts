import { headerOf, type RtspResponse } from '../message/rtsp-message.js';
import { resolveControl } from '../message/rtsp-url.js';

/**
 * The base of the control attributes of a description (RFC 2326 §C.1.1): Content-Base, Content-Location, or
 * the URL asked for. A base that is not an absolute RTSP URL is itself relative to the URL asked for.
 */
export function baseUrlOf(response: RtspResponse, requestUrl: string): string {
  const base = headerOf(response, 'content-base') || headerOf(response, 'content-location');
  return resolveControl(requestUrl, base);
}
