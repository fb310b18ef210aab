import type { ParameterSets } from '../nal/parameter-set-activation.js';
import { ParameterSetBudget, ParameterSetStore } from '../nal/parameter-set-store.js';
import { HevcNalUnitType, hevcNalUnitType } from './nal-unit.js';
import { type HevcPps, parseHevcPps } from './pps.js';
import { type HevcSps, parseHevcSps } from './sps.js';
import { type HevcVps, parseHevcVps } from './vps.js';

// As many as there are ids.
const MAX_VPS = 16;
const MAX_SPS = 16;
const MAX_PPS = 64;

/** The parameter sets of an H.265 stream. */
export class HevcParameterSets implements ParameterSets<HevcSps, HevcPps> {
  readonly #budget = new ParameterSetBudget();
  readonly vps = new ParameterSetStore<HevcVps>(MAX_VPS, 'ERR_CLOUDPUSH_VPS_TOO_LARGE', this.#budget);
  readonly sps = new ParameterSetStore<HevcSps>(MAX_SPS, 'ERR_CLOUDPUSH_SPS_TOO_LARGE', this.#budget);
  readonly pps = new ParameterSetStore<HevcPps>(MAX_PPS, 'ERR_CLOUDPUSH_PPS_TOO_LARGE', this.#budget);

  put(nal: Uint8Array, offset: number): boolean {
    switch (hevcNalUnitType(nal[0]!)) {
      case HevcNalUnitType.vps:
        return this.vps.add(nal, offset, parseHevcVps);
      case HevcNalUnitType.sps:
        return this.sps.add(nal, offset, parseHevcSps);
      default:
        return this.pps.add(nal, offset, parseHevcPps);
    }
  }

  knownSize(nal: Uint8Array): number {
    switch (hevcNalUnitType(nal[0]!)) {
      case HevcNalUnitType.vps:
        return this.vps.knownSize(nal);
      case HevcNalUnitType.sps:
        return this.sps.knownSize(nal);
      default:
        return this.pps.knownSize(nal);
    }
  }

  retain(nals: readonly Uint8Array[]): void {
    this.vps.retain(nals);
    this.sps.retain(nals);
    this.pps.retain(nals);
  }

  get isComplete(): boolean {
    return this.vps.size > 0 && this.sps.size > 0 && this.pps.size > 0;
  }

  get counts(): string {
    return `${this.vps.size} VPS, ${this.sps.size} SPS, ${this.pps.size} PPS`;
  }
}
