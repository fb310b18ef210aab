import type { MuxerFault } from '@cloudpush/muxer';
import type { RtmpStage } from '@cloudpush/transport';
import { ErrorCode, errorNumber } from '../base/error-codes.js';
import type { CloudPushError } from '../base/errors.js';
import { E_SV_EVENT_TYPE as Event } from './event-type.js';

/** An event as the callback gets it. */
export interface ErrorEvent {
  readonly type: Event;
  readonly wparam: number;
}

/** Causes that are an event of their own, whichever step they arise in. */
const EVENT_OF_CODE: Readonly<Record<string, Event>> = {
  ERR_CLOUDPUSH_INVALID_URL: Event.RTMP_INVALID_URL,
  ERR_CLOUDPUSH_SET_TIMEOUT: Event.RTMP_SET_TIMEOUT_FAILED,
  ERR_CLOUDPUSH_INVALID_OPTION: Event.RTMP_INVALID_PARAMETER,
  ERR_CLOUDPUSH_CODEC_REFUSED: Event.RTMP_PUBLISH_STREAM_FAILED,
  ERR_CLOUDPUSH_PACKET_TOO_LARGE: Event.RTMP_INVALID_PARAMETER,
  ERR_CLOUDPUSH_TOKEN_SERVER_UNREACHABLE: Event.RTMP_SOCKET_CONNECT_FAILED,
  ERR_CLOUDPUSH_TOKEN_SERVER_TLS: Event.RTMP_SOCKET_CONNECT_FAILED,
  ERR_CLOUDPUSH_TOKEN_TIMEOUT: Event.RTMP_SOCKET_CONNECT_FAILED,
  ERR_CLOUDPUSH_TOKEN_SERVER_STATUS: Event.RTMP_CONNECT_APP_FAILED,
  ERR_CLOUDPUSH_TOKEN_REJECTED: Event.RTMP_CONNECT_APP_FAILED,
  ERR_CLOUDPUSH_TOKEN_REPLY_INVALID: Event.RTMP_INVALID_URL,
};

/** Packets that were refused for what is in them. */
const EVENT_OF_FAULT: Readonly<Record<MuxerFault, Event>> = {
  argument: Event.RTMP_INVALID_PARAMETER,
  timestamp: Event.RTMP_INVALID_PARAMETER,
  video: Event.RTMP_VIDEO_DATA_ERROR,
  noParameterSets: Event.RTMP_SEND_VIDEO_NO_SPS_PPS,
  parameterSetMismatch: Event.RTMP_SEND_ERROR_SPS_PPS,
  sps: Event.RTMP_SEND_ERROR_SPS,
  pps: Event.RTMP_SEND_ERROR_PPS,
  vps: Event.RTMP_SEND_ERROR_VPS,
  adts: Event.RTMP_AUDIO_ADTS_DATA_ERROR,
  audio: Event.RTMP_AUDIO_DATA_ERROR,
  file: Event.RTMP_INVALID_PARAMETER,
};

/** Connections that could not be made, by the step that failed, and connections that were lost. */
const EVENT_OF_STAGE: Readonly<Record<RtmpStage, Event>> = {
  url: Event.RTMP_INVALID_URL,
  dns: Event.RTMP_CONNECT_DNS_RESOVLE_FAILED,
  socket: Event.RTMP_SOCKET_CONNECT_FAILED,
  proxy: Event.RTMP_SOCKET_CONNECT_FAILED,
  tls: Event.RTMP_SOCKET_CONNECT_FAILED,
  handshake: Event.RTMP_HANDSHAKE_FAILED,
  connect: Event.RTMP_CONNECT_APP_FAILED,
  'create-stream': Event.RTMP_PUBLISH_STREAM_FAILED,
  publish: Event.RTMP_PUBLISH_STREAM_FAILED,
  publishing: Event.RTMP_SEND_THREAD_EXIT_WITH_ERROR,
  // The engine plays nothing.
  play: Event.RTMP_SEND_THREAD_EXIT_WITH_ERROR,
  playing: Event.RTMP_SEND_THREAD_EXIT_WITH_ERROR,
  close: Event.RTMP_SEND_THREAD_EXIT_WITH_ERROR,
  message: Event.RTMP_INVALID_PARAMETER,
};

/** Ends that the caller has asked for are no errors. */
const ASKED_FOR: readonly string[] = [
  'ERR_CLOUDPUSH_ABORTED',
  'ERR_CLOUDPUSH_CHANNEL_CLOSED',
  'ERR_CLOUDPUSH_ENGINE_CLOSED',
];

/** These say all by their type. */
const WITHOUT_NUMBER: readonly Event[] = [
  Event.RTMP_SEND_VIDEO_NO_SPS_PPS,
  Event.RTMP_SEND_ERROR_SPS_PPS,
  Event.RTMP_SEND_ERROR_SPS,
  Event.RTMP_SEND_ERROR_PPS,
];

/** The event of a packet, or of metadata, that was refused. */
export function refusalEvent(error: CloudPushError): ErrorEvent {
  const type = EVENT_OF_FAULT[error.details['fault'] as MuxerFault] ?? EVENT_OF_CODE[error.code];
  return withNumber(type ?? Event.RTMP_INVALID_PARAMETER, error);
}

/**
 * The event of a connection that could not be made, or was lost; undefined for an end that the caller has
 * asked for.
 */
export function endEvent(error: CloudPushError): ErrorEvent | undefined {
  const { code, details } = error;
  if (ASKED_FOR.includes(code)) return undefined;
  const byCode = code === 'ERR_CLOUDPUSH_INVALID_PARAMETER' ? ofParameter(details) : EVENT_OF_CODE[code];
  const type = byCode ?? EVENT_OF_STAGE[details['stage'] as RtmpStage];
  return withNumber(type ?? Event.RTMP_SEND_THREAD_EXIT_WITH_ERROR, error);
}

/** A time-out that cannot be what it is told to be has an event of its own. */
function ofParameter({ parameter }: CloudPushError['details']): Event {
  const isTimeout = typeof parameter === 'string' && parameter.endsWith('Timeout');
  return isTimeout ? Event.RTMP_SET_TIMEOUT_FAILED : Event.RTMP_INVALID_PARAMETER;
}

function withNumber(type: Event, { code }: CloudPushError): ErrorEvent {
  if (WITHOUT_NUMBER.includes(type)) return { type, wparam: 0 };
  return { type, wparam: errorNumber(code) ?? ErrorCode.ERR_CLOUDPUSH_INTERNAL };
}
