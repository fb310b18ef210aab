import { bitsAbove, joinBits, lowestBits } from '../bits/fields.js';
import { readUint24, writeUint24 } from '../bits/uint.js';
import { RtmpError, RtmpErrorCode } from '../errors.js';
import { cutOff } from './errors.js';
import { MessageType } from './type.js';

/** VideoPacketType and AudioPacketType where both agree, and the two that differ (Enhanced RTMP v2). */
export const PacketType = {
  sequenceStart: 0,
  codedFrames: 1,
  sequenceEnd: 2,
  /** Video: coded frames without a composition time offset. */
  codedFramesX: 3,
  audioMultitrack: 5,
  videoMultitrack: 6,
  modEx: 7,
} as const;

/** ModEx type 0 carries a nanosecond offset to the message's timestamp. */
const TIMESTAMP_OFFSET_NANO = 0;
const MAX_NANO_OFFSET = 999_999;

/** An ExVideoTagHeader or ExAudioTagHeader, read as far as the FourCC, or as the multitrack type. */
export interface ExHeader {
  /** The upper half of the first byte: the frame type with its Ex bit, or the sound format 9. */
  readonly lead: number;
  readonly packetType: number;
  /** From ModEx; 0 when there is none. */
  readonly nanosecondOffset: number;
  /** Offset of the bytes behind the packet type. */
  readonly position: number;
}

/** The multitrack packet type of a message type. */
export function multitrackPacketType(messageType: number): number {
  return messageType === MessageType.video ? PacketType.videoMultitrack : PacketType.audioMultitrack;
}

/** Tells whether a tag body has an Ex header: video's top bit, audio's sound format 9. */
export function hasExHeader(messageType: number, body: Uint8Array): boolean {
  const first = body[0] ?? 0;
  return messageType === MessageType.video ? first >= 0x80 : bitsAbove(first, 4) === 9;
}

/** @throws RtmpError `ERR_CLOUDPUSH_PROTOCOL` when it is cut off */
export function readExHeader(body: Uint8Array): ExHeader {
  const first = byteAt(body, 0);
  let packetType = lowestBits(first, 4);
  let nanosecondOffset = 0;
  let position = 1;
  while (packetType === PacketType.modEx) {
    let size = byteAt(body, position) + 1;
    position += 1;
    if (size === 256) {
      size = joinBits(byteAt(body, position), byteAt(body, position + 1), 8) + 1;
      position += 2;
    }
    const data = position;
    const next = byteAt(body, position + size);
    if (bitsAbove(next, 4) === TIMESTAMP_OFFSET_NANO && size >= 3) nanosecondOffset = readUint24(body, data);
    packetType = lowestBits(next, 4);
    position += size + 1;
  }
  return { lead: first & 0xf0, packetType, nanosecondOffset, position };
}

/**
 * The start of a tag body up to its packet type, with a nanosecond offset in a ModEx when it is not 0.
 * @throws RtmpError `ERR_CLOUDPUSH_INVALID_OPTION` when the offset is a millisecond or more
 */
export function exHeaderStart(lead: number, packetType: number, nanosecondOffset: number): number[] {
  if (nanosecondOffset === 0) return [lead | packetType];
  if (!(nanosecondOffset > 0 && nanosecondOffset <= MAX_NANO_OFFSET && Number.isInteger(nanosecondOffset))) {
    throw new RtmpError(
      RtmpErrorCode.invalidOption,
      'message',
      `the nanosecond offset is ${nanosecondOffset}, permitted: integers from 0 to ${MAX_NANO_OFFSET}`,
      { details: { actual: nanosecondOffset, permitted: MAX_NANO_OFFSET } },
    );
  }
  const data = new Uint8Array(3);
  writeUint24(data, 0, nanosecondOffset);
  return [lead | PacketType.modEx, data.length - 1, ...data, joinBits(TIMESTAMP_OFFSET_NANO, packetType, 4)];
}

function byteAt(body: Uint8Array, position: number): number {
  const byte = body[position];
  if (byte !== undefined) return byte;
  throw cutOff('an enhanced tag header', body.length, position + 1);
}
