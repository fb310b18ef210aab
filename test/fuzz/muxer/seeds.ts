import { readFileSync } from 'node:fs';
import {
  AccessUnitSplitter,
  AdtsSplitter,
  type AudioCodec,
  Mp3Splitter,
  type VideoCodec,
} from '@cloudpush/muxer';
import { ivfFrames, oggPackets } from '../../muxer/packets.js';

/** A stream of packets as a foreign encoder made them. */
export interface Seed {
  readonly name: string;
  readonly media: 'video' | 'audio';
  readonly codec: VideoCodec | AudioCodec;
  readonly packets: readonly Uint8Array[];
  /** ms between packets. */
  readonly interval: number;
}

function bytes(name: string): Buffer {
  return readFileSync(new URL(`./seeds/${name}`, import.meta.url));
}

function accessUnits(name: string, codec: 'h264' | 'h265'): Seed {
  const splitter = new AccessUnitSplitter(codec);
  const units = [...splitter.push(bytes(name)), ...splitter.flush()];
  return { name, media: 'video', codec, packets: units.map(({ data }) => data), interval: 40 };
}

function audioFrames(name: string, codec: 'aac' | 'mp3'): Seed {
  const splitter = codec === 'aac' ? new AdtsSplitter() : new Mp3Splitter();
  const frames = [...splitter.push(bytes(name)), ...splitter.flush()];
  return { name, media: 'audio', codec, packets: frames.map(({ data }) => data), interval: 21.333 };
}

function ivfPackets(name: string): Seed {
  return { name, media: 'video', codec: 'vp9', packets: ivfFrames(bytes(name)), interval: 40 };
}

/** Temporal units of an AV1 stream: each begins with a temporal delimiter, which is the bytes 12 00. */
function temporalUnits(name: string): Seed {
  const file = bytes(name);
  const starts: number[] = [];
  for (let at = 0; at < file.length; ) {
    if (file[at] === 0x12) starts.push(at);
    let size = 0;
    let shift = 0;
    let sizeAt = at + ((file[at]! & 4) !== 0 ? 2 : 1);
    for (; file[sizeAt]! >= 128; shift += 7) size += (file[sizeAt++]! & 127) * 2 ** shift;
    size += file[sizeAt]! * 2 ** shift;
    at = sizeAt + 1 + size;
  }
  const packets = starts.map((start, i) => file.subarray(start, starts[i + 1] ?? file.length));
  return { name, media: 'video', codec: 'av1', packets, interval: 40 };
}

function opusPackets(name: string): Seed {
  const tags = 1; // OpusHead stays, OpusTags is no packet of the stream
  const packets = oggPackets(bytes(name)).filter((_, i) => i !== tags);
  return { name, media: 'audio', codec: 'opus', packets, interval: 20 };
}

/** The stream header and the frames of a FLAC file with frames that all begin with the same two bytes. */
function flacFrames(name: string): Seed {
  const file = bytes(name);
  const starts: number[] = [];
  for (
    let at = file.indexOf(Buffer.from([0xff, 0xf8]));
    at >= 0;
    at = file.indexOf(Buffer.from([0xff, 0xf8]), at + 2)
  ) {
    starts.push(at);
  }
  const frames = starts.map((start, i) => file.subarray(start, starts[i + 1] ?? file.length));
  return { name, media: 'audio', codec: 'flac', packets: [file.subarray(0, 42), ...frames], interval: 72 };
}

/** Frames of AC-3, which all have the length of the first here, or of E-AC-3, which tell their own. */
function syncFrames(name: string, codec: 'ac3' | 'eac3'): Seed {
  const file = bytes(name);
  const packets: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const size =
      codec === 'ac3'
        ? file.indexOf(Buffer.from([0x0b, 0x77]), 2)
        : 2 * ((file.readUInt16BE(at + 2) & 2047) + 1);
    packets.push(file.subarray(at, at + size));
    at += size;
  }
  return { name, media: 'audio', codec, packets, interval: 32 };
}

export function loadSeeds(): Seed[] {
  return [
    accessUnits('x264-high.h264', 'h264'),
    accessUnits('x264-baseline-slices.h264', 'h264'),
    accessUnits('x264-interlaced-422.h264', 'h264'),
    accessUnits('x265-main.h265', 'h265'),
    accessUnits('x265-main10-hdr.h265', 'h265'),
    audioFrames('aac-44100-mono.aac', 'aac'),
    audioFrames('aac-pce.aac', 'aac'),
    audioFrames('lame-mpeg1.mp3', 'mp3'),
    audioFrames('lame-mpeg2.mp3', 'mp3'),
    temporalUnits('aom.obu'),
    ivfPackets('vpx.ivf'),
    opusPackets('opus.ogg'),
    flacFrames('flac.flac'),
    syncFrames('ac3.ac3', 'ac3'),
    syncFrames('eac3.eac3', 'eac3'),
  ];
}
