import { readFile, writeFile } from 'node:fs/promises';
import {
  AccessUnitSplitter,
  AdtsSplitter,
  type AudioCodec,
  type AudioFrame,
  type AudioParameters,
  type DemuxedUnit,
  FlvDemuxer,
  FlvReader,
  type FlvTag,
  FlvWriter,
  Mp3Splitter,
  Muxer,
  type MuxerOptions,
  TagRole,
  type VideoParameters,
} from '@cloudpush/muxer';

/** An elementary stream in FLV, and what the muxer found out about it. */
export interface MuxedFile {
  readonly videoParameters: VideoParameters | undefined;
  readonly audioParameters: AudioParameters | undefined;
  /** The first sequence header behind its tag header. */
  readonly configuration: Buffer;
  /** Stamps of the media tags, ms; pts is dts for audio. */
  readonly times: readonly { dts: number; pts: number; key: boolean }[];
  /** The stream as our demuxer gives it back. */
  readonly elementary: Buffer;
}

/**
 * Every other packet is made in place, the others in slices, and all of it must look the same to a decoder.
 */
function placed(data: Uint8Array, index: number): { data: Uint8Array; headroom: number } {
  if (index % 2 === 1) return { data, headroom: 0 };
  const memory = new SharedArrayBuffer(48 + data.length);
  const copy = new Uint8Array(memory, 48);
  copy.set(data);
  return { data: copy, headroom: 48 };
}

/** Muxes an Annex-B file to FLV at `path`; times are counted in frames at `frameRate`. */
export async function muxVideo(
  source: string,
  codec: 'h264' | 'h265',
  frameRate: number,
  path: string,
  options: MuxerOptions & { presentationTimesOnly?: boolean } = {},
): Promise<MuxedFile> {
  const muxer = new Muxer(options);
  const splitter = new AccessUnitSplitter(codec);
  const tags: FlvTag[] = [];
  const units = [...splitter.push(await readFile(source)), ...splitter.flush()];
  units.forEach((unit, i) => {
    const dts = options.presentationTimesOnly ? Number.NaN : (unit.decodingIndex * 1000) / frameRate;
    const pts = (unit.presentationIndex * 1000) / frameRate;
    muxer.video(codec, { ...placed(unit.data, i), dts, pts }, tags);
  });
  return finish(muxer, tags, path, 5);
}

/** A sample as a container has it. */
export interface ContainerSample {
  readonly data: Uint8Array;
  readonly dts: number;
  readonly pts: number;
}

/** Muxes length-prefixed samples with their `avcC` or `hvcC` to FLV at `path`. */
export async function muxSamples(
  codec: 'h264' | 'h265',
  samples: readonly ContainerSample[],
  configuration: Uint8Array,
  path: string,
): Promise<MuxedFile> {
  const muxer = new Muxer();
  const tags: FlvTag[] = [];
  samples.forEach(({ data, dts, pts }, i) => {
    muxer.video(codec, { ...placed(data, i), dts, pts, configuration }, tags);
  });
  return finish(muxer, tags, path, 5);
}

/** Muxes an ADTS or MP3 file to FLV at `path`. */
export async function muxAudio(source: string, codec: 'aac' | 'mp3', path: string): Promise<MuxedFile> {
  const splitter = codec === 'aac' ? new AdtsSplitter() : new Mp3Splitter();
  const frames: AudioFrame[] = [...splitter.push(await readFile(source)), ...splitter.flush()];
  return muxAudioFrames(codec, frames, path, codec === 'aac' ? 2 : 1);
}

/** Muxes frames that are at hand; `headerSize` is that of a tag body. */
export async function muxAudioFrames(
  codec: AudioCodec,
  frames: readonly Pick<AudioFrame, 'data' | 'time'>[],
  path: string,
  headerSize: number,
  configuration?: Uint8Array,
): Promise<MuxedFile> {
  const muxer = new Muxer();
  const tags: FlvTag[] = [];
  frames.forEach(({ data, time }, i) => {
    muxer.audio(codec, { ...placed(data, i), dts: time, pts: time, configuration }, tags);
  });
  return finish(muxer, tags, path, headerSize);
}

const headerRoles = new Set<number>([
  TagRole.videoSequenceHeader,
  TagRole.audioSequenceHeader,
  TagRole.videoMetadata,
]);

export async function finish(
  muxer: Muxer,
  tags: FlvTag[],
  path: string,
  headerSize: number,
): Promise<MuxedFile> {
  const writer = new FlvWriter();
  const file = Buffer.concat([writer.header(), ...tags.flatMap((tag) => writer.tag(tag))]);
  await writeFile(path, file);
  const header = tags.find(({ role }) => headerRoles.has(role));
  const samples = demuxFile(file).filter(({ kind }) => kind === 'sample');
  return {
    videoParameters: muxer.videoParameters,
    audioParameters: muxer.audioParameters,
    configuration: header === undefined ? Buffer.alloc(0) : Buffer.concat(header.parts).subarray(headerSize),
    times: samples.map(({ dts, pts, keyFrame }) => ({ dts, pts, key: keyFrame })),
    elementary: Buffer.concat(samples.map(({ data }) => data)),
  };
}

export function demuxFile(file: Buffer): DemuxedUnit[] {
  const reader = new FlvReader();
  const demuxer = new FlvDemuxer();
  const units = reader.push(file).map((tag) => demuxer.demux(tag));
  reader.end();
  return units.filter((unit) => unit !== undefined);
}
