import type { Channel } from '@cloudpush/engine';
import {
  type CameraPacket,
  cameraPackets,
  expectedAudioMessage,
  expectedVideoMessage,
  sendOne,
} from '../../camera.js';

/** The clip is so long, in ms. */
const CLIP_MS = 3200;
/** Bytes by which a packet tells its number. */
const NUMBER_BYTES = 4;

/** A packet whose bytes tell its number, so that it is known again wherever it arrives. */
export interface NumberedPacket extends CameraPacket {
  readonly number: number;
}

/** The clip over and over, on one clock, each packet with its number in its last bytes. */
export function* numberedPackets(): Generator<NumberedPacket, never> {
  const packets = cameraPackets();
  for (let number = 0; ; number++) {
    const packet = packets[number % packets.length]!;
    const loop = Math.floor(number / packets.length);
    yield { ...packet, number, pts: packet.pts + loop * CLIP_MS, data: numbered(packet, number) };
  }
}

/** The payload of the RTMP message that a packet must become. */
export function expectedMessage(packet: CameraPacket): Buffer {
  return packet.kind === 'video' ? expectedVideoMessage(packet) : expectedAudioMessage(packet);
}

/** The number of the packet that a message was made of. */
export function numberOf(payload: Uint8Array): number {
  return payload.subarray(-NUMBER_BYTES).reduce((sum, byte) => sum * 128 + (byte & 127), 0);
}

/** A camera that sends faster than real time, and remembers what it sent. */
export class NumberedCamera {
  readonly sent: NumberedPacket[] = [];
  readonly #source = numberedPackets();
  #next: NumberedPacket = this.#source.next().value;
  readonly #channel: Channel;

  constructor(channel: Channel) {
    this.#channel = channel;
  }

  /** Sends so many packets, as fast as the channel takes them. */
  async send(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const packet = this.#next;
      if (!(await sendOne(this.#channel, packet))) return;
      this.sent.push(packet);
      this.#next = this.#source.next().value;
      // The network has its turn.
      if (i % 8 === 7) await new Promise((resolve) => setTimeout(resolve, 4));
    }
  }

  /** Sends until the next packet is a key frame. */
  async sendToKeyFrame(): Promise<void> {
    while (!this.#next.keyFrame) await this.send(1);
  }

  /** Sends until something holds. */
  async sendUntil(holds: () => boolean): Promise<void> {
    while (!holds()) await this.send(8);
  }
}

/** Bytes that hold no start code and no emulation of one. */
function numbered({ kind, data }: CameraPacket, number: number): Uint8Array {
  const tail = new Uint8Array(NUMBER_BYTES);
  for (let i = 0; i < NUMBER_BYTES; i++)
    tail[i] = 128 | (Math.floor(number / 128 ** (NUMBER_BYTES - 1 - i)) % 128);
  if (kind === 'video') return Buffer.concat([data, tail]);
  const frame = Uint8Array.from(data);
  frame.set(tail, frame.length - NUMBER_BYTES);
  return frame;
}
