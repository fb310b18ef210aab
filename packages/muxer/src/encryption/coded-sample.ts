import { readUint32 } from '../bits/bytes.js';
import { AacPacketType, AudioPacketType, SoundFormat } from '../flv/audio-tag-header.js';
import { TagType } from '../flv/flv-tag.js';
import { skipModEx } from '../flv/mod-ex.js';
import {
  AvcPacketType,
  EX_VIDEO_HEADER,
  FrameType,
  VideoCodecId,
  VideoPacketType,
} from '../flv/video-tag-header.js';
import { byFourCc, printFourCc } from '../four-cc.js';

/** The codecs whose samples can be encrypted. */
export type EncryptableCodec = 'h264' | 'h265' | 'aac' | 'mp3';

const codecs = byFourCc('h264', 'h265', 'aac', 'mp3');

/**
 * Reads the beginning of a tag body: the codec and the place of the sample behind it. One object is reused
 * for every tag.
 */
export class CodedSample {
  /** Undefined for a codec whose samples cannot be encrypted. */
  codec: EncryptableCodec | undefined;
  /** `'none'`: neither coded frames nor a decoder configuration, or too short for a tag header. */
  kind: 'frames' | 'configuration' | 'none' = 'none';
  /** Offset of the frames or the configuration in the body, when the codec is known. */
  start = 0;

  /** Reads the tag header that `body` begins with. Throws MuxerError when its modifiers are cut off. */
  read(type: TagType, body: Uint8Array): void {
    this.codec = undefined;
    this.kind = 'none';
    if (body.length === 0) return;
    if (type === TagType.video) this.#readVideo(body);
    else if (type === TagType.audio) this.#readAudio(body);
    if (this.start > body.length) this.kind = 'none';
  }

  #readVideo(body: Uint8Array): void {
    const first = body[0]!;
    if (((first >> 4) & 7) === FrameType.command) return;
    if ((first & EX_VIDEO_HEADER) !== 0) {
      this.#readExVideo(body);
      return;
    }
    const codecId = first & 15;
    this.codec = codecId === VideoCodecId.avc ? 'h264' : codecId === VideoCodecId.hevc ? 'h265' : undefined;
    this.start = this.codec === undefined ? 1 : 5;
    if (this.codec === undefined || body[1] === AvcPacketType.nalUnit) this.kind = 'frames';
    else if (body[1] === AvcPacketType.sequenceHeader) this.kind = 'configuration';
  }

  #readExVideo(body: Uint8Array): void {
    switch (this.#readFourCc(body)) {
      case VideoPacketType.sequenceStart:
        this.kind = 'configuration';
        break;
      case VideoPacketType.codedFrames:
        this.kind = 'frames';
        if (this.codec !== undefined) this.start += 3; // compositionTimeOffset
        break;
      case VideoPacketType.codedFramesX:
        this.kind = 'frames';
        break;
      case VideoPacketType.multitrack:
        this.codec = undefined;
        this.kind = 'frames';
        break;
    }
  }

  #readAudio(body: Uint8Array): void {
    const format = body[0]! >> 4;
    if (format === SoundFormat.exHeader) {
      this.#readExAudio(body);
      return;
    }
    const isAac = format === SoundFormat.aac;
    const isMp3 = format === SoundFormat.mp3 || format === SoundFormat.mp3At8kHz;
    this.codec = isAac ? 'aac' : isMp3 ? 'mp3' : undefined;
    this.start = isAac ? 2 : 1;
    this.kind = isAac && body[1] === AacPacketType.sequenceHeader ? 'configuration' : 'frames';
  }

  #readExAudio(body: Uint8Array): void {
    switch (this.#readFourCc(body)) {
      case AudioPacketType.sequenceStart:
        this.kind = 'configuration';
        break;
      case AudioPacketType.codedFrames:
        this.kind = 'frames';
        break;
      case AudioPacketType.multitrack:
        this.codec = undefined;
        this.kind = 'frames';
        break;
    }
  }

  /** Reads the packet type and the FourCC of a header of Enhanced RTMP, and gives the packet type. */
  #readFourCc(body: Uint8Array): number {
    const { packetType, position } = skipModEx(body);
    this.start = position + 4;
    this.codec = this.start > body.length ? undefined : codecs.get(readUint32(body, position));
    return packetType;
  }

  /** The name that the body which was read has for its codec. */
  nameCodec(type: TagType, body: Uint8Array): string {
    const first = body[0] ?? 0;
    if (type === TagType.audio) {
      const format = first >> 4;
      return format === SoundFormat.exHeader ? printFourCc(body, this.start - 4) : `SoundFormat ${format}`;
    }
    return (first & EX_VIDEO_HEADER) === 0 ? `CodecID ${first & 15}` : printFourCc(body, this.start - 4);
  }
}
