// Changes that servers make to the pictures of a stream that they record: to FLV files with 4-byte lengths,
// of H.264 and H.265.

import { type FlvFileTag, FlvReader, FlvWriter, TagType } from '@cloudpush/muxer';
import { nalUnits, withLength } from './decryption.js';

/** Bytes of the tag header of H.264, and of H.265 with codec id 12. */
const headerSize = 5;

type Kind = 'slice' | 'sei' | 'delimiter' | 'other';

/** A NAL unit, and what it is. */
interface PictureUnit {
  readonly bytes: Buffer;
  readonly kind: Kind;
}

const hevcKinds: Record<number, Kind> = { 35: 'delimiter', 39: 'sei', 40: 'sei' };
const avcKinds: Record<number, Kind> = { 6: 'sei', 9: 'delimiter', 1: 'slice', 5: 'slice' };

function kindOf(bytes: Buffer, isHevc: boolean): Kind {
  const type = isHevc ? (bytes[0]! >> 1) & 63 : bytes[0]! & 31;
  if (isHevc && type < 32) return 'slice';
  return (isHevc ? hevcKinds : avcKinds)[type] ?? 'other';
}

function isPicture({ type, payload }: FlvFileTag): boolean {
  return type === TagType.video && payload[1] === 1;
}

const isKey = ({ payload }: FlvFileTag): boolean => payload[0]! >> 4 === 1;

function changedFile(file: Buffer, change: (tag: FlvFileTag) => Uint8Array | undefined): Buffer {
  const writer = new FlvWriter();
  const pieces = [writer.header()];
  for (const tag of new FlvReader().push(file)) {
    const body = change(tag);
    if (body !== undefined) pieces.push(...writer.tag({ ...tag, parts: [body], size: body.length }));
  }
  return Buffer.concat(pieces);
}

/** The file with the NAL units of its pictures changed. */
function changedPictures(
  file: Buffer,
  change: (units: PictureUnit[], isKey: boolean, index: number) => readonly PictureUnit[],
): Buffer {
  let index = 0;
  return changedFile(file, (tag) => {
    if (!isPicture(tag)) return tag.payload;
    const isHevc = (tag.payload[0]! & 15) === 12;
    const bytes = nalUnits(Buffer.from(tag.payload.subarray(headerSize)));
    const units = bytes.map((unit) => ({ bytes: unit, kind: kindOf(unit, isHevc) }));
    const changed = change(units, isKey(tag), index++).map((unit) => withLength(unit.bytes));
    return Buffer.concat([tag.payload.subarray(0, headerSize), ...changed]);
  });
}

/** The file without SEI and delimiters. */
export function withoutSei(file: Buffer): Buffer {
  return changedPictures(file, (units) => units.filter(({ kind }) => kind !== 'sei' && kind !== 'delimiter'));
}

/** The file without what is in front of the first slice of its key pictures. */
export function fromFirstSlice(file: Buffer): Buffer {
  return changedPictures(file, (units, key) =>
    key ? units.slice(units.findIndex(({ kind }) => kind === 'slice')) : units,
  );
}

/** The file with nothing in its pictures but their slices. */
export function slicesAlone(file: Buffer): Buffer {
  return changedPictures(file, (units) => units.filter(({ kind }) => kind === 'slice'));
}

/** The file from its second key picture on, with the sequence headers. */
export function fromSecondKeyPicture(file: Buffer): Buffer {
  let keys = 0;
  return changedFile(file, (tag) => {
    if (isPicture(tag) && isKey(tag)) keys++;
    const isFrame = tag.type !== TagType.scriptData && tag.payload[1] !== 0;
    return keys >= 2 || !isFrame ? tag.payload : undefined;
  });
}
