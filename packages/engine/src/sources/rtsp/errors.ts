import { CloudPushError, type ErrorClass } from '../../base/errors.js';
import type { RtspErrorCode } from '../../base/rtsp-error-codes.js';

export { type RtspErrorCode, rtspErrorCodes } from '../../base/rtsp-error-codes.js';

const classes: Readonly<Record<RtspErrorCode, ErrorClass>> = {
  ERR_CLOUDPUSH_RTSP_URL: 'fatal',
  ERR_CLOUDPUSH_RTSP_PROTOCOL: 'retryable',
  ERR_CLOUDPUSH_RTSP_LIMIT: 'retryable',
  ERR_CLOUDPUSH_RTSP_AUTH: 'auth',
  ERR_CLOUDPUSH_RTSP_STATUS: 'retryable',
  ERR_CLOUDPUSH_RTSP_TIMEOUT: 'retryable',
  ERR_CLOUDPUSH_RTSP_REDIRECT: 'fatal',
  ERR_CLOUDPUSH_RTSP_SESSION_LOST: 'retryable',
  ERR_CLOUDPUSH_RTSP_CLOSED: 'retryable',
  ERR_CLOUDPUSH_RTSP_SDP: 'retryable',
  ERR_CLOUDPUSH_RTSP_NO_MEDIA: 'fatal',
  ERR_CLOUDPUSH_RTSP_TRANSPORT: 'fatal',
};

/** An error of the RTSP client. `message` and `details` must hold no credentials. */
export function rtspError(
  code: RtspErrorCode,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): CloudPushError {
  return new CloudPushError(code, message, { class: classes[code], details });
}
