import { around, equalBytes } from '../bits/bytes.js';
import { AAC_HEADER_SIZE, AacPacketType, aacTagHeader } from '../flv/audio-tag-header.js';
import { FlvTag, TagRole, TagType } from '../flv/flv-tag.js';
import { allocateBody, BODY_HEADROOM, ownTag } from '../flv/tag-body.js';

/** The tags of an AAC track: its sequence header, which goes out when its bytes are new, and its frames. */
export class AacTags {
  #sent: Uint8Array | undefined;

  /** Sends the AudioSpecificConfig unless it was sent last; true: it was new. */
  configure(config: Uint8Array, timestamp: number, out: FlvTag[]): boolean {
    if (this.#sent !== undefined && equalBytes(config, this.#sent)) return false;
    this.#sent = config;
    out.push(sequenceHeader(config, timestamp));
    return true;
  }

  /** A fresh copy of the last sequence header. */
  repeat(timestamp: number): FlvTag | undefined {
    return this.#sent === undefined ? undefined : sequenceHeader(this.#sent, timestamp);
  }

  /**
   * Sends the raw frame data[start, end).
   * @param room bytes in front of it that may be written to; fewer than a tag header takes: it becomes a
   *   slice
   */
  frame(data: Uint8Array, start: number, end: number, room: number, timestamp: number, out: FlvTag[]): void {
    if (room >= AAC_HEADER_SIZE) {
      const body = around(data, start - AAC_HEADER_SIZE, end);
      writeFrameHeader(body);
      out.push(
        new FlvTag(TagType.audio, TagRole.audioFrame, timestamp, [body], body.length, room - AAC_HEADER_SIZE),
      );
      return;
    }
    const lead = allocateBody(AAC_HEADER_SIZE);
    writeFrameHeader(lead);
    const parts = [lead, data.subarray(start, end)];
    const size = AAC_HEADER_SIZE + end - start;
    out.push(new FlvTag(TagType.audio, TagRole.audioFrame, timestamp, parts, size, BODY_HEADROOM));
  }
}

function writeFrameHeader(target: Uint8Array): void {
  target[0] = aacTagHeader;
  target[1] = AacPacketType.raw;
}

function sequenceHeader(config: Uint8Array, timestamp: number): FlvTag {
  const body = allocateBody(AAC_HEADER_SIZE + config.length);
  body[0] = aacTagHeader;
  body[1] = AacPacketType.sequenceHeader;
  body.set(config, AAC_HEADER_SIZE);
  return ownTag(TagType.audio, TagRole.audioSequenceHeader, timestamp, body);
}
