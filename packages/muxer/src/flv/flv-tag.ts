/** Tag types are the RTMP message type ids (RTMP 1.0 §7.1, FLV E.4.1). */
export const TagType = { audio: 8, video: 9, scriptData: 18 } as const;
export type TagType = (typeof TagType)[keyof typeof TagType];

/** The role of a tag for a send queue that must drop, and for a destination that starts late. */
export const TagRole = {
  /** Decoder configuration of the video track; never to be dropped. */
  videoSequenceHeader: 0,
  /** Decoder configuration of the audio track; never to be dropped. */
  audioSequenceHeader: 1,
  /** A picture that decoding can start at. */
  keyFrame: 2,
  /** A picture that later pictures may refer to. */
  interFrame: 3,
  /** A picture that no other picture refers to: the first to be dropped. */
  disposableFrame: 4,
  audioFrame: 5,
  /** Script data (AMF0). */
  data: 6,
  /** Metadata of the video track, such as colour (Enhanced RTMP `VideoPacketType.Metadata`). */
  videoMetadata: 7,
} as const;
export type TagRole = (typeof TagRole)[keyof typeof TagRole];

/** The body of a tag, as {@link FlvTag} has it. */
export interface TagBody {
  readonly parts: readonly Uint8Array[];
  readonly size: number;
  readonly headroom: number;
}

/**
 * One FLV tag without its file framing: the body of one RTMP message. It is durable: it may wait in a queue
 * for as long as the buffers behind `parts` are not reused.
 */
export class FlvTag {
  readonly type: TagType;
  readonly role: TagRole;
  /** Decoding time in ms on the stream's 32-bit clock: an integer from 0 to 2^32 − 1. */
  timestamp: number;
  /** The tag body, in order; one part when it was made in place. */
  readonly parts: readonly Uint8Array[];
  /** The sum of the parts' lengths. */
  readonly size: number;
  /** Writable bytes directly in front of `parts[0]`, in the same buffer; 0: none. */
  readonly headroom: number;

  constructor(
    type: TagType,
    role: TagRole,
    timestamp: number,
    parts: readonly Uint8Array[],
    size: number,
    headroom: number,
  ) {
    this.type = type;
    this.role = role;
    this.timestamp = timestamp;
    this.parts = parts;
    this.size = size;
    this.headroom = headroom;
  }

  /** The same tag for several who send it: none of them may write in front of its body. */
  shared(): FlvTag {
    if (this.headroom === 0) return this;
    return new FlvTag(this.type, this.role, this.timestamp, this.parts, this.size, 0);
  }

  /** The same tag at another time, with no room in front of its body. */
  at(timestamp: number): FlvTag {
    return new FlvTag(this.type, this.role, timestamp, this.parts, this.size, 0);
  }

  /** The same tag with another body. */
  withBody({ parts, size, headroom }: TagBody): FlvTag {
    return new FlvTag(this.type, this.role, this.timestamp, parts, size, headroom);
  }
}
