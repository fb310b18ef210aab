import { Command, type RingConsumer } from '../../memory/ring.js';
import type { ChannelConfig } from '../../protocol/stream.js';
import type { ShardContext } from '../shard-context.js';
import type { AudioCarrier } from './audio-rides.js';
import type { ChannelMuxer } from './channel-muxer.js';
import type { ChannelSegments } from './channel-segments.js';
import type { FanOut } from './fan-out.js';
import { GivenConfigurations } from './given-configurations.js';
import type { HeldPackets, PacketDescriptor } from './held-packets.js';
import { KeyFrameEnd } from './key-frame-end.js';
import { isKeyPicture, pictureId } from './key-picture.js';
import { type PacketBlock, payloadOf } from './packet-block.js';
import type { KeptPacket } from './pre-roll.js';
import { RidingAudio } from './riding-audio.js';
import type { ServerAdmission } from './server-admission.js';
import type { SliceWait } from './slice-wait.js';
import type { TagSink } from './tag-sink.js';
import type { TrackWait } from './track-wait.js';

/** The parts of a channel that a packet passes. */
interface PacketIntakeParts {
  /** The channel. */
  readonly carrier: AudioCarrier;
  /** Its number. */
  readonly channel: number;
  readonly config: Pick<ChannelConfig, 'configurations'>;
  readonly context: Pick<ShardContext, 'pool' | 'rides' | 'report'>;
  readonly segments: ChannelSegments;
  readonly admission: ServerAdmission;
  readonly heldPackets: HeldPackets;
  readonly muxer: ChannelMuxer;
  readonly slices: SliceWait;
  readonly output: TagSink;
  readonly fanOut: FanOut;
  readonly tracks: TrackWait;
}

/**
 * The way of a packet into its channel's stream: sound waits for the next picture; then it is kept between
 * two segments, held back until a server has said whether it takes the codec, then muxed, or, as metadata,
 * done.
 */
export class PacketIntake {
  readonly #pool: SharedArrayBuffer;
  readonly #segments: ChannelSegments;
  readonly #admission: ServerAdmission;
  readonly #heldPackets: HeldPackets;
  readonly #muxer: ChannelMuxer;
  readonly #slices: SliceWait;
  readonly #output: TagSink;
  readonly #fanOut: FanOut;
  readonly #riding: RidingAudio;
  readonly #end: KeyFrameEnd;
  /** Undefined: packets bring their configurations along. */
  readonly #given: GivenConfigurations | undefined;

  constructor(parts: PacketIntakeParts) {
    const { configurations } = parts.config;
    const { video, audio } = configurations;
    if (video !== undefined || audio !== undefined) this.#given = new GivenConfigurations(configurations);
    this.#pool = parts.context.pool;
    this.#segments = parts.segments;
    this.#admission = parts.admission;
    this.#heldPackets = parts.heldPackets;
    this.#muxer = parts.muxer;
    this.#slices = parts.slices;
    this.#output = parts.output;
    this.#fanOut = parts.fanOut;
    const { carrier, channel, tracks, context } = parts;
    const { rides } = context;
    this.#end = new KeyFrameEnd(
      (packet, block) => this.#isStart(packet, block),
      (packet, block) =>
        context.report({ type: 'atKeyFrame', channel, keyFrame: pictureId(context.pool, packet, block) }),
    );
    this.#riding = new RidingAudio({
      carrier,
      rides,
      tracks,
      send: (packet, block) => this.#pass(packet, block),
    });
  }

  /** The packet that the ring stands at, with the decoder configuration that the channel was opened with. */
  withConfiguration(ring: RingConsumer): RingConsumer {
    ring.configuration = this.#given?.of(ring.command, ring.codec);
    return ring;
  }

  take(packet: PacketDescriptor, block: PacketBlock): void {
    if (this.#end.isBehind(packet, block)) this.giveUp(packet, block);
    else if (!this.#riding.holds(packet, block)) this.#pass(packet, block);
  }

  /** Has the first destinations begin with a key frame: see `Channel.beginWith`. */
  beginWith(keyFrame: string): void {
    this.#segments.awaitKeyFrame(keyFrame);
  }

  /** Takes nothing more from the next key frame on, and tells when that has come. */
  endAtKeyFrame(): void {
    this.#end.begin();
  }

  /** Takes what was kept for the first destination. */
  takeKept(kept: readonly KeptPacket[]): void {
    this.#passAll(kept);
  }

  /** Sends the sound that waits. */
  sendRiding(): void {
    this.#riding.send();
  }

  /**
   * Nothing follows, or not for everyone: sends the sound that waits, and the picture that waits for its
   * slices.
   */
  sendHeldBack(): void {
    this.#riding.send();
    this.#muxer.flush(this.#output);
  }

  /** A stream could begin with it. */
  #isStart(packet: PacketDescriptor, block: PacketBlock): boolean {
    if (this.#muxer.hasVideo || packet.command !== Command.audio)
      return isKeyPicture(this.#pool, packet, block);
    return true;
  }

  #pass(packet: PacketDescriptor, block: PacketBlock): void {
    if (!this.#segments.isOpen && packet.command !== Command.metadata) {
      this.#segments.keep(packet, block);
      return;
    }
    const question = this.#admission.questionOf(packet);
    if (question !== undefined || !this.#heldPackets.isEmpty) {
      if (!this.#admission.isPublishing) {
        this.#hold(packet, block);
        return;
      }
      if (question !== undefined) this.#admission.askAll(question);
    }
    if (packet.command === Command.metadata) {
      this.#passAll(this.#segments.onMetadata(packet, block));
    } else {
      try {
        this.#muxer.mux(packet, payloadOf(this.#pool, block, packet.bytes), block, this.#output);
        if (this.#muxer.heldPicture !== 0) this.#slices.begin();
      } finally {
        // When all are leaving, it goes nowhere.
        block.release(this.#fanOut.list.length > 0);
      }
    }
  }

  /** After a fault in one of them, those behind it are given up. */
  #passAll(packets: readonly (PacketDescriptor & { readonly block: PacketBlock })[]): void {
    let next = 0;
    try {
      while (next < packets.length) {
        const packet = packets[next++]!;
        this.#pass(packet, packet.block);
      }
    } finally {
      for (const packet of packets.slice(next)) this.giveUp(packet, packet.block);
    }
  }

  /** A server has come that can be asked: what was held back for it goes its way. */
  takeHeld(): void {
    this.#passAll(this.#heldPackets.takeAll());
  }

  /** The packet goes nowhere. */
  readonly giveUp = ({ command, bytes }: PacketDescriptor, block: PacketBlock): void => {
    // It may hold a key.
    if (command === Command.metadata) payloadOf(this.#pool, block, bytes).fill(0);
    block.release(false);
  };

  /** Nothing goes out any more: gives up what is held back, and the picture that waits for its slices. */
  stop(): void {
    this.#slices.stop();
    this.#muxer.dropHeld();
    for (const packet of this.#heldPackets.takeAll()) this.giveUp(packet, packet.block);
    this.#riding.takeAll(this.giveUp);
  }

  #hold(packet: PacketDescriptor, block: PacketBlock): void {
    this.#heldPackets.add(packet, block);
    for (const destination of this.#fanOut.list) destination.backlog.bound();
  }
}
