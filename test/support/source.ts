import { readFile } from 'node:fs/promises';
import { probe } from './ffmpeg.js';

/**
 * One access unit or audio frame of an elementary file, cut out by ffprobe: a splitter that is not ours.
 * Times in ms.
 */
export interface SourcePacket {
  data: Uint8Array;
  pts: number;
  dts: number;
}

interface ProbedPacket {
  pos: string;
  size: string;
  pts_time?: string;
}

interface ProbedFrame {
  pkt_pos: string;
}

async function probePackets(file: string): Promise<ProbedPacket[]> {
  const answer = await probe(file, ['-show_entries', 'packet=pos,size,pts_time']);
  return (answer as { packets: ProbedPacket[] }).packets;
}

/** In the order in which they are shown. */
async function probeFrames(file: string): Promise<ProbedFrame[]> {
  const answer = await probe(file, ['-show_entries', 'frame=pkt_pos']);
  return (answer as { frames: ProbedFrame[] }).frames;
}

function cut(data: Uint8Array, packet: ProbedPacket): Uint8Array {
  return data.subarray(Number(packet.pos), Number(packet.pos) + Number(packet.size));
}

/**
 * The access units of a raw H.264 or H.265 file. They follow each other at `frameDuration` ms in decoding
 * order; the presentation times come from the order in which ffmpeg shows the pictures, delayed as far as
 * reordering needs.
 */
export async function readAccessUnits(file: string, frameDuration: number): Promise<SourcePacket[]> {
  const [data, packets, frames] = await Promise.all([readFile(file), probePackets(file), probeFrames(file)]);
  const shownAt = new Map(frames.map((frame, index) => [frame.pkt_pos, index]));
  const shown = packets.map((packet, index) => shownAt.get(packet.pos) ?? index);
  const delay = Math.max(...shown.map((position, index) => index - position));
  return packets.map((packet, index) => ({
    data: cut(data, packet),
    dts: index * frameDuration,
    pts: ((shown[index] ?? index) + delay) * frameDuration,
  }));
}

/** The frames of an ADTS or MP3 file, with the times that their sample counts give them. */
export async function readAudioFrames(file: string): Promise<SourcePacket[]> {
  const [data, packets] = await Promise.all([readFile(file), probePackets(file)]);
  return packets.map((packet) => {
    const pts = Number(packet.pts_time) * 1000;
    return { data: cut(data, packet), pts, dts: pts };
  });
}

/** Two tracks in the order of their decoding times, as a camera hands them over. */
export function* interleave(
  video: readonly SourcePacket[],
  audio: readonly SourcePacket[],
): Generator<{ track: 'video' | 'audio'; packet: SourcePacket }> {
  let v = 0;
  let a = 0;
  for (;;) {
    const nextVideo = video[v];
    const nextAudio = audio[a];
    if (nextVideo && (!nextAudio || nextVideo.dts <= nextAudio.dts)) {
      yield { track: 'video', packet: nextVideo };
      v++;
    } else if (nextAudio) {
      yield { track: 'audio', packet: nextAudio };
      a++;
    } else return;
  }
}
