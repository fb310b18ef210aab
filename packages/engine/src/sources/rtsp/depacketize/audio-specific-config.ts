import { BitReader } from './bit-reader.js';

/** The fields of an AudioSpecificConfig that timing needs (ISO/IEC 14496-3 §1.6.2.1). */
export interface AudioTiming {
  /** Hz of the core coder, below spectral band replication. */
  readonly sampleRate: number;
  /** Samples of one frame at that rate: 1024 or 960, 512 or 480 for low delay. */
  readonly frameSamples: number;
  /** 0: a program config element tells the channels. */
  readonly channelConfiguration: number;
}

const samplingFrequencies = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
];

const objectTypes = { main: 1, ltp: 4, sbr: 5, scalable: 6, erLc: 17, erLtp: 19, erLd: 23, ps: 29, eld: 39 };

/** Reads an AudioSpecificConfig from `bytes`; undefined when it does not describe AAC. */
export function readAudioSpecificConfig(bytes: Uint8Array): AudioTiming | undefined {
  return readAudioSpecificConfigAt(new BitReader(bytes));
}

/** Reads an AudioSpecificConfig where `reader` stands and leaves it behind frameLengthFlag. */
export function readAudioSpecificConfigAt(reader: BitReader): AudioTiming | undefined {
  let objectType = readObjectType(reader);
  const sampleRate = readFrequency(reader);
  const channelConfiguration = reader.bits(4);
  if (objectType === objectTypes.sbr || objectType === objectTypes.ps) {
    readFrequency(reader);
    objectType = readObjectType(reader);
  }
  const short = reader.flag(); // frameLengthFlag
  if (reader.overrun || sampleRate === undefined || !isAac(objectType)) return undefined;
  const lowDelay = objectType === objectTypes.erLd || objectType === objectTypes.eld;
  const long = lowDelay ? 512 : 1024;
  return { sampleRate, frameSamples: short ? (long * 15) / 16 : long, channelConfiguration };
}

/** Ticks of an RTP clock from one frame to the next. */
export function frameDurationOf(
  { sampleRate, frameSamples }: Pick<AudioTiming, 'sampleRate' | 'frameSamples'>,
  clockRate: number,
): number {
  return Math.max(1, Math.round((frameSamples * clockRate) / sampleRate));
}

function readObjectType(reader: BitReader): number {
  const type = reader.bits(5);
  return type === 31 ? 32 + reader.bits(6) : type;
}

function readFrequency(reader: BitReader): number | undefined {
  const index = reader.bits(4);
  const frequency = index === 15 ? reader.bits(24) : samplingFrequencies[index];
  return frequency === 0 ? undefined : frequency;
}

function isAac(type: number): boolean {
  const { main, ltp, scalable, erLc, erLtp, erLd, eld } = objectTypes;
  return (
    (type >= main && type <= ltp) ||
    type === scalable ||
    (type >= erLc && type <= erLtp) ||
    type === erLd ||
    type === eld
  );
}
