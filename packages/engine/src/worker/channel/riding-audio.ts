import { Command } from '../../memory/ring.js';
import type { AudioCarrier, AudioRides } from './audio-rides.js';
import type { PacketDescriptor } from './held-packets.js';
import type { PacketBlock } from './packet-block.js';
import type { TrackWait } from './track-wait.js';

/** Sound waits for pictures as long as they come: one that came so many ms ago is the last for now. */
const PICTURE_GAP = 1000;
/** The most frames of sound that wait: more come only from a source that makes up for lost time. */
const MOST_WAITING = 16;

/** The most packets of a source that wait for a tick. */
const MOST_GATHERED = 256;

/** A packet that waits. They are used again and again, so that sound that waits makes no garbage. */
class WaitingPacket implements PacketDescriptor {
  command: Command = Command.audio;
  codec = 0;
  flags = 0;
  bytes = 0;
  // Numbers with a fraction from the start: then they are written in place.
  dts = Number.NaN;
  pts = Number.NaN;
  configuration: Uint8Array | undefined = undefined;
  block: PacketBlock | undefined = undefined;
}

/** Parts that hold a channel's sound back, and its destination. */
interface RidingAudioParts {
  /** Is told when the sound must leave. */
  readonly carrier: AudioCarrier;
  readonly rides: AudioRides;
  readonly tracks: Pick<TrackWait, 'holds'>;
  send(packet: PacketDescriptor, block: PacketBlock): void;
}

/**
 * A channel's sound that waits for the next picture, to leave with it in one write, in the order in which
 * both came: a write of its own costs more than everything else that is done for a frame of sound. Of a
 * channel without pictures none waits.
 */
export class RidingAudio {
  readonly #carrier: AudioCarrier;
  readonly #rides: AudioRides;
  readonly #tracks: Pick<TrackWait, 'holds'>;
  readonly #send: RidingAudioParts['send'];
  readonly #packets: WaitingPacket[] = [];
  #count = 0;
  /** Time at which the latest picture came, in ms of the monotonic clock. */
  #pictureAt = Number.NEGATIVE_INFINITY;
  /** The turn in which it did. */
  #pictureTurn = -1;

  constructor({ carrier, rides, tracks, send }: RidingAudioParts) {
    this.#carrier = carrier;
    this.#rides = rides;
    this.#tracks = tracks;
    this.#send = send;
  }

  /** Takes a packet if it is sound that is to wait; else what waits has gone, and the packet may follow. */
  holds(packet: PacketDescriptor, block: PacketBlock): boolean {
    const { command } = packet;
    if (this.#gathers(command)) {
      if (this.#count === 0) this.#rides.beginTick(this.#carrier);
      this.#add(packet, block);
      return true;
    }
    if (command === Command.audio && this.#mayWait(block.enqueuedAt)) {
      if (this.#count === 0) this.#rides.begin(this.#carrier, block.enqueuedAt);
      this.#add(packet, block);
      block.waits();
      return true;
    }
    this.send();
    if (command === Command.video) {
      this.#pictureAt = block.enqueuedAt;
      this.#pictureTurn = this.#rides.turn;
    }
    return false;
  }

  /** Sends what waits. */
  send(): void {
    const count = this.#count;
    if (count === 0) return;
    this.#count = 0;
    this.#rides.end(this.#carrier.number);
    for (let i = 0; i < count; i++) {
      const packet = this.#packets[i]!;
      const block = packet.block!;
      packet.block = undefined;
      this.#send(packet, block);
    }
  }

  /** Gives up what waits, in its order. */
  takeAll(giveUp: (packet: PacketDescriptor, block: PacketBlock) => void): void {
    const count = this.#count;
    if (count === 0) return;
    this.#count = 0;
    this.#rides.end(this.#carrier.number);
    for (let i = 0; i < count; i++) giveUp(this.#packets[i]!, this.#packets[i]!.block!);
  }

  /** A picture of this turn has not left yet: sound goes with that one. */
  #mayWait(now: number): boolean {
    const { delay, turn } = this.#rides;
    if (delay === 0 || now - this.#pictureAt > PICTURE_GAP || turn === this.#pictureTurn) return false;
    return this.#count < MOST_WAITING && !this.#tracks.holds;
  }

  /** Packets of a source wait for the tick, as those that come through the ring do there. */
  #gathers(command: Command): boolean {
    if (this.#rides.window === 0 || this.#carrier.source === undefined) return false;
    return (command === Command.video || command === Command.audio) && this.#count < MOST_GATHERED;
  }

  #add(
    { command, codec, flags, bytes, dts, pts, configuration }: PacketDescriptor,
    block: PacketBlock,
  ): void {
    this.#packets[this.#count] ??= new WaitingPacket();
    const waiting = this.#packets[this.#count]!;
    this.#count++;
    waiting.command = command;
    waiting.codec = codec;
    waiting.flags = flags;
    waiting.bytes = bytes;
    waiting.dts = dts;
    waiting.pts = pts;
    waiting.configuration = configuration;
    waiting.block = block;
  }
}
