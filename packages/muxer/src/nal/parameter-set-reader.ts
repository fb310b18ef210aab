import { BitReader } from '../bits/bit-reader.js';
import { MuxerError, type MuxerErrorCode } from '../errors.js';
import { removeEmulationPrevention } from './emulation-prevention.js';

/** The error codes of one kind of parameter set. */
export interface ParameterSetFaults {
  readonly cutOff: MuxerErrorCode;
  readonly invalid: MuxerErrorCode;
}

export const spsFaults: ParameterSetFaults = {
  cutOff: 'ERR_CLOUDPUSH_SPS_CUT_OFF',
  invalid: 'ERR_CLOUDPUSH_SPS_INVALID',
};
export const ppsFaults: ParameterSetFaults = {
  cutOff: 'ERR_CLOUDPUSH_PPS_CUT_OFF',
  invalid: 'ERR_CLOUDPUSH_PPS_INVALID',
};
export const vpsFaults: ParameterSetFaults = {
  cutOff: 'ERR_CLOUDPUSH_VPS_CUT_OFF',
  invalid: 'ERR_CLOUDPUSH_VPS_INVALID',
};

/** Reads the fields of a parameter set NAL unit and refuses values that the specification does not permit. */
export class ParameterSetReader extends BitReader {
  readonly #faults: ParameterSetFaults;
  readonly #size: number;
  readonly #at: number;

  /**
   * @param headerSize bytes of the NAL unit header, which are skipped
   * @param at where the NAL unit is in its packet, for error messages
   */
  constructor(nal: Uint8Array, headerSize: number, faults: ParameterSetFaults, at: number) {
    super(removeEmulationPrevention(nal), headerSize);
    this.#faults = faults;
    this.#size = nal.length;
    this.#at = at;
  }

  /** Gives `value` back when it lies in the range that the specification permits for the field. */
  inRange(field: string, value: number, minimum: number, maximum: number): number {
    this.requireData();
    if (value < minimum || value > maximum) throw this.invalid(field, value, `${minimum} to ${maximum}`);
    return value;
  }

  /** ue(v) of at most `maximum`. */
  ueUpTo(field: string, maximum: number): number {
    return this.inRange(field, this.ue(), 0, maximum);
  }

  /** se(v) from `minimum` to `maximum`. */
  seIn(field: string, minimum: number, maximum: number): number {
    return this.inRange(field, this.se(), minimum, maximum);
  }

  /** Throws when something was read that is not there. */
  requireData(): void {
    if (this.overrun) {
      throw new MuxerError(this.#faults.cutOff, {
        offset: this.#at,
        actual: `${this.#size} bytes`,
        permitted: 'all fields present',
      });
    }
  }

  /**
   * The value that `read` gives, or undefined when it meets the end or a value that is not permitted. For the
   * VUI, the tail of an SPS: cameras are known to get it wrong, decoders do without it, and so a stream is
   * not refused for it.
   */
  tolerate<T>(read: () => T): T | undefined {
    this.requireData();
    try {
      const value = read();
      this.requireData();
      return value;
    } catch (error) {
      if (error instanceof MuxerError) return undefined;
      throw error;
    }
  }

  invalid(field: string, actual: number | string, permitted: string): MuxerError {
    return new MuxerError(this.#faults.invalid, {
      field,
      actual,
      permitted,
      offset: this.#at + (this.position >> 3),
    });
  }
}
