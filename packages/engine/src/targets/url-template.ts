import { createHash } from 'node:crypto';
import { CloudPushError } from '../base/errors.js';
import { invalidParameter } from '../base/validation.js';
import type { TargetRequest } from './target-request.js';

/**
 * The names that are filled in. One ends where no letter or digit follows, so that `$streamname_$time` holds
 * two. Other words behind a dollar sign stay as they are: stream keys and passwords may hold them.
 */
const PLACEHOLDER = /\$(appname|streamname|time)(?![A-Za-z\d])/g;

const DEFAULT_APP_NAME = 'live';

/**
 * Fills in `$appname` and `$streamname`, each as one segment of the path, percent-encoded where it must be
 * (RFC 3986 §3.3). `$time` stays: it is another one for every connection and every segment.
 *
 * `$appname` is `live` unless the request says otherwise. `$streamname` is the device's serial number; for a
 * device token, `device-` and 16 hexadecimal digits that are always the same for this token and do not tell
 * it; for a URL it has no default.
 * @throws CloudPushError `ERR_CLOUDPUSH_INVALID_PARAMETER` when a name cannot be a segment;
 *   `ERR_CLOUDPUSH_INVALID_URL` when a URL asks for a stream name and there is none.
 */
export function withNames(template: string, request: TargetRequest): string {
  return template.replace(PLACEHOLDER, (placeholder, name: string) => {
    if (name === 'time') return placeholder;
    return name === 'appname'
      ? segment('appname', request.appname ?? DEFAULT_APP_NAME)
      : segment('streamname', streamNameOf(request));
  });
}

/**
 * Fills in `$time`.
 * @param time of the connection or the segment, in ms since 1970.
 */
export function withTime(template: string, time: number): string {
  return template.replace(PLACEHOLDER, (placeholder, name: string) =>
    name === 'time' ? String(Math.trunc(time)) : placeholder,
  );
}

function streamNameOf(request: TargetRequest): string {
  if (request.streamname !== undefined) return request.streamname;
  if (request.kind === 'device' || request.kind === 'live') return request.deviceSN;
  if (request.kind === 'deviceToken') return nameFromToken(request.deviceToken);
  const message = 'the push URL asks for $streamname, and the request names none; permitted: streamname';
  throw new CloudPushError('ERR_CLOUDPUSH_INVALID_URL', message, { class: 'fatal' });
}

function nameFromToken(deviceToken: string): string {
  const hash = createHash('sha256').update(`cloudpush stream name\0${deviceToken}`).digest('hex');
  return `device-${hash.slice(0, 16)}`;
}

/** Colons stay: they are permitted in a segment, and serial numbers that are hardware addresses hold them. */
function segment(field: string, name: string): string {
  if (name === '' || name === '.' || name === '..' || /[\p{Cc}\p{Cs}]/u.test(name)) {
    const permitted = 'a text without control characters that is neither empty nor made of dots';
    throw invalidParameter(field, name, permitted);
  }
  return encodeURIComponent(name).replaceAll('%3A', ':');
}
