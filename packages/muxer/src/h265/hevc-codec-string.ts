import type { ProfileTierLevel } from './profile-tier-level.js';

/** The RFC 6381 name of an H.265 stream (ISO/IEC 14496-15 §E.3), such as `hvc1.1.6.L93.90`. */
export function hevcCodecString(ptl: ProfileTierLevel): string {
  const space = ['', 'A', 'B', 'C'][ptl.profileSpace]!;
  const tier = ptl.tierFlag === 1 ? 'H' : 'L';
  const parts = [
    'hvc1',
    `${space}${ptl.profileIdc}`,
    reverseBits(ptl.compatibilityFlags),
    `${tier}${ptl.levelIdc}`,
  ];
  let last = ptl.constraintFlags.length;
  while (last > 0 && ptl.constraintFlags[last - 1] === 0) last--;
  for (let i = 0; i < last; i++) parts.push(ptl.constraintFlags[i]!.toString(16).toUpperCase());
  return parts.join('.');
}

/** The compatibility flags are written in reverse bit order, in hexadecimal. */
function reverseBits(flags: number): string {
  let reversed = 0;
  for (let i = 0; i < 32; i++) if (((flags >>> i) & 1) === 1) reversed |= 1 << (31 - i);
  return (reversed >>> 0).toString(16).toUpperCase();
}
