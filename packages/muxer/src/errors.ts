/**
 * The kind of a fault: one value for each event that an integration can raise, so that a program that
 * does not care for the single causes needs a case a fault, and not one a code.
 */
export type MuxerFault =
  | 'argument'
  | 'timestamp'
  | 'video'
  | 'noParameterSets'
  | 'parameterSetMismatch'
  | 'sps'
  | 'pps'
  | 'vps'
  | 'adts'
  | 'audio'
  | 'file';

interface ErrorEntry {
  readonly fault: MuxerFault;
  readonly text: string;
}

/** Every cause the muxer can refuse an input for. The key is `MuxerError.code`; the text is what it means. */
export const muxerErrors = {
  ERR_CLOUDPUSH_CODEC_UNKNOWN: { fault: 'argument', text: 'the codec is not known' },
  ERR_CLOUDPUSH_COLOR_INFO_INVALID: { fault: 'argument', text: 'the colorInfo is not usable' },
  ERR_CLOUDPUSH_INVALID_OPTION: { fault: 'argument', text: 'an option has a value that is not permitted' },
  ERR_CLOUDPUSH_HEADROOM_INVALID: { fault: 'argument', text: 'the headroom reaches outside of the buffer' },

  ERR_CLOUDPUSH_TIMESTAMP_INVALID: { fault: 'timestamp', text: 'the timestamp is not usable' },
  ERR_CLOUDPUSH_TIMESTAMP_STEP_BACK: {
    fault: 'timestamp',
    text: 'the timestamp steps back; the stream goes on from where it was',
  },
  ERR_CLOUDPUSH_TIMESTAMP_JUMP: {
    fault: 'timestamp',
    text: 'the timestamp jumps forward too far for a gap; the stream goes on from where it was',
  },
  ERR_CLOUDPUSH_TIMESTAMP_BEFORE_START: {
    fault: 'timestamp',
    text: "a track begins too far from the stream's clock; it is put where the stream has come to",
  },
  ERR_CLOUDPUSH_COMPOSITION_OFFSET_RANGE: {
    fault: 'timestamp',
    text: 'presentation and decoding time lie too far apart for a signed 24-bit composition offset',
  },

  ERR_CLOUDPUSH_VIDEO_EMPTY: { fault: 'video', text: 'the video packet is empty' },
  ERR_CLOUDPUSH_VIDEO_TOO_LARGE: { fault: 'video', text: 'the video packet does not fit one RTMP message' },
  ERR_CLOUDPUSH_VIDEO_NO_START_CODE: {
    fault: 'video',
    text: 'the video packet does not begin with an Annex-B start code',
  },
  ERR_CLOUDPUSH_VIDEO_START_CODE_LOST: {
    fault: 'video',
    text: 'a start code has been overwritten: what stood behind it is lost, or hidden in the NAL unit in front of it',
  },
  ERR_CLOUDPUSH_VIDEO_CUT_OFF: { fault: 'video', text: 'a NAL unit is cut off' },
  ERR_CLOUDPUSH_VIDEO_FORBIDDEN_BIT: { fault: 'video', text: 'the forbidden_zero_bit of a NAL unit is set' },
  ERR_CLOUDPUSH_VIDEO_NAL_HEADER_INVALID: { fault: 'video', text: 'a NAL unit header is not valid' },
  ERR_CLOUDPUSH_VIDEO_NAL_UNIT_LIMIT: { fault: 'video', text: 'the video packet holds too many NAL units' },
  ERR_CLOUDPUSH_VIDEO_SLICE_INVALID: { fault: 'video', text: 'a slice header is not valid' },
  ERR_CLOUDPUSH_VIDEO_NO_KEY_FRAME: {
    fault: 'video',
    text: 'no key frame has come before this picture, or none since one was lost',
  },
  ERR_CLOUDPUSH_VIDEO_KEY_FRAME_HINT: {
    fault: 'argument',
    text: 'keyFrame contradicts what is in the picture, which counts',
  },
  ERR_CLOUDPUSH_VIDEO_PICTURE_TORN: {
    fault: 'video',
    text: 'slices have come without the picture that they are a part of',
  },
  ERR_CLOUDPUSH_VIDEO_CONFIGURATION_INVALID: {
    fault: 'sps',
    text: 'the decoder configuration record is not valid',
  },
  ERR_CLOUDPUSH_AV1_OBU_INVALID: { fault: 'video', text: 'an open bitstream unit is not valid' },
  ERR_CLOUDPUSH_AV1_SEQUENCE_HEADER_INVALID: { fault: 'sps', text: 'the AV1 sequence header is not valid' },
  ERR_CLOUDPUSH_AV1_NO_SEQUENCE_HEADER: {
    fault: 'noParameterSets',
    text: 'an AV1 frame has come before its sequence header',
  },
  ERR_CLOUDPUSH_VP9_HEADER_INVALID: {
    fault: 'video',
    text: 'the uncompressed header of a VP9 frame is not valid',
  },
  ERR_CLOUDPUSH_VIDEO_PENDING_LIMIT: {
    fault: 'video',
    text: 'packets without a picture hold more than can be kept for the next picture',
  },

  ERR_CLOUDPUSH_NO_SPS_PPS: {
    fault: 'noParameterSets',
    text: 'a picture has come before its parameter sets',
  },
  ERR_CLOUDPUSH_PARAMETER_SETS_MISMATCH: {
    fault: 'parameterSetMismatch',
    text: 'a parameter set or picture refers to a parameter set that has not come',
  },
  ERR_CLOUDPUSH_PARAMETER_SETS_TOO_LARGE: {
    fault: 'parameterSetMismatch',
    text: 'the parameter sets together are larger than can be kept',
  },
  ERR_CLOUDPUSH_SPS_CUT_OFF: { fault: 'sps', text: 'the sequence parameter set is cut off' },
  ERR_CLOUDPUSH_SPS_INVALID: { fault: 'sps', text: 'the sequence parameter set is not valid' },
  ERR_CLOUDPUSH_SPS_TOO_LARGE: { fault: 'sps', text: 'the sequence parameter set is too large' },
  ERR_CLOUDPUSH_PPS_CUT_OFF: { fault: 'pps', text: 'the picture parameter set is cut off' },
  ERR_CLOUDPUSH_PPS_INVALID: { fault: 'pps', text: 'the picture parameter set is not valid' },
  ERR_CLOUDPUSH_PPS_TOO_LARGE: { fault: 'pps', text: 'the picture parameter set is too large' },
  ERR_CLOUDPUSH_VPS_CUT_OFF: { fault: 'vps', text: 'the video parameter set is cut off' },
  ERR_CLOUDPUSH_VPS_INVALID: { fault: 'vps', text: 'the video parameter set is not valid' },
  ERR_CLOUDPUSH_VPS_TOO_LARGE: { fault: 'vps', text: 'the video parameter set is too large' },

  ERR_CLOUDPUSH_ADTS_SYNC: { fault: 'adts', text: 'there is no ADTS sync word' },
  ERR_CLOUDPUSH_ADTS_CUT_OFF: { fault: 'adts', text: 'an ADTS frame is cut off' },
  ERR_CLOUDPUSH_ADTS_LAYER: { fault: 'adts', text: 'the layer of an ADTS header is not 0' },
  ERR_CLOUDPUSH_ADTS_PROFILE: { fault: 'adts', text: 'the profile of an ADTS header is reserved' },
  ERR_CLOUDPUSH_ADTS_SAMPLE_RATE: {
    fault: 'adts',
    text: 'the sample rate index of an ADTS header is reserved',
  },
  ERR_CLOUDPUSH_ADTS_FRAME_LENGTH: {
    fault: 'adts',
    text: 'the frame length of an ADTS header is shorter than the header',
  },
  ERR_CLOUDPUSH_ADTS_RAW_DATA_BLOCKS: {
    fault: 'adts',
    text: 'an ADTS frame holds several raw data blocks without their positions',
  },
  ERR_CLOUDPUSH_ADTS_NO_CHANNELS: {
    fault: 'adts',
    text: 'an ADTS frame leaves its channels to a program config element that has not come or is not valid',
  },

  ERR_CLOUDPUSH_AUDIO_EMPTY: { fault: 'audio', text: 'the audio packet is empty' },
  ERR_CLOUDPUSH_AUDIO_CONFIGURATION_INVALID: {
    fault: 'audio',
    text: 'the configuration of the audio track is not valid, or not that of its packets',
  },
  ERR_CLOUDPUSH_AUDIO_TOO_LARGE: { fault: 'audio', text: 'the audio packet does not fit one RTMP message' },
  ERR_CLOUDPUSH_AUDIO_FRAME_LIMIT: { fault: 'audio', text: 'the audio packet holds too many frames' },
  ERR_CLOUDPUSH_MP3_SYNC: { fault: 'audio', text: 'there is no MPEG audio sync word' },
  ERR_CLOUDPUSH_MP3_CUT_OFF: { fault: 'audio', text: 'an MPEG audio frame is cut off' },
  ERR_CLOUDPUSH_MP3_HEADER_INVALID: { fault: 'audio', text: 'an MPEG audio header is not valid' },

  ERR_CLOUDPUSH_OPUS_INVALID: { fault: 'audio', text: 'an Opus packet or OpusHead is not valid' },
  ERR_CLOUDPUSH_FLAC_INVALID: { fault: 'audio', text: 'a FLAC frame or stream header is not valid' },
  ERR_CLOUDPUSH_FLAC_NO_STREAM_INFO: {
    fault: 'audio',
    text: 'a FLAC frame has come before the stream header',
  },
  ERR_CLOUDPUSH_AC3_SYNC: { fault: 'audio', text: 'there is no AC-3 sync word' },
  ERR_CLOUDPUSH_AC3_CUT_OFF: { fault: 'audio', text: 'an AC-3 or E-AC-3 frame is cut off' },
  ERR_CLOUDPUSH_AC3_HEADER_INVALID: { fault: 'audio', text: 'an AC-3 or E-AC-3 header is not valid' },

  ERR_CLOUDPUSH_DATA_TOO_LARGE: { fault: 'argument', text: 'the data packet does not fit one RTMP message' },

  ERR_CLOUDPUSH_ENCRYPTION_MODE_INVALID: { fault: 'argument', text: 'the encryption mode is not known' },
  ERR_CLOUDPUSH_ENCRYPTION_KEY_INVALID: { fault: 'argument', text: 'the encryption key is not usable' },
  ERR_CLOUDPUSH_ENCRYPTION_CODEC: {
    fault: 'argument',
    text: 'frames of this kind cannot be encrypted',
  },
  ERR_CLOUDPUSH_DECRYPTION_NO_KEY: { fault: 'file', text: 'no key fits an encrypted sample' },
  ERR_CLOUDPUSH_DECRYPTION_DAMAGED: { fault: 'file', text: 'an encrypted sample is damaged' },

  ERR_CLOUDPUSH_FLV_SIGNATURE: { fault: 'file', text: 'the file does not begin with an FLV header' },
  ERR_CLOUDPUSH_FLV_TAG_INVALID: { fault: 'file', text: 'an FLV tag is not valid' },
  ERR_CLOUDPUSH_FLV_CODEC: { fault: 'file', text: 'an FLV tag is of a codec that is not known' },
} as const satisfies Record<string, ErrorEntry>;

/** The stable name of a cause. */
export type MuxerErrorCode = keyof typeof muxerErrors;

/** The facts of an error: where it was seen, and which value was there instead of which. */
export interface MuxerErrorDetails {
  /** Byte offset in the packet, file or parameter set that was refused. */
  readonly offset?: number | undefined;
  /** The field of the specification that is wrong, by its name there. */
  readonly field?: string | undefined;
  /** The value met. */
  readonly actual?: number | string | undefined;
  /** The value that would have been permitted. */
  readonly permitted?: string | undefined;
}

/**
 * The only error the package throws. The muxer stays usable: the next good packet goes through.
 *
 * It has the shape that all packages share: `code` is stable, `class` says what to do, `details` holds the
 * facts, and the message is for people. There is no `cause`, for nothing that could fail lies below the
 * muxer.
 */
export class MuxerError extends Error {
  override readonly name = 'MuxerError';
  readonly code: MuxerErrorCode;
  /** The same bytes would be refused again: of transport's `ErrorClass` the one value that can be. */
  readonly class = 'fatal';
  readonly details: MuxerErrorDetails & { readonly fault: MuxerFault };

  constructor(code: MuxerErrorCode, details: MuxerErrorDetails = {}) {
    super(describe(code, details));
    this.code = code;
    this.details = { ...details, fault: muxerErrors[code].fault };
  }
}

function describe(code: MuxerErrorCode, { offset, field, actual, permitted }: MuxerErrorDetails): string {
  const notes: string[] = [];
  if (field !== undefined) notes.push(field);
  if (actual !== undefined) notes.push(`actual ${actual}`);
  if (permitted !== undefined) notes.push(`permitted ${permitted}`);
  if (offset !== undefined) notes.push(`at byte ${offset}`);
  const text = muxerErrors[code].text;
  return notes.length === 0 ? text : `${text} (${notes.join(', ')})`;
}

/** Longest name that an error repeats, in characters: what stands in a codec's place may be a whole packet. */
const LONGEST_NAME = 40;

/** The error about a name of a codec, which callers without types may give as anything. */
export function unknownCodec(codec: unknown, permitted: string): MuxerError {
  const isName = typeof codec === 'string' && codec.length <= LONGEST_NAME;
  const actual = isName ? codec : `a value of type ${typeof codec}`;
  return new MuxerError('ERR_CLOUDPUSH_CODEC_UNKNOWN', { actual, permitted });
}
