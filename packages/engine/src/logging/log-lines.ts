import type { ErrorData } from '../base/errors.js';

/** Level of a line: pino's levels, `trace` for what only `verbose` shows, and `main` for milestones. */
export type LineLevel = 'trace' | 'info' | 'main' | 'warn' | 'error';

/** Every line that an engine writes: its level and its text. The engine's README lists them. */
export const logLines = {
  engineStarted: ['main', 'engine started'],
  engineClosed: ['main', 'engine closed'],
  connected: ['main', 'publishing'],
  moved: ['main', 'moved to another connection'],
  segmentEnded: ['main', 'segment ended'],
  channelClosed: ['main', 'channel closed'],
  channelOpened: ['info', 'channel opened'],
  destinationClosed: ['info', 'destination closed'],
  paused: ['info', 'paused: the queue is full'],
  resumed: ['info', 'resumed: the queue has room'],
  advice: ['info', 'bit rate advised'],
  targetWanted: ['trace', 'asking for a push target'],
  command: ['trace', 'command from the server'],
  streamChanged: ['trace', 'stream began or its headers changed'],
  segmentLeft: ['trace', 'segment handed over to a destination'],
  threadChanged: ['trace', 'channel connects from another thread'],
  sourceConnected: ['main', 'source connected'],
  sourceConnecting: ['trace', 'source is being opened'],
  sourceEnded: ['info', 'source ended'],
  sourceResumed: ['info', 'source goes on'],
  sourceStalled: ['warn', 'source is silent'],
  sourceWarning: ['warn', 'warning of a source'],
  sourceFallback: ['info', 'fallback of a source'],
  sourceLost: ['warn', 'source lost'],
  gapOpened: ['warn', 'gap began: media goes to disk'],
  gapSent: ['main', 'gap sent from disk'],
  gapKept: ['info', 'gap stays on disk'],
  gapExpired: ['warn', 'gap removed from disk before it was sent'],
  gapLost: ['error', 'gap lost'],
  connectionLost: ['warn', 'connection lost, connecting again'],
  packetRefused: ['warn', 'packet refused'],
  packetRepaired: ['warn', 'packet repaired'],
  hintIgnored: ['warn', 'key-frame hint ignored'],
  serverWarning: ['warn', 'warning of a connection'],
  refreshFailed: ['warn', 'token refresh failed'],
  channelRefused: ['error', 'channel could not be opened'],
  spoolOff: ['error', 'spool given up: the disk has failed'],
  spoolSeriesInUse: ['error', 'spool not used: another destination has its series'],
  destinationLost: ['error', 'destination ended'],
  channelLost: ['error', 'channel ended'],
  channelBroken: ['error', 'channel broken off'],
  fenced: ['error', 'fence passed, connections reset'],
  threadDied: ['error', 'a worker thread died'],
  releasedTwice: ['error', 'a block of the pool was released twice'],
} as const satisfies Record<string, readonly [level: LineLevel, text: string]>;

/** The name of a line. */
export type LogLine = keyof typeof logLines;

/**
 * The line of a packet that something is wrong with.
 * @param refused it was not sent
 * @param code of the error
 */
export function problemLine(refused: boolean, code: string): LogLine {
  if (refused) return 'packetRefused';
  // The packet went out as it is: what was said of it is wrong, and nothing in it.
  return code === 'ERR_CLOUDPUSH_VIDEO_KEY_FRAME_HINT' ? 'hintIgnored' : 'packetRepaired';
}

/**
 * The line of a spool that takes nothing.
 * @param code of the error
 */
export function spoolOffLine(code: string): LogLine {
  return code === 'ERR_CLOUDPUSH_SPOOL_SERIES_IN_USE' ? 'spoolSeriesInUse' : 'spoolOff';
}

/** The fields of a line that tells of an error. */
export function errorFields(error: Pick<ErrorData, 'code' | 'message'> | undefined): object {
  return error === undefined ? {} : { code: error.code, reason: error.message };
}
