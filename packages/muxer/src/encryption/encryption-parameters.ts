/** Frames that are encrypted. Every audio frame counts as a key frame. */
export type EncryptionMode = 'none' | 'keyFrames' | 'allFrames';

/** The tracks that can be encrypted. */
export type EncryptedTrack = 'video' | 'audio';

/** The track is not encrypted any more. */
export interface NoEncryption {
  readonly scheme: 'aes-ctr';
  /** Of the format: 2. */
  readonly version: number;
  readonly track: EncryptedTrack;
  readonly mode: 'none';
}

/** The track is encrypted as docs/encryption.md says. */
export interface AesCtrEncryption {
  readonly scheme: 'aes-ctr';
  /** Of the format: 2. */
  readonly version: number;
  readonly track: EncryptedTrack;
  readonly mode: 'keyFrames' | 'allFrames';
  readonly keyBits: 128 | 256;
  /** True: the AES key is derived from the caller's key and the nonce. */
  readonly stretched: boolean;
  /** 24 hexadecimal digits: what the counter blocks begin with, and the salt of a stretched key. */
  readonly nonce: string;
  /** 8 hexadecimal digits that tell keys apart. */
  readonly keyCheck: string;
}

/** The caller encrypts the track, in a way that only the caller knows. */
export interface CallerEncryption {
  readonly scheme: 'caller';
  readonly track: EncryptedTrack;
}

/** The encryption of a track, as `onEncryption` tells it; never the key. */
export type EncryptionParameters = NoEncryption | AesCtrEncryption | CallerEncryption;
