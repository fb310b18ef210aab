import { AvcNalUnitType, avcNalUnitType, HevcNalUnitType, hevcNalUnitType } from '@cloudpush/muxer';

/**
 * The codec as browsers are told it (RFC 6381 §3.4, ISO/IEC 14496-15 annex E): `avc1.64001F`,
 * `hvc1.1.6.L93.B0`.
 * @param nalUnits parameter sets, without start codes; undefined where the one that tells is not among them
 */
export function codecString(codec: 'h264' | 'h265', nalUnits: readonly Uint8Array[]): string | undefined {
  return codec === 'h264' ? avcString(nalUnits) : hevcString(nalUnits);
}

/** profile_idc, constraint flags and level_idc are the bytes behind the header (H.264 7.3.2.1.1). */
function avcString(nalUnits: readonly Uint8Array[]): string | undefined {
  const sps = nalUnits.find((unit) => unit.length > 3 && avcNalUnitType(unit[0]!) === AvcNalUnitType.sps);
  return sps && `avc1.${hex(sps.subarray(1, 4)).toUpperCase()}`;
}

/** profile_tier_level begins at the second byte behind the header (H.265 7.3.2.2.1, 7.3.3). */
function hevcString(nalUnits: readonly Uint8Array[]): string | undefined {
  const sps = nalUnits.find((unit) => unit.length > 15 && hevcNalUnitType(unit[0]!) === HevcNalUnitType.sps);
  if (sps === undefined) return undefined;
  const bytes = withoutEmulationPrevention(sps.subarray(2, 24)).subarray(1);
  const first = bytes[0]!;
  const space = ['', 'A', 'B', 'C'][first >> 6];
  const tier = (first & 0x20) === 0 ? 'L' : 'H';
  const compatibility = reversedBits(Buffer.from(bytes).readUInt32BE(1)).toString(16).toUpperCase();
  const constraints = [...bytes.subarray(5, 11)];
  while (constraints.at(-1) === 0) constraints.pop();
  const parts = constraints.map((byte) => byte.toString(16).toUpperCase());
  return ['hvc1', `${space}${first & 0x1f}`, compatibility, `${tier}${bytes[11]}`, ...parts].join('.');
}

function reversedBits(value: number): number {
  let result = 0;
  for (let bit = 0; bit < 32; bit++) result = result * 2 + (Math.floor(value / 2 ** bit) % 2);
  return result;
}

/** H.265 7.3.1.1: a 3 behind two zeros stands for nothing. */
function withoutEmulationPrevention(bytes: Uint8Array): Uint8Array {
  return bytes.filter((byte, at) => !(byte === 3 && bytes[at - 1] === 0 && bytes[at - 2] === 0));
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
