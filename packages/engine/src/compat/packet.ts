import { types } from 'node:util';
import { invalidParameter } from '../base/validation.js';
import type { Channel } from '../engine/channel/channel.js';
import { E_SV_MEDIA_TYPE } from './media-type.js';

const CLOCK_RANGE = 2 ** 32;

/** The arguments of `Send_Packet`. */
export interface Packet {
  /** `E_SV_MEDIA_TYPE` */
  readonly mediaType: number;
  readonly data: Uint8Array;
  /** Bytes of `data` that count, from its beginning. */
  readonly size: number;
  /** ms; of what is not an unsigned 32-bit number the lower 32 bits count, as they do in C. */
  readonly timestamp: number | bigint;
  /** 1 key frame, 0 none; undefined: detected. */
  readonly keyFlag: number | undefined;
  /** 1: the caller has encrypted the packet. */
  readonly encFlag: number | undefined;
}

/**
 * Sends a packet on a channel.
 * @returns false when there is no room now
 * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`, `ERR_CLOUDPUSH_PACKET_TOO_LARGE`
 */
export function sendPacket(channel: Channel, packet: Packet): boolean {
  const data = sizedData(packet);
  const pts = toClock(packet.timestamp);
  const keyFrame = packet.keyFlag === undefined ? undefined : packet.keyFlag !== 0;
  const encrypted = packet.encFlag === 1;
  switch (packet.mediaType) {
    case E_SV_MEDIA_TYPE.H264:
      return channel.sendVideo(data, { pts, codec: 'h264', keyFrame, encrypted });
    case E_SV_MEDIA_TYPE.H265:
      return channel.sendVideo(data, { pts, codec: 'h265', keyFrame, encrypted });
    case E_SV_MEDIA_TYPE.AAC:
      return channel.sendAudio(data, { pts, codec: 'aac', encrypted });
    case E_SV_MEDIA_TYPE.MP3:
      return channel.sendAudio(data, { pts, codec: 'mp3', encrypted });
    case E_SV_MEDIA_TYPE.PRI_DATA:
      return channel.sendPrivateData(data, { pts });
    default:
      throw invalidParameter('eMediaType', packet.mediaType, '0 to 4');
  }
}

function sizedData({ data, size }: Packet): Uint8Array {
  if (!types.isUint8Array(data)) throw invalidParameter('pData', typeof data, 'a Uint8Array');
  if (size === data.length) return data;
  if (Number.isInteger(size) && size > 0 && size <= data.length) return data.subarray(0, size);
  throw invalidParameter('nSize', size, `1 to the ${data.length} bytes of pData`);
}

function toClock(timestamp: number | bigint): number {
  if (typeof timestamp === 'bigint') return Number(BigInt.asUintN(32, timestamp));
  if (!Number.isFinite(timestamp)) throw invalidParameter('usTimeStamp', timestamp, 'a number of ms');
  const remainder = Math.trunc(timestamp) % CLOCK_RANGE;
  return remainder < 0 ? remainder + CLOCK_RANGE : remainder;
}
