import { tooShort } from './protocol-control.js';

/** User control events (RTMP 1.0 §7.1.7). */
export const UserControlEvent = {
  streamBegin: 0,
  streamEof: 1,
  streamDry: 2,
  setBufferLength: 3,
  streamIsRecorded: 4,
  pingRequest: 6,
  pingResponse: 7,
} as const;
export type UserControlEvent = (typeof UserControlEvent)[keyof typeof UserControlEvent];

export interface UserControl {
  /** One of {@link UserControlEvent}, or a number that we do not know. */
  readonly event: number;
  /** Message stream id, or the time of a ping. */
  readonly value: number;
}

export function encodeUserControl(event: UserControlEvent, value: number): Buffer {
  const payload = Buffer.allocUnsafe(6);
  payload.writeUInt16BE(event, 0);
  payload.writeUInt32BE(value >>> 0, 2);
  return payload;
}

/** Events that we do not know may be shorter than six bytes. */
export function decodeUserControl(payload: Uint8Array): UserControl {
  if (payload.length < 2) throw tooShort(payload.length, 2);
  const event = (payload[0]! << 8) | payload[1]!;
  if (payload.length >= 6) {
    const value = ((payload[2]! << 24) | (payload[3]! << 16) | (payload[4]! << 8) | payload[5]!) >>> 0;
    return { event, value };
  }
  if (event <= UserControlEvent.pingResponse) throw tooShort(payload.length, 6);
  return { event, value: 0 };
}
