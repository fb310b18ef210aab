import { readUint16 } from '../bits/bytes.js';
import { requireBody } from './tag-errors.js';

/** AudioPacketType and VideoPacketType of a modifier in front of the packet proper (Enhanced RTMP v2). */
const MOD_EX = 7;

/** The packet type behind all modifiers, and where what follows it begins. */
export interface ExPacketType {
  readonly packetType: number;
  readonly position: number;
}

/** Steps over the ModEx signals of an Ex header; none of them matters to a reader of whole milliseconds. */
export function skipModEx(payload: Uint8Array): ExPacketType {
  let packetType = payload[0]! & 15;
  let position = 1;
  while (packetType === MOD_EX) {
    requireBody(payload, position + 3);
    let size = payload[position]! + 1;
    position++;
    if (size === 256) {
      size = readUint16(payload, position) + 1;
      position += 2;
    }
    requireBody(payload, position + size + 1);
    packetType = payload[position + size]! & 15;
    position += size + 1;
  }
  return { packetType, position };
}
