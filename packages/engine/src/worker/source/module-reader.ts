import { MutablePacket, type SourcePacket } from '../../sources/packet.js';
import type { PacketReader } from '../../sources/reader.js';
import type { SourceModulePacket, SourceModuleStream } from './source-module.js';

/**
 * Reads the packets of a source module, from 0 ms on. One packet at a time is asked for, and what is at hand
 * is taken at once: of a plain iterable no packet needs a promise.
 */
export class ModuleReader implements PacketReader {
  readonly #stream: SourceModuleStream;
  readonly #atHand: Iterator<SourceModulePacket> | undefined;
  readonly #packets: Iterator<SourceModulePacket> | AsyncIterator<SourceModulePacket>;
  readonly #out = new MutablePacket();
  #next: SourceModulePacket | undefined;
  #origin = Number.NaN;
  #ended = false;

  constructor(stream: SourceModuleStream) {
    this.#stream = stream;
    const { packets } = stream;
    if (!(Symbol.asyncIterator in packets)) this.#atHand = packets[Symbol.iterator]();
    this.#packets = this.#atHand ?? (packets as AsyncIterable<SourceModulePacket>)[Symbol.asyncIterator]();
  }

  get ended(): boolean {
    return this.#ended && this.#next === undefined;
  }

  next(): SourcePacket | undefined {
    if (this.#atHand !== undefined && this.#next === undefined && !this.#ended)
      this.#take(this.#atHand.next());
    const packet = this.#next;
    if (packet === undefined) return undefined;
    this.#next = undefined;
    const time = packet.dts ?? packet.pts;
    if (Number.isNaN(this.#origin)) this.#origin = time;
    const out = this.#out;
    out.kind = packet.kind;
    out.data = packet.data;
    out.pts = packet.pts - this.#origin;
    out.dts = time - this.#origin;
    out.hasDts = packet.dts !== undefined;
    out.hasKeyFrameHint = packet.keyFrame !== undefined;
    out.keyFrame = packet.keyFrame === true;
    out.configuration = packet.configuration;
    return out;
  }

  async more(): Promise<void> {
    if (this.#next !== undefined || this.#ended) return;
    this.#take(await this.#packets.next());
  }

  #take({ done, value }: IteratorResult<SourceModulePacket>): void {
    if (done === true) this.#ended = true;
    else this.#next = checkedPacket(value, this.#stream);
  }

  async close(): Promise<void> {
    this.#ended = true;
    this.#next = undefined;
    await this.#packets.return?.();
  }
}

/** @throws TypeError when the module breaks its contract */
function checkedPacket(packet: SourceModulePacket, { video, audio }: SourceModuleStream): SourceModulePacket {
  const { kind, data, pts, dts } = packet;
  if (!(data instanceof Uint8Array) || data.length === 0) throw new TypeError('a packet has no data');
  if (!Number.isFinite(pts) || (dts !== undefined && !Number.isFinite(dts)))
    throw new TypeError(`a packet has the times pts ${pts}, dts ${dts}; permitted: finite numbers of ms`);
  if ((kind === 'video' ? video : audio) !== undefined) return packet;
  throw new TypeError(`a packet is of the kind ${String(kind)}, which the source has no track of`);
}
