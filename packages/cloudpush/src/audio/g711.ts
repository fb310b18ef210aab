/** The 16-bit samples that the bytes of G.711 stand for (ITU-T G.711, tables 1a to 2b), by companding law. */
const TABLES = { g711a: tableOf(aLawSample), g711u: tableOf(muLawSample) } as const;

/** The companding laws of G.711: A-law and µ-law. */
export type G711Law = keyof typeof TABLES;

/** Decodes samples of G.711 to 16 bits. */
export function decodeG711(law: G711Law, bytes: Uint8Array): Int16Array {
  const table = TABLES[law];
  const samples = new Int16Array(bytes.length);
  for (let index = 0; index < bytes.length; index++) samples[index] = table[bytes[index]!]!;
  return samples;
}

function tableOf(sampleOf: (byte: number) => number): Int16Array {
  return Int16Array.from({ length: 256 }, (_, byte) => sampleOf(byte));
}

/** Segments of 16 steps, each twice as wide as the one before but for the first two. */
function aLawSample(byte: number): number {
  const { sign, segment, step } = partsOf(byte ^ 0x55);
  const level = segment === 0 ? step * 16 + 8 : (step * 16 + 264) << (segment - 1);
  return sign === 0 ? -level : level;
}

/** All bits are inverted; the first segment begins at 0. */
function muLawSample(byte: number): number {
  const { sign, segment, step } = partsOf(~byte);
  const level = ((step * 8 + 132) << segment) - 132;
  return sign === 0 ? level : -level;
}

function partsOf(byte: number) {
  return { sign: byte & 0x80, segment: (byte >> 4) & 7, step: byte & 15 };
}
