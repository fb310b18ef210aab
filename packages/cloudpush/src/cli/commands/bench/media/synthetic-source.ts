import {
  ClipReader,
  type MediaSource,
  openSource,
  readClip,
  type SourcePacket,
} from '@cloudpush/engine/sources';
import { BUNDLED_CLIP } from '../../../bundled-clip.js';
import { usageError } from '../../../exit-code.js';
import { FRAME_NUMBERS, keyPicture, repeatedPicture, smallestSizes } from './grey-pictures.js';

/** Pictures that are made, rather than read. */
export interface SyntheticOptions {
  /** Bits a second of the pictures. */
  readonly bitRate: number;
  /** Pictures a second. */
  readonly frameRate: number;
  /** s from one key frame to the next. */
  readonly keyInterval: number;
}

/** Bytes of the pictures of a group. */
export interface PictureSizes {
  readonly key: number;
  readonly other: number;
  /** Pictures from one key frame to the next. */
  readonly group: number;
}

/** A key frame has as many bytes as so many other pictures. */
const KEY_WEIGHT = 5;
/**
 * Bytes of the largest picture that is made: a message of RTMP (2^24 − 1 bytes, §5.3.1.2) less what FLV puts
 * around it.
 */
const LARGEST_PICTURE = 2 ** 24 - 1 - 64;
/** ms that the loop lasts at least: the beginning anew is rare. */
const MIN_LOOP = 4000;

/**
 * Opens pictures of the wanted bit rate with the sound of the bundled clip. All channels share the bytes: a
 * loop holds as many pictures in memory as have numbers of their own.
 * @throws CommandError where the bit rate leaves no room for the pictures, or makes them too large for RTMP
 */
export async function openSynthetic(options: SyntheticOptions): Promise<MediaSource> {
  const sizes = pictureSizes(options);
  const video = picturesOf(sizes, options.frameRate);
  const duration = video.length * video[0]!.duration;
  const sound = await openSource(BUNDLED_CLIP.slice(1));
  const audio = soundOf(await readClip(sound.open()), duration);
  const packets = [...video, ...audio].sort((a, b) => a.dts - b.dts);
  return {
    name: 'synthetic pictures',
    video: 'h264',
    audio: sound.audio,
    frameInterval: video[0]!.duration,
    duration,
    notices: [],
    open: () => new ClipReader(packets),
  };
}

/**
 * Bytes of each picture, so that a group has the bit rate.
 * @throws CommandError where the bit rate leaves no room for the pictures, or makes them too large for RTMP
 */
export function pictureSizes({ bitRate, frameRate, keyInterval }: SyntheticOptions): PictureSizes {
  const group = Math.max(1, Math.round(frameRate * keyInterval));
  const total = ((bitRate / 8) * group) / frameRate;
  const other = Math.floor(total / (group - 1 + KEY_WEIGHT));
  const key = Math.round(total - other * (group - 1));
  const smallest = smallestSizes();
  if (key < smallest.key || (group > 1 && other < smallest.other)) {
    const sizes = `a key frame has at least ${smallest.key} bytes, another picture ${smallest.other}`;
    throw usageError(
      `--bitrate ${bitRate}: too few for ${frameRate} pictures a second with a key frame every ${keyInterval} s: ${sizes}`,
    );
  }
  if (key > LARGEST_PICTURE) {
    const what = `a key frame would have ${key} bytes, and an RTMP message holds a picture of at most ${LARGEST_PICTURE}`;
    const most = Math.floor((bitRate * LARGEST_PICTURE) / key);
    const cure = `--bitrate ${most} or less, or a higher --fps`;
    throw usageError(
      `--bitrate ${bitRate}: too many for ${frameRate} pictures a second with a key frame every ${keyInterval} s: ${what}; ${cure}`,
    );
  }
  return { key, other, group };
}

/** An even number of groups: the numbers of key frames take turns, in the next round of the loop, too. */
function picturesOf({ key, other, group }: PictureSizes, frameRate: number): SourcePacket[] {
  const duration = 1000 / frameRate;
  const keys = [0, 1].map((idrPicId) => keyPicture(idrPicId, key));
  const others = Array.from({ length: FRAME_NUMBERS }, (_, number) => repeatedPicture(number, other));
  const groups = 2 * Math.ceil(MIN_LOOP / (2 * group * duration));
  return Array.from({ length: groups * group }, (_, index) => {
    const place = index % group;
    const dts = index * duration;
    return {
      kind: 'video',
      codec: 'h264',
      data: place === 0 ? keys[Math.floor(index / group) % 2]! : others[place % FRAME_NUMBERS]!,
      pts: dts,
      dts,
      keyFrame: place === 0,
      duration,
    };
  });
}

/** The frames over and over, as far as the pictures go. */
function soundOf(frames: readonly SourcePacket[], until: number): SourcePacket[] {
  const { duration } = frames[0]!;
  return Array.from({ length: Math.round(until / duration) }, (_, index) => {
    const dts = index * duration;
    return { ...frames[index % frames.length]!, pts: dts, dts, duration };
  });
}
