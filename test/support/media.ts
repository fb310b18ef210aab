import { fileURLToPath } from 'node:url';
import { frameHashes, type PacketTimes, packetTimes } from './ffmpeg.js';

/** The path of a file of test/fixtures. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}

/** The bundled clip: 80 pictures at 25 fps, 150 AAC frames of 1024 samples at 48 kHz, 3.2 s both. */
export const clip = {
  video: fileURLToPath(new URL('../../packages/engine/assets/clip.h264', import.meta.url)),
  audio: fileURLToPath(new URL('../../packages/engine/assets/clip.aac', import.meta.url)),
  frames: 80,
  audioFrames: 150,
} as const;

/** A file in terms of what a viewer gets: the hash of every decoded frame, and the times of every packet. */
export interface DecodedTrack {
  hashes: string[];
  times: PacketTimes[];
}

export async function decodeTrack(file: string, track: 'video' | 'audio'): Promise<DecodedTrack> {
  const [hashes, times] = await Promise.all([frameHashes(file, track), packetTimes(file, track)]);
  return { hashes, times };
}
