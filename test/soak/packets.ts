import {
  type CameraPacket,
  cameraPackets,
  expectedAudioMessage,
  expectedVideoMessage,
} from '../engine/camera.js';

/** Behind each packet stands which one it is: channel, number and template. No byte of it is 0. */
const MARK = /^#(\d{4}):(\d{9}):(\d{3})$/;
const MARK_BYTES = 19;
const PICTURES = 40;
const FRAMES = 40;

/** A packet without its mark, and the message that it must become. */
interface Template {
  readonly packet: CameraPacket;
  readonly expected: Buffer;
}

function template(packet: CameraPacket): Template {
  const marked = withMark(packet, mark(0, 0, 0));
  const expected = packet.kind === 'video' ? expectedVideoMessage(marked) : expectedAudioMessage(marked);
  return { packet, expected: expected.subarray(0, -MARK_BYTES) };
}

const clip = cameraPackets();
const pictures = clip.filter(({ kind }) => kind === 'video').slice(0, PICTURES);
const frames = clip.filter(({ kind }) => kind === 'audio').slice(0, FRAMES);
/** Pictures first. */
const templates = [...pictures, ...frames].map(template);

function mark(channel: number, id: number, place: number): Buffer {
  const digits = (value: number, count: number): string => String(value).padStart(count, '0');
  return Buffer.from(`#${digits(channel, 4)}:${digits(id, 9)}:${digits(place, 3)}`);
}

function withMark(packet: CameraPacket, bytes: Buffer): CameraPacket {
  const data = Buffer.concat([packet.data, bytes]);
  // aac_frame_length, 13 bits.
  if (packet.kind === 'audio')
    data.writeUIntBE((data.readUIntBE(3, 3) & ~(0x1fff << 5)) | (data.length << 5), 3, 3);
  return { ...packet, data };
}

/** Picture number `index` of a channel's camera, or its frame of sound, as its packet number `id`. */
export function packetOf(
  channel: number,
  id: number,
  kind: CameraPacket['kind'],
  index: number,
  pts: number,
): CameraPacket {
  const place = kind === 'video' ? index % PICTURES : PICTURES + (index % FRAMES);
  return { ...withMark(templates[place]!.packet, mark(channel, id, place)), pts };
}

/**
 * Finds the packet of the channel that a message carries; undefined: it is not, bit for bit, one of them.
 */
export function idOf(channel: number, payload: Uint8Array): number | undefined {
  const bytes = Buffer.from(payload.buffer, payload.byteOffset, payload.length);
  const found = MARK.exec(bytes.subarray(-MARK_BYTES).toString('latin1'));
  if (found === null || Number(found[1]) !== channel) return undefined;
  const expected = templates[Number(found[3])]?.expected;
  return expected?.equals(bytes.subarray(0, -MARK_BYTES)) === true ? Number(found[2]) : undefined;
}
