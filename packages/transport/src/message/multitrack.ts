import { bitsAbove, joinBits, lowestBits } from '../bits/fields.js';
import { readUint24 } from '../bits/uint.js';
import { RtmpError, RtmpErrorCode } from '../errors.js';
import { legacyCodec } from './codecs.js';
import { cutOff } from './errors.js';
import {
  type ExHeader,
  exHeaderStart,
  hasExHeader,
  multitrackPacketType,
  PacketType,
  readExHeader,
} from './ex-header.js';
import { type MediaMessage, MessageType } from './type.js';

const WHAT = 'a multitrack body';

/** AvMultitrackType (Enhanced RTMP v2). */
const MultitrackType = { oneTrack: 0, manyTracks: 1, manyTracksManyCodecs: 2 } as const;

/** The track of a multitrack message (Enhanced RTMP v2). */
export interface TrackOptions {
  /** 0 (the default track) to 255. Left out: no multitrack header, for a nanosecond offset alone. */
  readonly trackId?: number;
  /** Nanoseconds after the message's timestamp: 0 to 999,999. */
  readonly nanosecondOffset?: number;
}

/** The enhanced form of a legacy header: what it begins with, and how much of the legacy body it replaces. */
interface EnhancedForm extends ExHeader {
  readonly fourCc: string;
}

/**
 * The same message as one track of several, or with a nanosecond offset, or both. A legacy body (AVC, HEVC id
 * 12, AAC, MP3) gets its enhanced form, which these features need. The payload is not copied: a new header
 * goes in front of a view of it.
 * @throws RtmpError `ERR_CLOUDPUSH_INVALID_OPTION`, `ERR_CLOUDPUSH_PROTOCOL` when the body is no audio or
 *   video that is known
 */
export function withTrack(message: MediaMessage, options: TrackOptions): MediaMessage {
  const { trackId, nanosecondOffset = 0 } = options;
  const [first, ...rest] = message.parts;
  if (first === undefined) throw unknownBody('nothing');
  const form = enhancedForm(message.type, first);
  const outer = trackId === undefined ? form.packetType : multitrackPacketType(message.type);
  const header = exHeaderStart(form.lead, outer, nanosecondOffset);
  if (trackId !== undefined) header.push(joinBits(MultitrackType.oneTrack, form.packetType, 4));
  for (let i = 0; i < 4; i++) header.push(form.fourCc.charCodeAt(i));
  if (trackId !== undefined) header.push(checkTrackId(trackId));
  const bytes = Buffer.from(header);
  const parts = [bytes, first.subarray(form.position), ...rest];
  const size = message.size + bytes.length - form.position;
  return { type: message.type, timestamp: message.timestamp, parts, size, headroom: 0 };
}

/** One track's part of a message. */
export interface TrackPacket {
  /** Undefined: the message is not multitrack. */
  readonly trackId: number | undefined;
  readonly fourCc: string;
  readonly packetType: number;
  readonly nanosecondOffset: number;
  /** A view: what follows the FourCC, composition time offset included. */
  readonly body: Uint8Array;
}

/**
 * Takes an enhanced tag body apart into its tracks, whatever the multitrack type.
 * @throws RtmpError `ERR_CLOUDPUSH_PROTOCOL`
 */
export function readTracks(messageType: number, body: Uint8Array): TrackPacket[] {
  const header = readExHeader(body);
  const { packetType, nanosecondOffset } = header;
  let position = header.position;
  if (packetType !== multitrackPacketType(messageType)) {
    const fourCc = readFourCc(body, position);
    return [{ trackId: undefined, fourCc, packetType, nanosecondOffset, body: body.subarray(position + 4) }];
  }
  if (position >= body.length) throw cutOff(WHAT, body.length, position + 1);
  const kind = bitsAbove(body[position]!, 4);
  const inner = lowestBits(body[position]!, 4);
  position += 1;
  let fourCc = '';
  if (kind !== MultitrackType.manyTracksManyCodecs) {
    fourCc = readFourCc(body, position);
    position += 4;
  }
  const tracks: TrackPacket[] = [];
  do {
    if (kind === MultitrackType.manyTracksManyCodecs) {
      fourCc = readFourCc(body, position);
      position += 4;
    }
    const sized = kind !== MultitrackType.oneTrack;
    const start = position + (sized ? 4 : 1);
    if (start > body.length) throw cutOff(WHAT, body.length, start);
    const size = sized ? readUint24(body, position + 1) : body.length - start;
    if (start + size > body.length) throw cutOff(WHAT, body.length, start + size);
    const trackId = body[position]!;
    tracks.push({
      trackId,
      fourCc,
      packetType: inner,
      nanosecondOffset,
      body: body.subarray(start, start + size),
    });
    position = start + size;
  } while (position < body.length);
  return tracks;
}

function enhancedForm(messageType: number, body: Uint8Array): EnhancedForm {
  if (hasExHeader(messageType, body)) {
    const header = readExHeader(body);
    if (header.packetType === multitrackPacketType(messageType)) throw unknownBody('multitrack already');
    return { ...header, fourCc: readFourCc(body, header.position), position: header.position + 4 };
  }
  const first = body[0] ?? 0;
  if (messageType === MessageType.video) return legacyVideo(first, body);
  if (messageType === MessageType.audio) return legacyAudio(first, body);
  throw unknownBody(`message type ${messageType}`);
}

function legacyVideo(first: number, body: Uint8Array): EnhancedForm {
  const codecId = lowestBits(first, 4);
  const codec = legacyCodec('video', codecId);
  const packetType = body[1];
  if (codec === undefined || packetType === undefined) throw unknownBody(`video codec id ${codecId}`);
  // Only coded frames have a composition time offset in their enhanced form; else three bytes of zeros go.
  const position = packetType === PacketType.codedFrames ? 2 : 5;
  return { lead: 0x80 | (first & 0x70), packetType, nanosecondOffset: 0, position, fourCc: codec.fourCc };
}

function legacyAudio(first: number, body: Uint8Array): EnhancedForm {
  const soundFormat = bitsAbove(first, 4);
  const codec = legacyCodec('audio', soundFormat);
  // AAC alone has a packet type of its own (FLV 10.1, annex E.4.2.1).
  const typed = codec?.fourCc === 'mp4a';
  if (codec === undefined || (typed && body.length < 2)) throw unknownBody(`sound format ${soundFormat}`);
  const packetType = typed ? body[1]! : PacketType.codedFrames;
  return { lead: 0x90, packetType, nanosecondOffset: 0, position: typed ? 2 : 1, fourCc: codec.fourCc };
}

function readFourCc(body: Uint8Array, position: number): string {
  if (position + 4 > body.length) throw cutOff(WHAT, body.length, position + 4);
  return String.fromCharCode(...body.subarray(position, position + 4));
}

function checkTrackId(trackId: number): number {
  if (Number.isInteger(trackId) && trackId >= 0 && trackId <= 255) return trackId;
  throw new RtmpError(
    RtmpErrorCode.invalidOption,
    'message',
    `the track id is ${trackId}, permitted: 0 to 255`,
    {
      details: { actual: trackId, permitted: '0 to 255' },
    },
  );
}

function unknownBody(actual: string): RtmpError {
  const permitted = 'enhanced audio or video, AVC, HEVC, AAC or MP3';
  return new RtmpError(
    RtmpErrorCode.protocol,
    'message',
    `a track cannot be made from ${actual}, permitted: ${permitted}`,
    {
      class: 'fatal',
      details: { actual, permitted },
    },
  );
}
