import { readFile } from 'node:fs/promises';
import type { PacketTimes } from '../support/ffmpeg.js';
import { run } from '../support/process.js';

/** ffprobe's report on the first stream of a file. */
export interface ProbedStream {
  width?: number;
  height?: number;
  profile?: string;
  level?: number;
  pix_fmt?: string;
  r_frame_rate?: string;
  avg_frame_rate?: string;
  has_b_frames?: number;
  codec_name?: string;
  sample_rate?: string;
  channels?: number;
}

interface Probed {
  streams: ProbedStream[];
  packets?: { pts_time: string; dts_time: string; flags: string }[];
}

/** Runs ffmpeg to its end; anything but success throws with what it said. */
export async function encode(args: readonly string[]): Promise<void> {
  const common = ['-hide_banner', '-nostdin', '-loglevel', 'error', '-y', '-threads', '1'];
  const { code, signal, stderr } = await run('ffmpeg', [...common, ...args], { timeoutMs: 30_000 });
  if (code !== 0) throw new Error(`ffmpeg ${args.join(' ')} ended with ${code ?? signal}: ${stderr}`);
}

/** ffprobe's report on the only stream of a file, and on its packets, in whole milliseconds. */
export async function probeAll(file: string): Promise<{ stream: ProbedStream; packets: PacketTimes[] }> {
  const { streams, packets } = await ffprobe(file, ['-show_streams', '-show_packets']);
  const milliseconds = (time: string): number => Math.round(Number(time) * 1000);
  return {
    stream: streams[0]!,
    packets: packets!.map(({ pts_time, dts_time, flags }) => ({
      pts: milliseconds(pts_time),
      dts: milliseconds(dts_time),
      key: flags.startsWith('K'),
    })),
  };
}

export async function probe(file: string): Promise<ProbedStream> {
  return (await ffprobe(file, ['-show_streams'])).streams[0]!;
}

async function ffprobe(file: string, options: readonly string[]): Promise<Probed> {
  const args = ['-v', 'error', ...options, '-of', 'json', file];
  const { code, stdout, stderr } = await run('ffprobe', args, { timeoutMs: 30_000 });
  if (code !== 0) throw new Error(`ffprobe ${file} ended with ${code}: ${stderr}`);
  return JSON.parse(stdout) as Probed;
}

/** The contents of the first box of this type in an MP4 file, wherever it is. */
export async function mp4Box(file: string, type: string): Promise<Buffer> {
  const bytes = await readFile(file);
  const at = bytes.indexOf(type, 0, 'latin1');
  if (at < 0) throw new Error(`${file} has no ${type} box`);
  return bytes.subarray(at + 4, at - 4 + bytes.readUInt32BE(at - 4));
}

/** Arrays of an hvcC without those of SEI, which FFmpeg takes into it from its encoder's global header. */
export function withoutSei(hvcC: Buffer): Buffer {
  const arrays: Buffer[] = [];
  let at = 23;
  for (let left = hvcC[22]!; left > 0; left--) {
    const start = at;
    const count = hvcC.readUInt16BE(at + 1);
    at += 3;
    for (let i = 0; i < count; i++) at += 2 + hvcC.readUInt16BE(at);
    if ((hvcC[start]! & 0x3f) <= 34) arrays.push(hvcC.subarray(start, at));
  }
  // In MP4 FFmpeg declares the arrays complete; in a live stream the sets are in the samples, too.
  const loose = arrays.map((array) => Buffer.concat([Buffer.from([array[0]! & 0x3f]), array.subarray(1)]));
  return Buffer.concat([hvcC.subarray(0, 22), Buffer.from([arrays.length]), ...loose]);
}

/**
 * The samples of the only track of an MP4 file, in decoding order: FFmpeg writes them one behind the other.
 */
export async function mp4Samples(file: string): Promise<Buffer[]> {
  const media = await mp4Box(file, 'mdat');
  const sizes = await mp4Box(file, 'stsz');
  const samples: Buffer[] = [];
  let at = 0;
  for (let i = 0; i < sizes.readUInt32BE(8); i++) {
    const size = sizes.readUInt32BE(4) || sizes.readUInt32BE(12 + 4 * i);
    samples.push(media.subarray(at, at + size));
    at += size;
  }
  if (at !== media.length)
    throw new Error(`${file} holds ${media.length} bytes of media, and samples of ${at}`);
  return samples;
}

/** chroma_format_idc and bit depth of an ffmpeg pixel format. */
export function pixelFormat(name: string): { chromaFormat: number; bitDepth: number } {
  const chroma = name.startsWith('gray') ? 0 : name.includes('420') ? 1 : name.includes('422') ? 2 : 3;
  const depth = name.match(/(?:p|gray)(9|10|12)(?:le)?$/)?.[1];
  return { chromaFormat: chroma, bitDepth: Number(depth ?? 8) };
}

/** The first sequence header of a track in an FLV file, read without our reader. */
export async function flvConfiguration(file: string, tagType: 8 | 9): Promise<Buffer> {
  const bytes = await readFile(file);
  for (let at = 13; at + 11 < bytes.length; ) {
    const size = bytes.readUIntBE(at + 1, 3);
    const body = bytes.subarray(at + 11, at + 11 + size);
    const header = tagType === 8 ? 2 : 5;
    // In front of ADTS, whose configuration it learns late, ffmpeg writes an empty sequence header first.
    if (bytes[at] === tagType && body[1] === 0 && body.length > header) return body.subarray(header);
    at += 11 + size + 4;
  }
  throw new Error(`${file} has no tag of type ${tagType}`);
}
