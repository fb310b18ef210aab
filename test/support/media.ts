import { fileURLToPath } from 'node:url';

/** The path of a file of test/fixtures. */
export function fixture(name: string): string {
  return fileURLToPath(new URL(`../fixtures/${name}`, import.meta.url));
}

/** The bundled clip: 80 pictures at 25 fps, 150 AAC frames of 1024 samples at 48 kHz, 3.2 s both. */
export const clip = {
  video: fileURLToPath(new URL('../../packages/cloudpush/assets/clip.h264', import.meta.url)),
  audio: fileURLToPath(new URL('../../packages/cloudpush/assets/clip.aac', import.meta.url)),
  frames: 80,
  audioFrames: 150,
} as const;
