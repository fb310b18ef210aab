import { readFileSync } from 'node:fs';
import type { Channel } from '@cloudpush/engine';
import { clip } from '../support/media.js';

/** A packet of a camera: one access unit or one ADTS frame, with its time in ms. */
export interface CameraPacket {
  readonly kind: 'video' | 'audio';
  readonly data: Uint8Array;
  readonly pts: number;
  readonly keyFrame: boolean;
}

const FRAME_MS = 40;
const AUDIO_FRAME_MS = 1024 / 48;

/**
 * The bundled clip as a camera would send it: 80 pictures and 150 audio frames in 3.2 s, in the order of
 * their times.
 */
export function cameraPackets(): CameraPacket[] {
  return [...pictures(readFileSync(clip.video)), ...adtsFrames(readFileSync(clip.audio))].sort(
    (a, b) => a.pts - b.pts,
  );
}

/** False when there is no room. */
export function trySend(channel: Channel, { kind, data, pts }: CameraPacket): boolean {
  return kind === 'video' ? channel.sendVideo(data, { pts }) : channel.sendAudio(data, { pts });
}

/** Sends a packet, waiting for room as long as it takes. False when the channel is over. */
export async function sendOne(channel: Channel, packet: CameraPacket): Promise<boolean> {
  while (!trySend(channel, packet)) {
    try {
      await channel.writable();
    } catch {
      return false;
    }
  }
  return true;
}

/**
 * The payload of the RTMP message that a picture must become: NAL unit lengths for start codes, FLV header in
 * front.
 */
export function expectedVideoMessage({ data, keyFrame }: CameraPacket): Buffer {
  const units = nalUnits(data).flatMap((unit) => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(unit.length);
    return [length, unit];
  });
  return Buffer.concat([Buffer.from([keyFrame ? 0x17 : 0x27, 1, 0, 0, 0]), ...units]);
}

/** The payload of the RTMP message that an ADTS frame without CRC must become. */
export function expectedAudioMessage({ data }: CameraPacket): Buffer {
  return Buffer.concat([Buffer.from([0xaf, 1]), data.subarray(7)]);
}

function pictures(stream: Buffer): CameraPacket[] {
  const packets: CameraPacket[] = [];
  let units: Buffer[] = [];
  for (const unit of nalUnits(stream)) {
    units.push(Buffer.from([0, 0, 0, 1]), unit);
    const type = unit[0]! & 31;
    if (type !== 1 && type !== 5) continue;
    packets.push({
      kind: 'video',
      data: Buffer.concat(units),
      pts: packets.length * FRAME_MS,
      keyFrame: type === 5,
    });
    units = [];
  }
  return packets;
}

/** Slow and obvious: between two start codes lies a NAL unit, less the zero bytes at its end. */
function nalUnits(stream: Uint8Array): Buffer[] {
  const text = Buffer.from(stream).toString('latin1');
  const [, ...units] = text.split('\0\0\u0001');
  return units.map((unit) => Buffer.from(unit.replace(/\0+$/, ''), 'latin1'));
}

function adtsFrames(stream: Buffer): CameraPacket[] {
  const packets: CameraPacket[] = [];
  for (let offset = 0; offset < stream.length; ) {
    const length = (stream.readUIntBE(offset + 3, 3) >> 5) & 0x1fff;
    const data = stream.subarray(offset, offset + length);
    packets.push({ kind: 'audio', data, pts: packets.length * AUDIO_FRAME_MS, keyFrame: false });
    offset += length;
  }
  return packets;
}

/** Tells whether the channel has room, or gets some within `ms`. */
export async function hasRoomWithin(channel: Channel, ms: number): Promise<boolean> {
  try {
    await channel.writable(AbortSignal.timeout(ms));
    return true;
  } catch {
    return false;
  }
}
