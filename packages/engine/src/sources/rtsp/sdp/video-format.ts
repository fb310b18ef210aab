import { avcNalUnitType, hevcNalUnitType, isAvcParameterSet, isHevcParameterSet } from '@cloudpush/muxer';
import type { H264Format, H265Format, UnsupportedFormat } from './track-format.js';

type Parameters = ReadonlyMap<string, string>;

/** Parameter sets read from one description, and bytes of each: real ones have 10 to 100. */
const MAX_PARAMETER_SETS = 64;
const MAX_PARAMETER_SET_BYTES = 4096;

/** Reads the format parameters of H.264 (RFC 6184 §8.1). */
export function h264FormatOf(parameters: Parameters): H264Format | UnsupportedFormat {
  const mode = parameters.get('packetization-mode') ?? '0';
  if (mode !== '0' && mode !== '1') {
    const reason = `packetization-mode ${mode} (interleaved) is not supported; 0 and 1 are`;
    return { codec: 'unsupported', encoding: 'H264', reason };
  }
  const sets = nalUnitsOf(parameters.get('sprop-parameter-sets'));
  return { codec: 'h264', parameterSets: sets.filter((set) => isAvcParameterSet(avcNalUnitType(set[0]!))) };
}

/** Reads the format parameters of H.265 (RFC 7798 §7.1). */
export function h265FormatOf(parameters: Parameters): H265Format {
  const sets = ['sprop-vps', 'sprop-sps', 'sprop-pps'].flatMap((name) => nalUnitsOf(parameters.get(name)));
  const maxDonDiff = Number(parameters.get('sprop-max-don-diff') ?? 0);
  return {
    codec: 'h265',
    parameterSets: sets.filter((set) => set.length > 2 && isHevcParameterSet(hevcNalUnitType(set[0]!))),
    hasDecodingOrder: maxDonDiff > 0,
  };
}

/** Comma-separated base64. Some cameras put start codes in front; what is no NAL unit is left out. */
function nalUnitsOf(list: string | undefined): Uint8Array[] {
  const texts = (list ?? '').split(',', MAX_PARAMETER_SETS).map((text) => text.trim());
  return texts
    .map((text) => withoutStartCode(Buffer.from(text, 'base64')))
    .filter(({ length }) => length > 1 && length <= MAX_PARAMETER_SET_BYTES);
}

function withoutStartCode(bytes: Uint8Array): Uint8Array {
  const one = bytes.indexOf(1);
  const isStartCode = (one === 2 || one === 3) && bytes.subarray(0, one).every((byte) => byte === 0);
  return isStartCode ? bytes.subarray(one + 1) : bytes;
}
