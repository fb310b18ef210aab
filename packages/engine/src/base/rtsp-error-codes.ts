/** Causes for which an RTSP source fails. */
export const rtspErrorCodes = {
  /** The URL is not an RTSP URL, or names no host. */
  url: 'ERR_CLOUDPUSH_RTSP_URL',
  /** The camera sent something that is not RTSP, or answered a request in a way that makes no sense. */
  protocol: 'ERR_CLOUDPUSH_RTSP_PROTOCOL',
  /** A message of the camera is larger than a limit permits. */
  limit: 'ERR_CLOUDPUSH_RTSP_LIMIT',
  /** The credentials are missing or wrong, or the camera wants a scheme that is not supported. */
  auth: 'ERR_CLOUDPUSH_RTSP_AUTH',
  /** The camera refused a request; `details.status` is its status code. */
  status: 'ERR_CLOUDPUSH_RTSP_STATUS',
  /** The camera did not answer a request in time. */
  timeout: 'ERR_CLOUDPUSH_RTSP_TIMEOUT',
  /** More redirects than permitted, or one that may not be followed. */
  redirect: 'ERR_CLOUDPUSH_RTSP_REDIRECT',
  /** The camera no longer knows the session. */
  sessionLost: 'ERR_CLOUDPUSH_RTSP_SESSION_LOST',
  /** The camera closed the connection, or ended the stream. */
  closed: 'ERR_CLOUDPUSH_RTSP_CLOSED',
  /** The session description cannot be read. */
  sdp: 'ERR_CLOUDPUSH_RTSP_SDP',
  /** The camera offers no track of a wanted kind and a supported codec. */
  noMedia: 'ERR_CLOUDPUSH_RTSP_NO_MEDIA',
  /** The camera and the options have no transport in common. */
  transport: 'ERR_CLOUDPUSH_RTSP_TRANSPORT',
} as const;
/** Error codes of RTSP sources. */
export type RtspErrorCode = (typeof rtspErrorCodes)[keyof typeof rtspErrorCodes];
