import { types } from 'node:util';
import { monotonicNow } from '../../base/clock.js';
import { invalidParameter } from '../../base/validation.js';
import { NO_BLOCK } from '../../memory/block-layout.js';
import { Command } from '../../memory/ring.js';
import type { Placement } from '../shards/placement.js';
import type { PoolServices, RoomWaiter } from '../shards/pool-services.js';
import type { RelievableChannel } from '../shards/relievable-channels.js';
import { CommandQueue, RING_RETRY } from './command-queue.js';
import { Pauses } from './pauses.js';
import { packetTooLargeError, poolTooSmallError } from './pool-errors.js';

/** Sound waits for pictures as long as they come: one that came so many ms ago is the last for now. */
const PICTURE_GAP = 1000;

/**
 * A channel's way into its shard: puts packets into the pool and their descriptors into the ring, and knows
 * when there is no room. There are three causes for that, the shard's gate, a lack of memory, and a move to
 * another shard; to the outside it is one pause.
 */
export class PacketSender implements RoomWaiter, RelievableChannel {
  /** Packets refused for want of room. */
  refused = 0;
  #isRelievable = false;
  /** The shard has been told once that there is no room. */
  #relieved = false;
  readonly #pool: PoolServices;
  readonly #placement: Placement;
  readonly #channel: number;
  readonly #pauses: Pauses;
  readonly #commands: CommandQueue;
  #open = true;
  /** The shard has said pause, and not yet resume. */
  #pausedByShard = false;
  /** The shard is to let the channel go, and has not answered. */
  #isLeaving = false;
  /**
   * Bytes of the packet that the pool had no room for; 0: none. A smaller one is taken all the same when it
   * fits.
   */
  #awaited = 0;
  /** The ring had no room. */
  #awaitsRing = false;
  /** Bytes that the channel held then: half of them must have left before there is room again. */
  #heldAtRefusal = 0;
  #toldTooSmall = false;
  /** Time at which the latest picture was handed over, in ms of the monotonic clock. */
  #pictureAt = Number.NEGATIVE_INFINITY;

  /** @param onPauseChanged called with true and false in turn, beginning with true */
  constructor(pool: PoolServices, placement: Placement, onPauseChanged: (paused: boolean) => void) {
    this.#pool = pool;
    this.#placement = placement;
    this.#channel = placement.channel;
    this.#pauses = new Pauses(pool.clock, onPauseChanged);
    this.#commands = new CommandQueue(pool.clock, placement);
  }

  /**
   * Some of what waits in the shard can be dropped, for there are several destinations, or one may drop: the
   * shard is told when the channel's part of the pool runs short.
   */
  set isRelievable(value: boolean) {
    this.#isRelievable = value;
    const { relievable } = this.#pool;
    if (value && this.#open) relievable.add(this);
    else relievable.delete(this);
  }

  /** Bytes that it holds of the pool beyond its claim. */
  get borrowedBytes(): number {
    return this.#pool.memory.borrowedBy(this.#channel);
  }

  /** Has the shard drop some of what waits. */
  relieve(): void {
    this.#relieved = true;
    this.#placement.shard.post({ type: 'relieve', channel: this.#channel });
  }

  /** True while there was no room for a packet. Smaller ones may be taken all the same. */
  get paused(): boolean {
    return this.#hasReason || !this.#pool.gates.isOpen(this.#channel);
  }

  /** Time without room, in ms. */
  get pausedMs(): number {
    return this.#pauses.ms;
  }

  /** Number of times that there was no room. */
  get pauses(): number {
    return this.#pauses.count;
  }

  /** Bytes of the pool that the channel holds. */
  get heldBytes(): number {
    this.#pool.memory.reclaim();
    return this.#pool.memory.heldBy(this.#channel);
  }

  /**
   * Copies a packet into the pool and hands it to the shard. False: there is no room, or the channel takes no
   * more. Without `dts` the muxer derives it.
   * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER`, `ERR_CLOUDPUSH_PACKET_TOO_LARGE`
   */
  send(
    command: Command,
    codec: number,
    data: Uint8Array,
    flags: number,
    dts: number | undefined,
    pts: number,
  ): boolean {
    if (!types.isUint8Array(data)) throw invalidParameter('data', typeof data, 'a Uint8Array');
    if (data.length === 0) throw invalidParameter('data.length', 0, 'at least 1 byte');
    if (!Number.isFinite(pts)) throw invalidParameter('pts', pts, 'a finite number of ms');
    if (dts !== undefined && !Number.isFinite(dts))
      throw invalidParameter('dts', dts, 'a finite number of ms');
    return this.#put(command, codec, data, flags, dts ?? Number.NaN, pts);
  }

  /**
   * Hands a record over as a packet is. Without `pts` it takes the time of the latest media.
   * @throws CloudPushError as {@link send}
   */
  sendRecord(command: Command, record: Uint8Array, pts: number | undefined): boolean {
    if (pts !== undefined && !Number.isFinite(pts))
      throw invalidParameter('pts', pts, 'a finite number of ms');
    return this.#put(command, 0, record, 0, Number.NaN, pts ?? Number.NaN);
  }

  #put(command: Command, codec: number, data: Uint8Array, flags: number, dts: number, pts: number): boolean {
    if (!this.#open || this.#refusesAll) return this.#refuse();
    const { length } = data;
    // A small packet is not refused because a large one was.
    if (this.#awaited > 0 && length >= this.#awaited) return this.#refuse();
    if (this.#commands.waiting > 0) return this.#refuseForRing();
    const { memory } = this.#pool;
    const block = memory.store(this.#channel, data);
    if (block === NO_BLOCK) return this.#refuseForMemory(length);
    if (this.#isRelievable && memory.isTight(this.#channel)) this.#pool.gates.press(this.#channel);
    const { shard } = this.#placement;
    // The shard compares it with the time of its own thread: it is the process's, whatever clock measures
    // pauses.
    const now = monotonicNow();
    if (!shard.ring.push(command, this.#channel, block, length, codec, flags, dts, pts, now)) {
      // A record may hold a key.
      if (command === Command.metadata) memory.wipe(block);
      memory.drop(block);
      return this.#refuseForRing();
    }
    if (command === Command.video) this.#pictureAt = now;
    shard.ringDoorbell(command === Command.audio && now - this.#pictureAt < PICTURE_GAP);
    return true;
  }

  /**
   * Adds a descriptor that must not be lost. While it waits for room in the ring, nothing may overtake it.
   */
  command(command: Command, argument = 0): void {
    this.#commands.add(command, argument);
  }

  /** Asks the shard to let the channel go: no packet is taken until it answers. */
  leaveShard(): void {
    this.#isLeaving = true;
    this.#announce();
    this.command(Command.release);
  }

  /** The shard does not let the channel go. */
  onMigrationRefused(): void {
    this.#isLeaving = false;
    this.#commands.onReleaseRefused();
    this.#announce();
  }

  /** The channel has left its shard; what was under way to it there does not matter any more. */
  onMigrated(): void {
    this.#commands.clear();
    this.#isLeaving = false;
    const { gates } = this.#pool;
    // A shard that dies may leave a gate shut of which it has told nobody: who was refused waits for a
    // resume.
    if (!gates.isOpen(this.#channel)) this.onPause();
    gates.open(this.#channel);
    this.onResume();
  }

  /** No packet is taken from now on. */
  close(): void {
    this.#open = false;
    this.#pool.relievable.delete(this);
  }

  onPause(): void {
    this.#pausedByShard = true;
    this.#announce();
  }

  onResume(): void {
    this.#pausedByShard = false;
    this.#announce();
  }

  /** Blocks have been released: is there room again for what was refused? */
  retry(): void {
    if (this.#awaited === 0 || !this.#open) return;
    const { memory } = this.#pool;
    // Room that others have made is not enough: a stalled channel would pause and resume with their every
    // packet.
    const drained = memory.heldBy(this.#channel) <= this.#heldAtRefusal / 2;
    if (!drained || !memory.hasRoomFor(this.#channel, this.#awaited)) {
      this.#awaitRoom();
      return;
    }
    this.#awaited = 0;
    this.#announce();
  }

  #awaitRoom(): void {
    this.#pool.awaitRoom(this);
    // A stream that has not begun yet does so then, and lets go of what it has kept back for its second
    // track.
    if (this.#isRelievable || !this.#relieved) this.relieve();
    if (!this.#isRelievable && this.#pool.memory.isOwed(this.#channel, this.#awaited)) this.relieveOther();
  }

  /** Asks for memory that others have borrowed: one of them drops something. */
  relieveOther(): void {
    this.#pool.relievable.relieveOther(this);
  }

  #refuse(): false {
    this.refused++;
    return false;
  }

  #refuseForMemory(bytes: number): false {
    const { maxPacket } = this.#pool.memory;
    if (bytes > maxPacket) throw packetTooLargeError(bytes, maxPacket);
    this.#awaited = bytes;
    this.#heldAtRefusal = this.heldBytes;
    this.tellIfTooSmall(bytes);
    this.#announce();
    this.#awaitRoom();
    return this.#refuse();
  }

  /** Tells, once, that the pool is too small for a packet of so many bytes that was refused, if it is. */
  tellIfTooSmall(bytes: number): void {
    if (this.#toldTooSmall) return;
    const { memory } = this.#pool;
    const wanted = memory.sizeThatWouldDo(this.#channel, bytes);
    if (wanted === undefined) return;
    this.#toldTooSmall = true;
    this.#pool.tellTooSmall(this.#channel, poolTooSmallError(memory.pool.size, bytes, wanted));
  }

  /** Blocks say nothing about the ring: they may wait in the shard long after it was drained. */
  #refuseForRing(): false {
    this.#awaitsRing = true;
    this.#announce();
    this.#pool.clock.after(RING_RETRY, this.#forgetRing);
    return this.#refuse();
  }

  readonly #forgetRing = (): void => {
    this.#awaitsRing = false;
    this.#announce();
  };

  /** Packets of any size are refused. */
  get #refusesAll(): boolean {
    const isShut = this.#pausedByShard || this.#isLeaving || this.#awaitsRing;
    return isShut || !this.#pool.gates.isOpen(this.#channel);
  }

  /** Packets are refused, and the caller is told so. */
  get #hasReason(): boolean {
    return this.#pausedByShard || this.#isLeaving || this.#awaitsRing || this.#awaited > 0;
  }

  /** Tells of a pause and its end in turn, whichever of the causes came first or went last. */
  #announce(): void {
    this.#pauses.set(this.#hasReason);
  }
}
