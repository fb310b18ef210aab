import { createHash } from 'node:crypto';
import type { SourcePacket } from '@cloudpush/engine/sources';
import type { DemuxedUnit } from '@cloudpush/muxer';
import { nalUnits, nalUnitType } from './nal-units.js';

/** nal_unit_type values of parameter sets: 14496-10 table 7-1, 23008-2 table 7-1. */
const PARAMETER_SETS = { h264: new Set([7, 8, 13, 15]), h265: new Set([32, 33, 34]) };

/**
 * The decoder's knowledge of a track when a frame is sent: the parameter sets of H.264 and H.265, the
 * AudioSpecificConfig of AAC. A frame that arrives unchanged plays only under the configuration that it was
 * made with.
 */
export class SentConfiguration {
  /** Parameter sets in force, by nal_unit_type: later ones take the place of those of their type. */
  readonly #sets = new Map<number, string[]>();
  #text = '';

  /** In a form that can be compared; empty: a decoder was told nothing. */
  get text(): string {
    return this.#text;
  }

  /**
   * Takes in what a packet brings along: parameter sets in front of a picture, the header of an ADTS frame.
   */
  see({ codec, data }: Pick<SourcePacket, 'codec' | 'data'>): void {
    if (codec === 'aac') {
      this.#text = audioSpecificConfig(data);
    } else if (codec === 'h264' || codec === 'h265') {
      const found = parameterSets(codec, data);
      for (const [type, sets] of found) this.#sets.set(type, sets);
      if (found.size > 0) this.#text = digest([...this.#sets.values()].flat());
    }
  }
}

/**
 * The same as a recording tells it. The sequence header counts: players ask for it, and many look at no
 * other. What pictures bring along beside it must be no other than what it says.
 */
export class ReceivedConfiguration {
  #sets: string[] = [];
  #text = '';
  #contradiction = '';

  /** As that of `SentConfiguration`. */
  get text(): string {
    return this.#text === '' ? '' : this.#text + this.#contradiction;
  }

  /** Takes in a sequence header, which replaces everything before it. */
  seeSequenceHeader({ codec, data }: Pick<DemuxedUnit, 'codec' | 'data'>): void {
    this.#contradiction = '';
    if (codec === 'h264' || codec === 'h265') {
      this.#sets = [...parameterSets(codec, data).values()].flat();
      this.#text = digest(this.#sets);
    } else {
      this.#text = hex(data);
    }
  }

  /** Takes in the parameter sets that a picture brings along. */
  seeSample({ codec, data }: Pick<DemuxedUnit, 'codec' | 'data'>): void {
    if (codec === 'h264' || codec === 'h265') {
      const others = [...parameterSets(codec, data).values()]
        .flat()
        .filter((set) => !this.#sets.includes(set));
      if (others.length > 0) {
        this.#contradiction = ` and ${digest(others)}`;
      }
    }
  }
}

/** The parameter sets of an Annex-B byte stream in hex, by nal_unit_type. */
function parameterSets(codec: 'h264' | 'h265', data: Uint8Array): Map<number, string[]> {
  const found = new Map<number, string[]>();
  for (const unit of nalUnits(data)) {
    const type = nalUnitType(codec, unit);
    if (PARAMETER_SETS[codec].has(type)) found.set(type, [...(found.get(type) ?? []), hex(unit)]);
  }
  return found;
}

/** In whatever order the sets came. */
function digest(sets: readonly string[]): string {
  return createHash('sha256').update(sets.toSorted().join()).digest('base64');
}

function hex(data: Uint8Array): string {
  return Buffer.from(data).toString('hex');
}

/**
 * The AudioSpecificConfig (14496-3 1.6.2.1) that goes with an ADTS header (1.A.2.2), in hex: object type,
 * sampling frequency and channels, then zeros for frames of 1024 samples without extensions.
 */
function audioSpecificConfig(adts: Uint8Array): string {
  const objectType = (adts[2]! >> 6) + 1;
  const samplingFrequencyIndex = (adts[2]! >> 2) & 15;
  const channelConfiguration = ((adts[2]! & 1) << 2) | (adts[3]! >> 6);
  const bits = (objectType << 11) | (samplingFrequencyIndex << 7) | (channelConfiguration << 3);
  return bits.toString(16).padStart(4, '0');
}
