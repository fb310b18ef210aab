/** Methods that the client sends (RFC 2326 §10). */
export type RtspMethod = 'OPTIONS' | 'DESCRIBE' | 'SETUP' | 'PLAY' | 'GET_PARAMETER' | 'TEARDOWN';

/** A header field: name and value. */
export type HeaderField = readonly [name: string, value: string];

/** Writes a request without a body (RFC 2326 §6). */
export function writeRequest(method: RtspMethod, url: string, fields: readonly HeaderField[]): Buffer {
  return Buffer.from(`${method} ${url} RTSP/1.0\r\n${fieldLines(fields)}\r\n`);
}

/** Writes the response to a request of the camera (RFC 2326 §7). */
export function writeResponse(status: number, reason: string, fields: readonly HeaderField[]): Buffer {
  return Buffer.from(`RTSP/1.0 ${status} ${reason}\r\n${fieldLines(fields)}\r\n`);
}

/** Nothing that comes from outside may begin a line of its own. */
function fieldLines(fields: readonly HeaderField[]): string {
  return fields.map(([name, value]) => `${name}: ${value.replace(/[\r\n]+/g, ' ')}\r\n`).join('');
}

/** Writes an interleaved frame (RFC 2326 §10.12). `payload` has at most 65,535 bytes. */
export function writeInterleaved(channel: number, payload: Uint8Array): Buffer {
  const frame = Buffer.allocUnsafe(4 + payload.length);
  frame[0] = 0x24;
  frame[1] = channel;
  frame.writeUInt16BE(payload.length, 2);
  frame.set(payload, 4);
  return frame;
}
