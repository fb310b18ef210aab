/** The kinds of media in a packet. */
export const E_SV_MEDIA_TYPE = {
  UNKNOW: -1,
  UNKNOWN: -1,
  /** An access unit in Annex-B form, with start codes. */
  H264: 0,
  /** An access unit in Annex-B form, with start codes. */
  H265: 1,
  /** One or more whole frames. */
  MP3: 2,
  /** One or more whole frames with ADTS headers. */
  AAC: 3,
  /** Private data of the device. */
  PRI_DATA: 4,
} as const;
export type E_SV_MEDIA_TYPE = (typeof E_SV_MEDIA_TYPE)[keyof typeof E_SV_MEDIA_TYPE];

export const {
  /** {@link E_SV_MEDIA_TYPE}: `UNKNOW`. */
  UNKNOW: E_SV_MEDIA_TYPE_UNKNOW,
  /** {@link E_SV_MEDIA_TYPE}: `UNKNOWN`. */
  UNKNOWN: E_SV_MEDIA_TYPE_UNKNOWN,
  /** {@link E_SV_MEDIA_TYPE}: `H264`. */
  H264: E_SV_MEDIA_TYPE_H264,
  /** {@link E_SV_MEDIA_TYPE}: `H265`. */
  H265: E_SV_MEDIA_TYPE_H265,
  /** {@link E_SV_MEDIA_TYPE}: `MP3`. */
  MP3: E_SV_MEDIA_TYPE_MP3,
  /** {@link E_SV_MEDIA_TYPE}: `AAC`. */
  AAC: E_SV_MEDIA_TYPE_AAC,
  /** {@link E_SV_MEDIA_TYPE}: `PRI_DATA`. */
  PRI_DATA: E_SV_MEDIA_TYPE_PRI_DATA,
} = E_SV_MEDIA_TYPE;
