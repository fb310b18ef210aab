import { equalBytes } from '../bits/bytes.js';
import type { StreamColour } from '../colour/color-info.js';
import { type FlvTag, TagRole, TagType } from '../flv/flv-tag.js';
import { ownTag } from '../flv/tag-body.js';
import { type VideoTagFormat, videoSequenceHeader } from '../flv/video-tag-header.js';
import { ColorInfoSender } from './color-info-sender.js';

/**
 * The headers in front of the pictures of a track: its sequence header and its `colorInfo`. Servers cut the
 * stream at a sequence header that is repeated, so each goes out only when its bytes are new.
 */
export class VideoHeaders {
  readonly colorInfo = new ColorInfoSender();
  #format: VideoTagFormat;
  /** The record that the sequence header that was sent last was made of. */
  #sent: Uint8Array | undefined;

  constructor(format: VideoTagFormat) {
    this.#format = format;
  }

  get format(): VideoTagFormat {
    return this.#format;
  }

  /**
   * Goes over to another form.
   * @param isConverted the sequence header that was sent is in this form by now; else it is sent again in it
   */
  changeFormat(format: VideoTagFormat, isConverted: boolean): void {
    this.#format = format;
    if (!isConverted) this.#sent = undefined;
  }

  /** The record that the sequence header that was sent last was made of; undefined before the first. */
  get configuration(): Uint8Array | undefined {
    return this.#sent;
  }

  /** Takes a record for sent: another muxer has done so. */
  resume(configuration: Uint8Array): void {
    this.#sent = configuration;
  }

  sendConfiguration(configuration: Uint8Array, timestamp: number, out: FlvTag[]): void {
    if (this.#sent !== undefined && equalBytes(this.#sent, configuration)) return;
    this.#sent = configuration;
    out.push(this.#sequenceHeader(configuration, timestamp));
  }

  /** To be called for each key frame, behind the sequence header. */
  sendColorInfo(stream: StreamColour, timestamp: number, out: FlvTag[]): void {
    this.colorInfo.send(this.#format, stream, timestamp, out);
  }

  /** Fresh copies of the headers that were sent last, for a destination that starts late. */
  repeat(timestamp: number): FlvTag[] {
    if (this.#sent === undefined) return [];
    const header = this.#sequenceHeader(this.#sent, timestamp);
    const colour = this.colorInfo.repeat(this.#format, timestamp);
    return colour === undefined ? [header] : [header, colour];
  }

  #sequenceHeader(configuration: Uint8Array, timestamp: number): FlvTag {
    const body = videoSequenceHeader(this.#format, configuration);
    return ownTag(TagType.video, TagRole.videoSequenceHeader, timestamp, body);
  }
}
