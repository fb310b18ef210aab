import { equalBytes } from '../bits/bytes.js';
import {
  type ColorInfo,
  type ColorInfoOption,
  colorInfoOf,
  type StreamColour,
} from '../colour/color-info.js';
import { colorInfoBody } from '../flv/color-info-tag.js';
import { type FlvTag, TagRole, TagType } from '../flv/flv-tag.js';
import { allocateBody, ownTag } from '../flv/tag-body.js';
import type { VideoTagFormat } from '../flv/video-tag-header.js';

/** Sends the `colorInfo` of a video track when it is new; an empty one takes back what was sent. */
export class ColorInfoSender {
  /** The option that the caller has set. */
  option: ColorInfoOption = 'auto';
  #sent: Uint8Array | undefined;

  /** Call it before each key frame, behind the sequence header. Legacy formats have no place for it. */
  send(format: VideoTagFormat, stream: StreamColour, timestamp: number, out: FlvTag[]): void {
    if (!format.enhanced) return;
    const info = this.#choose(stream) ?? (this.#sent === undefined ? undefined : {});
    if (info === undefined) return;
    const body = colorInfoBody(format, info);
    if (this.#sent !== undefined && equalBytes(body, this.#sent)) return;
    this.#sent = Uint8Array.from(body);
    out.push(metadataTag(body, timestamp));
  }

  /** A fresh copy of what was sent last, for a destination that starts late. */
  repeat(format: VideoTagFormat, timestamp: number): FlvTag | undefined {
    if (!format.enhanced || this.#sent === undefined) return undefined;
    const body = allocateBody(this.#sent.length);
    body.set(this.#sent);
    return metadataTag(body, timestamp);
  }

  #choose(stream: StreamColour): ColorInfo | undefined {
    if (this.option === 'never') return undefined;
    return this.option === 'auto' ? colorInfoOf(stream) : this.option;
  }
}

function metadataTag(body: Uint8Array, timestamp: number): FlvTag {
  return ownTag(TagType.video, TagRole.videoMetadata, timestamp, body);
}
