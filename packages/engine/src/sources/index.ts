/** Reads media from files, pipes and standard input, and paces it. */

export type { MonotonicClock } from '../base/clock.js';
export { type SourceErrorCode, sourceErrorCodes } from '../base/source-error-codes.js';
export { type SourceErrorDetails, sourceError } from './errors.js';
export { ClipReader, readClip } from './files/clip.js';
export { FORMAT_NAMES, type FormatName, remuxAdvice } from './files/formats.js';
export { statFile } from './files/stat-file.js';
export { type SteadyOptions, SteadyReader } from './files/steady-reader.js';
export { unreadable } from './media-error.js';
export { type OpenSourceOptions, openSource } from './open-source.js';
export {
  type FedPacketTimes,
  Feed,
  type FeedEnd,
  type FeedNeed,
  type FeedOptions,
  type PacketSink,
} from './pacing/feed.js';
export { Pacer, type PacerOptions } from './pacing/pacer.js';
export { play } from './pacing/play.js';
export type { SourcePacket, TrackKind } from './packet.js';
export type { PacketReader } from './reader.js';
export type { MediaSource } from './source.js';
