import { readUint16, readUint32, writeUint32 } from '../bits/uint.js';
import { cutOff } from './errors.js';

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

const WHAT = 'a user control message';

/** @param more a second value, as `setBufferLength` has it: ms */
export function encodeUserControl(event: UserControlEvent, value: number, more?: number): Buffer {
  const payload = Buffer.allocUnsafe(more === undefined ? 6 : 10);
  payload.writeUInt16BE(event, 0);
  writeUint32(payload, 2, value);
  if (more !== undefined) writeUint32(payload, 6, more);
  return payload;
}

/** Events that we do not know may be shorter than six bytes. */
export function decodeUserControl(payload: Uint8Array): UserControl {
  if (payload.length < 2) throw cutOff(WHAT, payload.length, 2);
  const event = readUint16(payload, 0);
  if (payload.length >= 6) return { event, value: readUint32(payload, 2) };
  if (event <= UserControlEvent.pingResponse) throw cutOff(WHAT, payload.length, 6);
  return { event, value: 0 };
}
