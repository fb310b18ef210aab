import { createHash } from 'node:crypto';
import { parseRtmpUrl } from '@cloudpush/transport';
import { streamPlace } from '../targets/stream-place.js';
import type { TargetRequest } from '../targets/target-request.js';

/** Where a destination leads: its part of the spool is named after it. */
export interface SpooledPlace {
  readonly url?: string | undefined;
  readonly target?: TargetRequest | undefined;
  /** Instead of the one in the URL. */
  readonly streamName?: string | undefined;
}

/** The name of a destination's part of the spool: the same after a restart, readable, and without secrets. */
export function spooledName({ url, target, streamName }: SpooledPlace): string {
  return url === undefined ? nameOfRequest(target!) : nameOfUrl(url, streamName);
}

/** Servers of one machine differ in their ports. A stream name that is a key stands there as its hash. */
function nameOfUrl(url: string, given: string | undefined): string {
  const { host, app, streamName, tcUrl } = parseRtmpUrl(url);
  const name = (given ?? streamName).split('?', 1)[0]!;
  const isShown = streamPlace(`rtmp://${host}/${app}/${name}`)?.stream.endsWith(name) === true;
  return `${tcUrl.replace(/^rtmps?:\/\//, '')}/${isShown ? name : hashOf(name)}`;
}

function nameOfRequest(request: TargetRequest): string {
  const { appname = '', streamname = '' } = request;
  const names = `${appname}/${streamname}`;
  switch (request.kind) {
    case 'url':
      return `${nameOfUrl(request.url, undefined)} ${names}`;
    case 'device':
    case 'live':
      return `${request.kind} ${request.deviceSN} ${names}`;
    case 'deviceToken':
      return `device ${hashOf(request.deviceToken)} ${names}`;
    default:
      return request satisfies never;
  }
}

function hashOf(secret: string): string {
  return createHash('sha256').update(`cloudpush spool\0${secret}`).digest('hex').slice(0, 16);
}
