import type { EncryptionKey, EncryptionMode } from '@cloudpush/muxer';

/** Numbers of what made a camera start a recording. 5 to 99 are reserved. */
export const triggerTypes = {
  unknown: -1,
  human: 0,
  default: 1,
  face: 2,
  humanAndFace: 3,
  moveDetect: 4,
  reserved: 5,
  live: 100,
  iosApp: 101,
  androidApp: 102,
  alexa: 103,
  web: 104,
  googleAssistant: 105,
} as const;

/** The cause of a recording. */
export type TriggerType = keyof typeof triggerTypes;

/** The stream starts. Sent as `onStreamStart`. */
export interface StreamStart {
  readonly type: 'streamStart';
  /** A name, or a number of {@link triggerTypes}: −1 to 105. */
  readonly trigger: TriggerType | number;
  /** The device's own time, ms since 1970. */
  readonly time: number;
}

/** The stream ends. Sent as `onStreamEnd`. */
export interface StreamEnd {
  readonly type: 'streamEnd';
  /** Length of the alarm, in ms. */
  readonly alarmDuration: number;
  /** The device's own time, ms since 1970. */
  readonly time: number;
}

/** The stream's bit rates as far as the caller knows them, in bit/s. Sent as `onBitrate`. */
export interface ReportedBitrate {
  readonly type: 'bitrate';
  readonly audio: number;
  readonly video: number;
}

/** Number of frames that the caller has dropped before they came to the channel. Sent as `onDropFrames`. */
export interface ReportedDropFrames {
  readonly type: 'dropFrames';
  readonly audio: number;
  readonly video: number;
}

/** The camera and the app that shows it have lost each other. Sent as `onDisconnect`. */
export interface AppDisconnect {
  readonly type: 'disconnect';
  /** The caller's error code: a signed 32-bit integer. */
  readonly code: number;
}

/** Something else has become what the recording is for. Sent as `onTriggerChange`. */
export interface TriggerChange {
  readonly type: 'triggerChange';
  readonly from: TriggerType | number;
  readonly to: TriggerType | number;
}

/**
 * Encryption of a track from its next frame on: see docs/metadata.md. The server is told, in front of that
 * frame, by `onEncryption`.
 */
export interface EncryptionChange<Type> {
  readonly type: Type;
  /** Frames that are encrypted; every audio frame counts as a key frame. */
  readonly mode: EncryptionMode;
  /**
   * Exactly 16 or 32 bytes are an AES key. Anything else, 1 to 1,024 bytes or a text, is stretched to one.
   * Default: the key as it was. It is never sent, logged or shown.
   */
  readonly key?: EncryptionKey | undefined;
}

/** Packets of a track that are encrypted, as its metadata tells. */
export type MediaEncryption = EncryptionChange<'videoEncrypt'> | EncryptionChange<'audioEncrypt'>;

/** Metadata for `Channel.sendMetadata`. */
export type StreamMetadata = SentMetadata | MediaEncryption;

/** Metadata that becomes one data message each; docs/metadata.md shows their bytes. */
export type SentMetadata =
  | StreamStart
  | StreamEnd
  | ReportedBitrate
  | ReportedDropFrames
  | AppDisconnect
  | TriggerChange;
