import type { AmfObject } from '../amf0/value.js';
import { RtmpError, RtmpErrorCode, type RtmpStage } from '../errors.js';
import type { ServerProfile } from './profile.js';

/**
 * Refuses names that the server would cut silently, as nginx-rtmp does at 256 bytes: a cut token is a riddle,
 * an error is not.
 * @throws RtmpError `ERR_CLOUDPUSH_MESSAGE_TOO_LARGE`
 */
export function checkNames(profile: ServerProfile, connectObject: AmfObject, streamName: string): void {
  const permitted = profile.maxNameBytes;
  if (permitted === undefined) return;
  const names = { app: connectObject['app'], tcUrl: connectObject['tcUrl'], 'stream name': streamName };
  for (const [what, name] of Object.entries(names)) {
    const actual = typeof name === 'string' ? Buffer.byteLength(name) : 0;
    if (actual <= permitted) continue;
    throw new RtmpError(
      RtmpErrorCode.messageTooLarge,
      'connect',
      `The ${what} has ${actual} bytes, query included; the server (${profile.name}) would cut it at ${permitted}`,
      { details: { actual, permitted } },
    );
  }
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
    `A message of ${size} bytes would make the server (${profile.name}) disconnect, permitted: ${permitted}`,
    { details: { actual: size, permitted } },
  );
}

/**
 * What reading the peer's bytes threw, placed at the stage in which it happened. What a peer sends is never
 * fatal to us.
 */
export function placeError(error: unknown, stage: RtmpStage): RtmpError {
  if (!(error instanceof RtmpError)) {
    return new RtmpError(RtmpErrorCode.protocol, stage, `The peer's bytes could not be read (${stage})`, {
      cause: error,
    });
  }
  if (error.stage !== 'message') return error;
  return new RtmpError(error.code, stage, `${error.message} (${stage})`, {
    details: error.details,
    class: 'retryable',
    cause: error,
  });
}
