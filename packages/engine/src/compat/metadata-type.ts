/** The kinds of metadata that `Send_Metadata` takes. */
export const E_SV_METADATA_TYPE = {
  NONE: -1,
  /** `wParam`: the trigger type, `lParam`: the local time, ms since 1970. */
  STREAM_START: 0,
  /** `wParam`: how long the alarm lasted, in ms, `lParam`: the local time, ms since 1970. */
  STREAM_END: 1,
  /** `wParam`: the mode, `lParam`: the key. */
  VIDEO_ENCRYPT: 2,
  /** `wParam`: the mode, `lParam`: the key. */
  AUDIO_ENCRYPT: 3,
  /** `wParam`: the audio's bit rate, `lParam`: the video's. */
  STREAM_BITRATE: 4,
  /** `wParam`: audio frames, `lParam`: video frames. */
  STREAM_DROP_FRAMES: 5,
  /** `wParam`: the caller's error code. */
  STREAM_DISCONNECT: 6,
  /** `wParam`: the trigger type before, `lParam`: after. */
  TIGGER_TYPE_CHANGE: 7,
} as const;
export type E_SV_METADATA_TYPE = (typeof E_SV_METADATA_TYPE)[keyof typeof E_SV_METADATA_TYPE];

export const {
  /** {@link E_SV_METADATA_TYPE}: `NONE`. */
  NONE: E_SV_METADATA_TYPE_NONE,
  /** {@link E_SV_METADATA_TYPE}: `STREAM_START`. */
  STREAM_START: E_SV_METADATA_TYPE_STREAM_START,
  /** {@link E_SV_METADATA_TYPE}: `STREAM_END`. */
  STREAM_END: E_SV_METADATA_TYPE_STREAM_END,
  /** {@link E_SV_METADATA_TYPE}: `VIDEO_ENCRYPT`. */
  VIDEO_ENCRYPT: E_SV_METADATA_TYPE_VIDEO_ENCRYPT,
  /** {@link E_SV_METADATA_TYPE}: `AUDIO_ENCRYPT`. */
  AUDIO_ENCRYPT: E_SV_METADATA_TYPE_AUDIO_ENCRYPT,
  /** {@link E_SV_METADATA_TYPE}: `STREAM_BITRATE`. */
  STREAM_BITRATE: E_SV_METADATA_TYPE_STREAM_BITRATE,
  /** {@link E_SV_METADATA_TYPE}: `STREAM_DROP_FRAMES`. */
  STREAM_DROP_FRAMES: E_SV_METADATA_TYPE_STREAM_DROP_FRAMES,
  /** {@link E_SV_METADATA_TYPE}: `STREAM_DISCONNECT`. */
  STREAM_DISCONNECT: E_SV_METADATA_TYPE_STREAM_DISCONNECT,
  /** {@link E_SV_METADATA_TYPE}: `TIGGER_TYPE_CHANGE`. */
  TIGGER_TYPE_CHANGE: E_SV_METADATA_TYPE_TIGGER_TYPE_CHANGE,
} = E_SV_METADATA_TYPE;
