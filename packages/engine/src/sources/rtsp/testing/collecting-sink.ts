import type { MediaSink } from '../depacketize/media-sink.js';

/** An access unit or audio frame as a sink has taken it. */
export interface CollectedUnit {
  readonly pts: number;
  readonly keyFrame: boolean;
  /** NAL units without lengths; one element for an audio frame. */
  readonly units: readonly Buffer[];
}

/** A sink that keeps everything, and checks that it is called in the order that `MediaSink` promises. */
export class CollectingSink implements MediaSink {
  readonly collected: CollectedUnit[] = [];
  readonly configurations: Buffer[] = [];
  aborted = 0;
  #open: Buffer[][] | undefined;

  configure(audioSpecificConfig: Uint8Array): void {
    this.configurations.push(Buffer.from(audioSpecificConfig));
  }

  begin(): void {
    if (this.#open !== undefined) throw new Error('begin() inside of an access unit');
    this.#open = [];
  }

  beginNalUnit(): void {
    this.#units().push([]);
  }

  append(bytes: Uint8Array, start: number, end: number): void {
    if (start < 0 || end > bytes.length || start > end) throw new Error(`append(${start}, ${end})`);
    const units = this.#units();
    if (units.length === 0) units.push([]);
    units.at(-1)!.push(Buffer.from(bytes.subarray(start, end)));
  }

  end(pts: number, keyFrame: boolean): void {
    const units = this.#units().map((pieces) => Buffer.concat(pieces));
    if (units.length === 0 || units.some(({ length }) => length === 0)) throw new Error('an empty unit');
    if (!Number.isFinite(pts)) throw new Error(`a time of ${pts}`);
    this.#open = undefined;
    this.collected.push({ pts, keyFrame, units });
  }

  abort(): void {
    this.#units();
    this.#open = undefined;
    this.aborted++;
  }

  /** All units, each with a start code in front: an Annex-B stream. */
  annexB(): Buffer {
    const startCode = Buffer.of(0, 0, 0, 1);
    return Buffer.concat(this.collected.flatMap(({ units }) => units.flatMap((unit) => [startCode, unit])));
  }

  #units(): Buffer[][] {
    if (this.#open === undefined) throw new Error('a call outside of an access unit');
    return this.#open;
  }
}
