import { readFile } from 'node:fs/promises';
import {
  AccessUnitSplitter,
  AdtsSplitter,
  type DecryptionCounts,
  type DecryptionFailure,
  type DemuxedUnit,
  type EncryptionMode,
  FlvDecryptor,
  FlvReader,
  type FlvTag,
  FlvWriter,
  Mp3Splitter,
  Muxer,
  SampleEncryptor,
  TagType,
} from '@cloudpush/muxer';
import { demuxFile } from './mux-file.js';

/** The input of the muxer: elementary streams, each with its times. */
export interface Sources {
  readonly video?: { readonly path: string; readonly codec: 'h264' | 'h265'; readonly frameRate: number };
  readonly audio?: { readonly path: string; readonly codec: 'aac' | 'mp3' };
  /** True: the video stays in the clear, whatever the mode. */
  readonly videoIsClear?: boolean;
}

/** Keys of every kind. */
export const keys = { video: 'vavakey', audio: Uint8Array.from({ length: 16 }, (_, i) => 17 * i) };

interface TimedFeed {
  readonly time: number;
  readonly feed: (muxer: Muxer, tags: FlvTag[]) => void;
}

async function videoFeeds({ path, codec, frameRate }: NonNullable<Sources['video']>): Promise<TimedFeed[]> {
  const splitter = new AccessUnitSplitter(codec);
  const units = [...splitter.push(await readFile(path)), ...splitter.flush()];
  return units.map(({ data, decodingIndex, presentationIndex }) => {
    const time = (decodingIndex * 1000) / frameRate;
    const pts = (presentationIndex * 1000) / frameRate;
    return {
      time,
      feed: (muxer, tags) => muxer.video(codec, { data, headroom: 0, dts: time, pts }, tags),
    };
  });
}

async function audioFeeds({ path, codec }: NonNullable<Sources['audio']>): Promise<TimedFeed[]> {
  const splitter = codec === 'aac' ? new AdtsSplitter() : new Mp3Splitter();
  const frames = [...splitter.push(await readFile(path)), ...splitter.flush()];
  return frames.map(({ data, time }) => ({
    time,
    feed: (muxer, tags) => muxer.audio(codec, { data, headroom: 0, dts: time, pts: time }, tags),
  }));
}

function flvFile(tags: readonly FlvTag[], sources: Sources): Buffer {
  const writer = new FlvWriter();
  const flags = { hasVideo: sources.video !== undefined, hasAudio: sources.audio !== undefined };
  return Buffer.concat([writer.header(flags), ...tags.flatMap((tag) => writer.tag(tag))]);
}

/** The sources as an FLV file, in the clear and encrypted. */
export async function encryptedFile(
  sources: Sources,
  mode: EncryptionMode = 'allFrames',
): Promise<{ clear: Buffer; encrypted: Buffer }> {
  const feeds = [
    ...(sources.video === undefined ? [] : await videoFeeds(sources.video)),
    ...(sources.audio === undefined ? [] : await audioFeeds(sources.audio)),
  ].sort((a, b) => a.time - b.time);
  const muxer = new Muxer({ hevcForm: 'legacy' });
  const tags: FlvTag[] = [];
  for (const { feed } of feeds) feed(muxer, tags);
  const video = new SampleEncryptor('video');
  const audio = new SampleEncryptor('audio');
  video.configure({ mode: sources.videoIsClear === true ? 'none' : mode, key: keys.video });
  audio.configure({ mode, key: keys.audio });
  const encrypted = tags.map((tag) => (tag.type === TagType.video ? video : audio).encrypt(tag, false));
  return { clear: flvFile(tags, sources), encrypted: flvFile(encrypted, sources) };
}

/** An FLV file, decrypted with the keys of `encryptedFile`, and how many of its samples were and were not. */
export function decryptedFile(file: Buffer): {
  clear: Buffer;
  decrypted: number;
  counts: DecryptionCounts;
  failures: readonly DecryptionFailure[];
} {
  const decryptor = new FlvDecryptor({ keys: [keys.audio, keys.video] });
  const writer = new FlvWriter();
  const pieces = [writer.header()];
  for (const tag of new FlvReader().push(file)) {
    const clear = decryptor.decrypt(tag);
    if (clear !== undefined) pieces.push(...writer.tag(clear));
  }
  decryptor.end();
  const { counts, failures } = decryptor;
  return { clear: Buffer.concat(pieces), decrypted: counts.decrypted, counts, failures };
}

/** The H.265 of an FLV file as an Annex-B stream. */
export function hevcStream(file: Buffer): Buffer {
  return Buffer.concat(demuxFile(file).map(({ data }) => data));
}

/** An encrypted Annex-B stream of H.265 as an FLV file: nothing inside it is looked at. */
export function hevcFile(stream: Buffer): Buffer {
  const splitter = new AccessUnitSplitter('h265');
  const muxer = new Muxer({ hevcForm: 'legacy' });
  const tags: FlvTag[] = [];
  for (const { data, decodingIndex } of [...splitter.push(stream), ...splitter.flush()]) {
    muxer.video('h265', { data, headroom: 0, dts: decodingIndex, pts: decodingIndex, encrypted: true }, tags);
  }
  return flvFile(tags, {});
}

const isVcl = {
  h264: (nal: Uint8Array) => (nal[0]! & 0x1f) >= 1 && (nal[0]! & 0x1f) <= 5,
  h265: (nal: Uint8Array) => nal[0]! >> 1 < 32,
};

/**
 * The part of a unit that no remuxer may change: the NAL units of a picture, or an audio frame with its
 * header.
 */
function essence(unit: DemuxedUnit): string[] {
  const bytes =
    unit.codec === 'h264' || unit.codec === 'h265' ? unit.nalUnits.filter(isVcl[unit.codec]) : [unit.data];
  return bytes.map((part) => Buffer.from(part).toString('hex'));
}

/** The NAL units of pictures and the audio frames of an FLV file, in their order. */
export function contents(file: Buffer): { video: string[]; audio: string[] } {
  const samples = demuxFile(file).filter(({ kind }) => kind === 'sample');
  const of = (track: 'video' | 'audio') => samples.filter((unit) => unit.track === track).flatMap(essence);
  return { video: of('video'), audio: of('audio') };
}
