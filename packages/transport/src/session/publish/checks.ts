import type { AmfObject } from '../../amf/value.js';
import { RtmpError, RtmpErrorCode } from '../../errors.js';
import type { ServerProfile } from './profile.js';

/**
 * Refuses names that the server would cut silently, as nginx-rtmp does at 256 bytes: a cut token is a riddle,
 * an error is not.
 * @throws RtmpError `ERR_CLOUDPUSH_MESSAGE_TOO_LARGE`
 */
export function checkNames(profile: ServerProfile, connectObject: AmfObject, streamName: string): void {
  const permitted = profile.maxNameBytes;
  if (permitted === undefined) return;
  for (const [what, actual] of longNames(permitted, connectObject, streamName)) {
    throw new RtmpError(
      RtmpErrorCode.messageTooLarge,
      'connect',
      `the ${what} has ${actual} bytes, query included; the server (${profile.name}) would cut it at ${permitted}`,
      { details: { actual, permitted } },
    );
  }
}

/**
 * The most bytes of a name that nginx-rtmp keeps (ngx_rtmp.h: 256 with the final zero). Its reply to
 * `connect` does not give it away.
 */
const NGINX_NAME_BYTES = 255;

/** Warnings of names that a server of unknown make cuts silently when it is nginx-rtmp. */
export function namesAtRisk(
  { name }: ServerProfile,
  connectObject: AmfObject,
  streamName: string,
): readonly string[] {
  if (name !== 'generic') return [];
  return longNames(NGINX_NAME_BYTES, connectObject, streamName).map(
    ([what, actual]) =>
      `the ${what} has ${actual} bytes, query included, and nginx-rtmp silently cuts names at ${NGINX_NAME_BYTES} bytes, tokens with them: shorten it, or set profile if the server is of another make`,
  );
}

/** Names that are longer than permitted, with their lengths in bytes. */
function longNames(permitted: number, { app, tcUrl }: AmfObject, streamName: string): [string, number][] {
  return Object.entries({ app, tcUrl, 'stream name': streamName })
    .map(([what, name]): [string, number] => [what, typeof name === 'string' ? Buffer.byteLength(name) : 0])
    .filter(([, actual]) => actual > permitted);
}

/**
 * Refuses a message that makes the server disconnect.
 * @throws RtmpError `ERR_CLOUDPUSH_MESSAGE_TOO_LARGE`
 */
export function checkMessageSize(profile: ServerProfile, size: number): void {
  const permitted = profile.maxMessageBytes;
  if (permitted === undefined || size <= permitted) return;
  throw new RtmpError(
    RtmpErrorCode.messageTooLarge,
    'publishing',
    `a message of ${size} bytes would make the server (${profile.name}) disconnect, permitted: ${permitted}`,
    { details: { actual: size, permitted } },
  );
}
