import type { ParameterSets } from '../nal/parameter-set-activation.js';
import { ParameterSetBudget, ParameterSetStore } from '../nal/parameter-set-store.js';
import { AvcNalUnitType, avcNalUnitType } from './nal-unit.js';
import { type AvcPps, parseAvcPps } from './pps.js';
import { type AvcSps, parseAvcSps } from './sps.js';
import { type AvcSpsExtension, parseAvcSpsExtension } from './sps-extension.js';

// numOfSequenceParameterSets of an `avcC` is a 5-bit field, numOfPictureParameterSets one of 8 bits.
const MAX_SPS = 31;
const MAX_PPS = 255;

/** The parameter sets of an H.264 stream. */
export class AvcParameterSets implements ParameterSets<AvcSps, AvcPps> {
  readonly #budget = new ParameterSetBudget();
  readonly sps = new ParameterSetStore<AvcSps>(MAX_SPS, 'ERR_CLOUDPUSH_SPS_TOO_LARGE', this.#budget);
  readonly pps = new ParameterSetStore<AvcPps>(MAX_PPS, 'ERR_CLOUDPUSH_PPS_TOO_LARGE', this.#budget);
  readonly spsExtensions = new ParameterSetStore<AvcSpsExtension>(
    MAX_SPS,
    'ERR_CLOUDPUSH_SPS_TOO_LARGE',
    this.#budget,
  );
  readonly #spsById = (id: number): AvcSps | undefined => this.sps.get(id);
  readonly #parsePps = (nal: Uint8Array, offset: number): AvcPps => parseAvcPps(nal, this.#spsById, offset);

  put(nal: Uint8Array, offset: number): boolean {
    switch (avcNalUnitType(nal[0]!)) {
      case AvcNalUnitType.sps:
        return this.sps.add(nal, offset, parseAvcSps);
      case AvcNalUnitType.pps:
        return this.pps.add(nal, offset, this.#parsePps);
      default:
        return this.spsExtensions.add(nal, offset, parseAvcSpsExtension);
    }
  }

  knownSize(nal: Uint8Array): number {
    switch (avcNalUnitType(nal[0]!)) {
      case AvcNalUnitType.sps:
        return this.sps.knownSize(nal);
      case AvcNalUnitType.pps:
        return this.pps.knownSize(nal);
      default:
        return this.spsExtensions.knownSize(nal);
    }
  }

  retain(nals: readonly Uint8Array[]): void {
    this.sps.retain(nals);
    this.pps.retain(nals);
    this.spsExtensions.retain(nals);
  }

  get isComplete(): boolean {
    return this.sps.size > 0 && this.pps.size > 0;
  }

  get counts(): string {
    return `${this.sps.size} SPS, ${this.pps.size} PPS`;
  }
}
