import type { DepacketizerContext } from './depacketizer.js';
import type { MediaSink } from './media-sink.js';

/** The role of a NAL unit in an access unit. */
export const UnitRole = {
  /** A slice of a picture at which decoding can start. */
  keySlice: 0,
  /** A slice of any other picture. */
  slice: 1,
  /**
   * A slice of a picture that cannot be decoded when decoding started at the key picture before it (RASL).
   */
  skippedLeadingSlice: 2,
  parameterSet: 3,
  /** An access unit delimiter, which stands in front of everything. */
  delimiter: 4,
  other: 5,
} as const;
export type UnitRole = (typeof UnitRole)[keyof typeof UnitRole];

/** Reason why pictures are dropped until the next key picture. */
type Waiting = 'no' | 'first' | 'damaged';

/**
 * Puts the NAL units of one access unit after the other into a sink, and drops what cannot be decoded:
 * everything before the first key picture, and after damage everything up to the next key picture that is
 * whole.
 */
export class NalAccessUnit {
  readonly #sink: MediaSink;
  readonly #context: DepacketizerContext;
  readonly #parameterSets: readonly Uint8Array[];
  #waiting: Waiting = 'first';
  /** A whole picture with parameter sets has been handed on. */
  #configured = false;
  /** Leading pictures refer to what came before the key picture at which decoding started. */
  #skipsLeading = false;

  /** An access unit has begun. */
  #active = false;
  #ticks = 0;
  /** The sink has been told. */
  #begun = false;
  #hasPicture = false;
  #hasParameterSets = false;
  #keyFrame = false;
  #recoveryPoint = false;
  #dropped = false;
  #bytes = 0;
  #units = 0;

  /** @param parameterSets those of the session description, for a stream that carries none */
  constructor(sink: MediaSink, context: DepacketizerContext, parameterSets: readonly Uint8Array[]) {
    this.#sink = sink;
    this.#context = context;
    this.#parameterSets = parameterSets;
  }

  /**
   * Begins a NAL unit. False: it is to be left out, and so are its bytes.
   *
   * @param isFirstSlice no slice of the picture comes before it
   * @param isIdr no picture after it refers to one before it
   */
  beginUnit(ticks: number, role: UnitRole, isFirstSlice: boolean, isIdr: boolean): boolean {
    this.#enter(ticks);
    if (role <= UnitRole.skippedLeadingSlice && !this.#takesSlice(role, isFirstSlice, isIdr)) return false;
    if (this.#dropped) return false;
    if (++this.#units > this.#context.limits.maxNalUnits) {
      this.damaged();
      return false;
    }
    if (!this.#begun) {
      this.#begun = true;
      this.#sink.begin();
    }
    if (role === UnitRole.parameterSet) this.#hasParameterSets = true;
    else if (role !== UnitRole.delimiter && !this.#configured && !this.#hasParameterSets) this.#configure();
    this.#sink.beginNalUnit();
    return true;
  }

  /** Takes bytes of the present NAL unit. */
  append(bytes: Uint8Array, start: number, end: number): void {
    if (this.#dropped || !this.#begun) return;
    this.#bytes += end - start;
    if (this.#bytes > this.#context.limits.maxAccessUnitBytes) this.damaged();
    else this.#sink.append(bytes, start, end);
  }

  /**
   * Decoding can start at the picture of this access unit, although it is none that says so (H.264 §D.2.8).
   */
  recoveryPoint(): void {
    this.#recoveryPoint = true;
  }

  /** The packet with the marker has come: the access unit is complete if it holds a picture. */
  marker(): void {
    if (this.#hasPicture) this.finish();
  }

  /** Notes a fragment whose beginning is missing: its picture is damaged. */
  orphan(ticks: number): void {
    this.#enter(ticks);
    this.damaged();
    this.#countDropped();
  }

  /** Drops the present access unit, and all that follow up to a whole key picture. */
  damaged(): void {
    if (this.#waiting === 'no') this.#waiting = 'damaged';
    if (this.#active) this.#drop();
  }

  /** Completes the present access unit. */
  finish(): void {
    if (this.#begun && this.#hasPicture) {
      this.#begun = false;
      if (this.#hasParameterSets) this.#configured = true;
      this.#context.report.accessUnits++;
      this.#sink.end(this.#context.clock.timeOf(this.#ticks), this.#keyFrame);
    } else if (this.#begun) {
      this.#abort();
    }
    this.#active = false;
  }

  /**
   * Begins an access unit at the first unit, or where the time is another than that of the picture before.
   */
  #enter(ticks: number): void {
    if (this.#active && ticks !== this.#ticks && (this.#hasPicture || this.#dropped)) this.finish();
    this.#ticks = ticks;
    if (this.#active) return;
    this.#active = true;
    this.#hasPicture = false;
    this.#hasParameterSets = false;
    this.#keyFrame = false;
    this.#recoveryPoint = false;
    this.#dropped = false;
    this.#bytes = 0;
    this.#units = 0;
  }

  /** Decides on a picture by its first slice. False: it is dropped. */
  #takesSlice(role: UnitRole, isFirstSlice: boolean, isIdr: boolean): boolean {
    if (this.#dropped) {
      this.#countDropped();
      return false;
    }
    if (this.#hasPicture) return true;
    const isKey = role === UnitRole.keySlice || this.#recoveryPoint;
    const skipsLeading = role === UnitRole.skippedLeadingSlice && this.#skipsLeading;
    if (skipsLeading || (this.#waiting !== 'no' && !(isKey && isFirstSlice))) {
      this.#drop();
      this.#countDropped();
      return false;
    }
    if (role === UnitRole.keySlice) this.#skipsLeading = this.#waiting !== 'no' && !isIdr;
    this.#waiting = 'no';
    this.#hasPicture = true;
    this.#keyFrame = isKey;
    return true;
  }

  /** Hands on the parameter sets of the session description. */
  #configure(): void {
    for (const set of this.#parameterSets) {
      this.#sink.beginNalUnit();
      this.#sink.append(set, 0, set.length);
    }
    this.#hasParameterSets = true;
  }

  #drop(): void {
    if (this.#dropped) return;
    this.#dropped = true;
    if (this.#begun) this.#abort();
    if (this.#hasPicture) this.#count();
  }

  /** Counts a dropped picture, once. */
  #countDropped(): void {
    if (this.#hasPicture) return;
    this.#hasPicture = true;
    this.#count();
  }

  #count(): void {
    if (this.#waiting === 'damaged') this.#context.report.damagedPictures++;
    else this.#context.report.skippedPictures++;
  }

  #abort(): void {
    this.#begun = false;
    this.#sink.abort();
  }
}
