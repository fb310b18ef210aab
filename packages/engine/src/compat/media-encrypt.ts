/** Packets of a track that are encrypted. */
export const E_SV_MEDIA_ENCRYPT = {
  NONE: 0,
  AES_KEYFRAME: 1,
  /** The sample program's name of `AES_KEYFRAME`. */
  AES_KEY_FRAME: 1,
  ALL_FRAME: 2,
  /** The sample program's name of `ALL_FRAME`. */
  AES_ALL_FRAME: 2,
} as const;
export type E_SV_MEDIA_ENCRYPT = (typeof E_SV_MEDIA_ENCRYPT)[keyof typeof E_SV_MEDIA_ENCRYPT];

export const {
  /** {@link E_SV_MEDIA_ENCRYPT}: `NONE`. */
  NONE: E_SV_MEDIA_ENCRYPT_NONE,
  /** {@link E_SV_MEDIA_ENCRYPT}: `AES_KEYFRAME`. */
  AES_KEYFRAME: E_SV_MEDIA_ENCRYPT_AES_KEYFRAME,
  /** {@link E_SV_MEDIA_ENCRYPT}: `AES_KEY_FRAME`. */
  AES_KEY_FRAME: E_SV_MEDIA_ENCRYPT_AES_KEY_FRAME,
  /** {@link E_SV_MEDIA_ENCRYPT}: `ALL_FRAME`. */
  ALL_FRAME: E_SV_MEDIA_ENCRYPT_ALL_FRAME,
  /** {@link E_SV_MEDIA_ENCRYPT}: `AES_ALL_FRAME`. */
  AES_ALL_FRAME: E_SV_MEDIA_ENCRYPT_AES_ALL_FRAME,
} = E_SV_MEDIA_ENCRYPT;
