import { resolveControl } from '../message/rtsp-url.js';
import { audioFormatOf } from './audio-format.js';
import { type MediaDescription, rtpMapOf, type SessionDescription } from './session-description.js';
import type { TrackFormat, UnsupportedFormat } from './track-format.js';
import { h264FormatOf, h265FormatOf } from './video-format.js';

/** One track that a camera offers. */
export interface TrackDescription {
  /** Position among the media descriptions; names the track in every call. */
  readonly index: number;
  readonly kind: 'video' | 'audio' | 'other';
  readonly payloadType: number;
  /** Ticks of the RTP timestamps in a second. */
  readonly clockRate: number;
  readonly format: TrackFormat;
  /** URL for SETUP. */
  readonly controlUrl: string;
}

/** The tracks of a session description; `baseUrl` is what relative control attributes are relative to. */
export function describeTracks(session: SessionDescription, baseUrl: string): TrackDescription[] {
  return session.media.map((media, index) => describeTrack(media, index, baseUrl));
}

function describeTrack(media: MediaDescription, index: number, baseUrl: string): TrackDescription {
  const kind = media.type === 'video' || media.type === 'audio' ? media.type : 'other';
  const controlUrl = resolveControl(baseUrl, media.control);
  let refused: TrackDescription | undefined;
  for (const payloadType of media.payloadTypes) {
    const format = formatOf(media, payloadType);
    const clockRate = rtpMapOf(media, payloadType)?.clockRate ?? 90_000;
    const track = { index, kind, payloadType, clockRate, format, controlUrl } as const;
    if (format.codec !== 'unsupported') return track;
    refused ??= track;
  }
  return refused ?? { index, kind, payloadType: 0, clockRate: 90_000, format: notRtp(media), controlUrl };
}

function formatOf(media: MediaDescription, payloadType: number): TrackFormat {
  const map = rtpMapOf(media, payloadType);
  if (map === undefined) {
    return unsupported(`payload type ${payloadType}`, 'it has no rtpmap');
  }
  const parameters = media.formatParameters.get(payloadType) ?? new Map<string, string>();
  if (media.type === 'video' && map.encoding === 'H264') return h264FormatOf(parameters);
  if (media.type === 'video' && map.encoding === 'H265') return h265FormatOf(parameters);
  if (media.type === 'audio') return audioFormatOf(map, parameters);
  return unsupported(map.encoding, 'the encoding is not supported');
}

function notRtp(media: MediaDescription): UnsupportedFormat {
  return unsupported(media.type, 'it has no RTP payload type');
}

function unsupported(encoding: string, reason: string): UnsupportedFormat {
  return { codec: 'unsupported', encoding, reason };
}
