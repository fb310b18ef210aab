import { fileURLToPath } from 'node:url';

const ASSETS = new URL('../../assets/', import.meta.url);

/** The paths of the clip that comes with the program: its pictures (H.264), and its sound (AAC). */
export const BUNDLED_CLIP: readonly string[] = ['clip.h264', 'clip.aac'].map((name) =>
  fileURLToPath(new URL(name, ASSETS)),
);
