// A slow, plain reader of FLV files, for what ffmpeg 5.1 does not show: H.265, and data messages. It shares
// nothing with the project's own reader. Clauses are those of the Adobe FLV File Format 10.1, annex E, and of
// Enhanced RTMP v2, "Enhanced Video".

import { readFile } from 'node:fs/promises';

const FILE_HEADER_SIZE = 9;
const PREVIOUS_TAG_SIZE = 4;
const TAG_HEADER_SIZE = 11;
const TAG_TYPE_VIDEO = 9;
const TAG_TYPE_SCRIPT_DATA = 18;
const LEGACY_HEVC = 12;

/** One video message of a stream of H.265. Times in ms. */
interface HevcTag {
  /** Mark of the stream: the number that Chinese servers agreed on, or its FourCC. */
  form: 'legacy' | 'enhanced';
  kind: 'config' | 'sample';
  dts: number;
  pts: number;
  data: Buffer;
}

/** An FLV file's H.265 track: what its tags looked like, and its pictures as an Annex-B stream. */
export interface HevcTrack {
  forms: ('legacy' | 'enhanced')[];
  times: { dts: number; pts: number }[];
  annexB: Buffer;
}

/** A tag of a file: its timestamp in ms, and its body (E.4.1). */
export interface PlainTag {
  timestamp: number;
  body: Buffer;
}

function* bodiesOf(tagType: number, file: Buffer): Generator<PlainTag> {
  let offset = FILE_HEADER_SIZE + PREVIOUS_TAG_SIZE;
  while (offset + TAG_HEADER_SIZE <= file.length) {
    const size = file.readUIntBE(offset + 1, 3);
    const timestamp = file.readUIntBE(offset + 4, 3) + file.readUInt8(offset + 7) * 0x1000000;
    const body = file.subarray(offset + TAG_HEADER_SIZE, offset + TAG_HEADER_SIZE + size);
    if (file.readUInt8(offset) === tagType) yield { timestamp, body };
    offset += TAG_HEADER_SIZE + size + PREVIOUS_TAG_SIZE;
  }
}

/** The data messages of a file, `onMetaData` included. */
export async function scriptTags(path: string): Promise<PlainTag[]> {
  return [...bodiesOf(TAG_TYPE_SCRIPT_DATA, await readFile(path))];
}

/**
 * E.4.3, with codec id 12 for H.265: packet type 0 is the configuration, 1 a picture with its composition
 * time.
 */
function legacyTag(dts: number, body: Buffer): HevcTag {
  const codecId = body.readUInt8(0) & 0x0f;
  const packetType = body.readUInt8(1);
  if (codecId !== LEGACY_HEVC || packetType > 1)
    throw new Error(`codec id ${codecId}, packet type ${packetType}`);
  const kind = packetType === 0 ? 'config' : 'sample';
  return { form: 'legacy', kind, dts, pts: dts + body.readIntBE(2, 3), data: body.subarray(5) };
}

/**
 * ExVideoTagHeader: packet type 0 SequenceStart, 1 CodedFrames (with a composition time), 3 CodedFramesX
 * (without).
 */
function enhancedTag(dts: number, body: Buffer): HevcTag {
  const packetType = body.readUInt8(0) & 0x0f;
  const fourCc = body.toString('latin1', 1, 5);
  if (fourCc !== 'hvc1' || ![0, 1, 3].includes(packetType))
    throw new Error(`${fourCc}, packet type ${packetType}`);
  if (packetType === 0) return { form: 'enhanced', kind: 'config', dts, pts: dts, data: body.subarray(5) };
  if (packetType === 3) return { form: 'enhanced', kind: 'sample', dts, pts: dts, data: body.subarray(5) };
  return { form: 'enhanced', kind: 'sample', dts, pts: dts + body.readIntBE(5, 3), data: body.subarray(8) };
}

const START_CODE = Buffer.from([0, 0, 0, 1]);

/**
 * The parameter sets of an HEVCDecoderConfigurationRecord (ISO/IEC 14496-15 §8.3.3.1.2), and the size of its
 * lengths.
 */
function readConfig(record: Buffer): { lengthSize: number; annexB: Buffer[] } {
  const annexB: Buffer[] = [];
  let offset = 23;
  for (let array = 0; array < record.readUInt8(22); array++) {
    const count = record.readUInt16BE(offset + 1);
    offset += 3;
    for (let i = 0; i < count; i++) {
      const size = record.readUInt16BE(offset);
      annexB.push(START_CODE, record.subarray(offset + 2, offset + 2 + size));
      offset += 2 + size;
    }
  }
  return { lengthSize: (record.readUInt8(21) & 3) + 1, annexB };
}

function readSample(sample: Buffer, lengthSize: number): Buffer[] {
  const annexB: Buffer[] = [];
  for (let offset = 0; offset < sample.length; ) {
    const size = sample.readUIntBE(offset, lengthSize);
    offset += lengthSize;
    if (offset + size > sample.length)
      throw new Error(`a NAL unit of ${size} bytes at ${offset} of ${sample.length}`);
    annexB.push(START_CODE, sample.subarray(offset, offset + size));
    offset += size;
  }
  return annexB;
}

/** Reads the H.265 track of an FLV file back into a stream that any decoder takes. */
export async function readHevcTrack(path: string): Promise<HevcTrack> {
  const forms = new Set<HevcTag['form']>();
  const times: HevcTrack['times'] = [];
  const annexB: Buffer[] = [];
  let lengthSize = 0;
  for (const { timestamp, body } of bodiesOf(TAG_TYPE_VIDEO, await readFile(path))) {
    const isEnhanced = (body.readUInt8(0) & 0x80) !== 0;
    const { form, kind, dts, pts, data } = isEnhanced
      ? enhancedTag(timestamp, body)
      : legacyTag(timestamp, body);
    forms.add(form);
    if (kind === 'config') {
      const config = readConfig(data);
      lengthSize = config.lengthSize;
      annexB.push(...config.annexB);
    } else {
      if (lengthSize === 0) throw new Error('a picture before any configuration');
      times.push({ dts, pts });
      annexB.push(...readSample(data, lengthSize));
    }
  }
  return { forms: [...forms], times, annexB: Buffer.concat(annexB) };
}
