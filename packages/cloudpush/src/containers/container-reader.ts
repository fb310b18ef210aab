import type { PacketReader, SourcePacket } from '@cloudpush/engine/sources';
import { type PushableTrack, TrackReader } from './track-reader.js';

/** Packets of a track that are read at a time. */
const BATCH = 32;

/** A container that is open, with the tracks of it that are read. */
export interface OpenContainer {
  readonly tracks: readonly PushableTrack[];
  close(): void;
}

/** Reads the tracks of a container as one stream in order of decoding time, from 0 ms on. */
export class ContainerReader implements PacketReader {
  readonly #open: () => Promise<OpenContainer>;
  readonly #toError: (error: unknown) => Error;
  #container: OpenContainer | undefined;
  #tracks: TrackReader[] | undefined;
  #origin: number | undefined;
  #ended = false;

  /** @param toError makes an error of the container's reader one that names the file */
  constructor(open: () => Promise<OpenContainer>, toError: (error: unknown) => Error) {
    this.#open = open;
    this.#toError = toError;
  }

  get ended(): boolean {
    return this.#ended;
  }

  next(): SourcePacket | undefined {
    const tracks = this.#tracks;
    if (tracks === undefined || tracks.some(({ ready, ended }) => ready.length === 0 && !ended))
      return undefined;
    let earliest: TrackReader | undefined;
    for (const track of tracks) {
      const [packet] = track.ready;
      if (packet !== undefined && (earliest === undefined || packet.dts < earliest.ready[0]!.dts))
        earliest = track;
    }
    const packet = earliest?.ready.shift();
    if (packet === undefined) return undefined;
    this.#origin ??= packet.dts;
    packet.dts -= this.#origin;
    packet.pts -= this.#origin;
    return packet;
  }

  async more(): Promise<void> {
    if (this.#ended) return;
    try {
      await this.#fill();
    } catch (error) {
      await this.close();
      throw this.#toError(error);
    }
    const tracks = this.#tracks!;
    if (!tracks.every(({ ended }) => ended)) return;
    await this.close();
    // Not before: the other track may be whole.
    const fault = tracks.map((track) => track.fault).find((one) => one !== undefined);
    if (fault !== undefined) throw this.#toError(fault);
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    this.#ended = true;
    const container = this.#container;
    const tracks = this.#tracks ?? [];
    this.#tracks = [];
    await Promise.allSettled(tracks.map((track) => track.close()));
    container?.close();
  }

  async #fill(): Promise<void> {
    if (this.#tracks === undefined) {
      const container = await this.#open();
      // Closed while it was being opened.
      if (this.#ended) {
        container.close();
        return;
      }
      this.#container = container;
      this.#tracks = container.tracks.map((track) => new TrackReader(track));
    }
    await Promise.all(this.#tracks.map((track) => track.fill(BATCH)));
  }
}
