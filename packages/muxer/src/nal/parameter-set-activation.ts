import { MuxerError } from '../errors.js';
import type { DecoderConfiguration } from './decoder-configuration.js';
import { NalKind, NalPlace } from './nal-codec.js';
import type { ParameterSetStore } from './parameter-set-store.js';

interface Sps {
  readonly id: number;
}

interface Pps {
  readonly id: number;
  readonly spsId: number;
}

/** The parameter sets that a stream has sent so far. */
export interface ParameterSets<S extends Sps, P extends Pps> {
  readonly sps: ParameterSetStore<S>;
  readonly pps: ParameterSetStore<P>;
  /**
   * Keeps a parameter set NAL unit, which is at `offset` in its packet. False: it was there. Throws
   * MuxerError.
   */
  put(nal: Uint8Array, offset: number): boolean;
  /**
   * Bytes that a parameter set has by another one that has come: one of them is the other with more bytes
   * behind it; 0: neither is.
   */
  knownSize(nal: Uint8Array): number;
  /** Removes the sets that are none of these NAL units. */
  retain(nals: readonly Uint8Array[]): void;
  /** True when the sets that a picture can refer to have come: one of each kind at least. */
  readonly isComplete: boolean;
  /** Number of sets of each kind, for an error message. */
  readonly counts: string;
}

/** The names of the fields by which parameter sets are referred to, for error messages. */
export interface ReferenceFields {
  readonly ppsOfSlice: string;
  readonly spsOfPps: string;
  readonly spsOfFurtherSlice: string;
}

/** The parameter sets of a stream, and which of them are active: what H.264 and H.265 have in common. */
export abstract class ParameterSetActivation<
  S extends Sps,
  P extends Pps,
  Sets extends ParameterSets<S, P> = ParameterSets<S, P>,
> {
  protected sets: Sets;
  protected activeSps: S | undefined;
  #activePps: P | undefined;
  /** A new parameter set has come since the last activation. */
  #stored = false;
  /** A PPS has come, new or again, since the last activation. */
  #ppsCame = false;
  readonly #fields: ReferenceFields;
  sequence = 0;
  revision = 0;
  configuration: Uint8Array = new Uint8Array(0);

  constructor(sets: Sets, fields: ReferenceFields) {
    this.sets = sets;
    this.#fields = fields;
  }

  /** Reads which PPS a slice refers to. Throws MuxerError. */
  protected abstract readPpsId(data: Uint8Array, start: number, end: number): number;
  abstract classify(data: Uint8Array, start: number, end: number): NalKind;
  abstract placeOf(data: Uint8Array, start: number, end: number): NalPlace;
  protected abstract isPps(nal: Uint8Array): boolean;
  protected abstract parseRecord(record: Uint8Array): DecoderConfiguration;
  /**
   * The record of one SPS and what belongs to it: sets of other sequences mislead players that take the
   * first.
   */
  protected abstract encodeRecord(sps: S): Uint8Array;
  /** Activates what an SPS refers to itself; true: it is another than before. Throws MuxerError. */
  protected abstract activateBelow(sps: S, offset: number): boolean;

  storeParameterSet(data: Uint8Array, start: number, end: number): void {
    const nal = data.subarray(start, end);
    if (this.isPps(nal)) this.#ppsCame = true;
    if (!this.sets.put(nal, start)) return;
    this.#activePps = undefined;
    this.#stored = true;
  }

  endOfKnown(data: Uint8Array, start: number, end: number): number {
    const size = this.sets.knownSize(data.subarray(start, end));
    return size === 0 ? -1 : start + size;
  }

  beginsPicture(data: Uint8Array, start: number, end: number): boolean {
    if (this.placeOf(data, start, end) !== NalPlace.firstSlice) return false;
    try {
      return this.sets.pps.get(this.readPpsId(data, start, end)) !== undefined;
    } catch {
      return false;
    }
  }

  configure(record: Uint8Array): number {
    const { lengthSize, nalUnits } = this.parseRecord(record);
    const sets = nalUnits.filter((nal) => this.#isParameterSet(nal));
    for (const nal of sets) this.storeParameterSet(nal, 0, nal.length);
    // A record without any leaves them to the samples.
    if (sets.length > 0) this.sets.retain(sets);
    this.#activePps = undefined;
    this.#stored = true;
    return lengthSize;
  }

  #isParameterSet(nal: Uint8Array): boolean {
    return nal.length > 0 && this.classify(nal, 0, nal.length) === NalKind.parameterSet;
  }

  resume(record: Uint8Array): void {
    for (const nal of this.parseRecord(record).nalUnits) this.storeParameterSet(nal, 0, nal.length);
    this.#activate(this.sets.pps.latest!, 0);
  }

  beginPicture(data: Uint8Array, start: number, end: number, encrypted: boolean): void {
    if (this.#activePps === undefined) this.#requireParameterSets(start);
    if (encrypted) {
      if (this.#activePps === undefined || this.#ppsCame) this.#activate(this.sets.pps.latest!, start);
      return;
    }
    const ppsId = this.readPpsId(data, start, end);
    this.#ppsCame = false;
    if (this.#activePps?.id === ppsId) return;
    this.#activate(this.#ppsOfSlice(ppsId, start), start);
  }

  continuePicture(data: Uint8Array, start: number, end: number): void {
    const ppsId = this.readPpsId(data, start, end);
    if (this.#activePps?.id === ppsId) return;
    const { spsId } = this.#ppsOfSlice(ppsId, start);
    const active = this.activeSps!.id;
    if (spsId !== active) throw mismatch(start, this.#fields.spsOfFurtherSlice, spsId, String(active));
  }

  #requireParameterSets(offset: number): void {
    if (this.sets.isComplete) return;
    throw new MuxerError('ERR_CLOUDPUSH_NO_SPS_PPS', {
      offset,
      actual: this.sets.counts,
      permitted: 'at least one of each',
    });
  }

  #ppsOfSlice(id: number, start: number): P {
    const { pps } = this.sets;
    const found = pps.get(id);
    if (found === undefined) throw mismatch(start, this.#fields.ppsOfSlice, id, pps.ids);
    return found;
  }

  #activate(pps: P, offset: number): void {
    const stored = this.sets.sps;
    const sps = stored.get(pps.spsId);
    if (sps === undefined) throw mismatch(offset, this.#fields.spsOfPps, pps.spsId, stored.ids);
    const isOther = this.activateBelow(sps, offset) || this.activeSps !== sps;
    const changed = this.#stored || this.activeSps !== sps;
    if (isOther) this.sequence++;
    this.#activePps = pps;
    this.activeSps = sps;
    this.#stored = false;
    this.#ppsCame = false;
    if (!changed) return;
    this.revision++;
    this.configuration = this.encodeRecord(sps);
  }
}

/** A parameter set, or a slice, refers to a parameter set that is not there. */
export function mismatch(offset: number, field: string, actual: number, permitted: string): MuxerError {
  return new MuxerError('ERR_CLOUDPUSH_PARAMETER_SETS_MISMATCH', { offset, field, actual, permitted });
}
