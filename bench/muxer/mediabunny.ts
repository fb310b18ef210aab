import { pathToFileURL } from 'node:url';

interface NalUnitLocation {
  readonly offset: number;
  readonly length: number;
}

interface CodecData {
  iterateNalUnitsInAnnexB(data: Uint8Array): Iterable<NalUnitLocation>;
  concatNalUnitsInLengthPrefixed(nalUnits: Uint8Array[], lengthSize: 4): Uint8Array;
}

/**
 * The steps of mediabunny for an Annex-B packet before it writes it: find NAL units, put lengths in front, in
 * a new body. It is no dependency: MEDIABUNNY names the folder of an installed package.
 */
export async function loadMediabunny(): Promise<((data: Uint8Array) => Uint8Array) | undefined> {
  const folder = process.env['MEDIABUNNY'];
  if (folder === undefined) return undefined;
  const codecData = (await import(
    pathToFileURL(`${folder}/dist/modules/src/codec-data.js`).href
  )) as CodecData;
  return (data) => {
    const nalUnits: Uint8Array[] = [];
    for (const { offset, length } of codecData.iterateNalUnitsInAnnexB(data)) {
      nalUnits.push(data.subarray(offset, offset + length));
    }
    return codecData.concatNalUnitsInLengthPrefixed(nalUnits, 4);
  };
}
