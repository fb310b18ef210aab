import { NaiveError } from './naive-bits.js';
import { type NaiveFrame, naiveFrames } from './naive-frames.js';

const rates = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
];

interface NaiveAacFrame {
  /** AudioSpecificConfig. */
  config: number[];
  sampleRate: number;
  payload: number[];
  /** Frames that seem to be missing in front of it. */
  missing: number;
}

interface Config {
  channels: number;
  objectType: number;
  index: number;
  pce: string | undefined;
}

function toBits(bytes: readonly number[]): string {
  return bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('');
}

function toBytes(bits: string): number[] {
  const bytes: number[] = [];
  for (let i = 0; i < bits.length; i += 8)
    bytes.push(Number.parseInt(bits.slice(i, i + 8).padEnd(8, '0'), 2));
  return bytes;
}

/** The header of the frame that the bytes begin with, or what is wrong with it. */
function look(rest: readonly number[]): NaiveFrame {
  if (rest.length < 7) return 'ERR_CLOUDPUSH_ADTS_CUT_OFF';
  const bits = toBits(rest.slice(0, 7));
  const field = (from: number, count: number) => Number.parseInt(bits.slice(from, from + count), 2);
  if (field(0, 12) !== 0xfff) return 'ERR_CLOUDPUSH_ADTS_SYNC';
  if (field(13, 2) !== 0) return 'ERR_CLOUDPUSH_ADTS_LAYER';
  if (field(12, 1) === 1 && field(16, 2) === 3) return 'ERR_CLOUDPUSH_ADTS_PROFILE';
  if (field(18, 4) > 12) return 'ERR_CLOUDPUSH_ADTS_SAMPLE_RATE';
  const header = field(15, 1) === 1 ? 7 : 7 + 2 * (field(54, 2) + 1);
  const length = field(30, 13);
  if (length <= header) return 'ERR_CLOUDPUSH_ADTS_FRAME_LENGTH';
  if (length > rest.length) return 'ERR_CLOUDPUSH_ADTS_CUT_OFF';
  // Version, layer, protection, profile, sampling frequency and channels; the private bit may differ.
  return { length, kind: bits.slice(8, 22) + bits.slice(23, 26) };
}

/** ADTS frames, read as bit strings. `known` is the program config element that came before, as bits. */
export function naiveAacFrames(
  bytes: readonly number[],
  known: string | undefined,
  encrypted: boolean,
): { frames: NaiveAacFrame[]; programConfig: string | undefined; damage: string | undefined } {
  let programConfig = known;
  const frames: NaiveAacFrame[] = [];
  const found = naiveFrames(bytes, look, 'ERR_CLOUDPUSH_ADTS_CUT_OFF');
  let { damage } = found;
  let missing = 0;
  for (const { at, length, missing: before } of found.frames) {
    missing += before;
    const frame = bytes.slice(at, at + length);
    const bits = toBits(frame.slice(0, 7));
    const field = (from: number, count: number) => Number.parseInt(bits.slice(from, from + count), 2);
    const unprotected = field(15, 1) === 1;
    const blocks = field(54, 2) + 1;
    const header = unprotected ? 7 : 7 + 2 * blocks;
    const raw = frame.slice(header);
    const channels = field(23, 3);
    const payloads = blocks > 1 && unprotected ? undefined : splitBlocks(frame, header, blocks);
    let element = programConfig;
    if (channels === 0 && !encrypted && toBits(raw.slice(0, 1)).startsWith('101')) {
      element = naiveProgramConfig(raw);
    }
    if (payloads === undefined || (channels === 0 && element === undefined)) {
      damage ??=
        payloads === undefined ? 'ERR_CLOUDPUSH_ADTS_RAW_DATA_BLOCKS' : 'ERR_CLOUDPUSH_ADTS_NO_CHANNELS';
      missing++;
      continue;
    }
    programConfig = element;
    const index = field(18, 4);
    const config = specificConfig({ channels, objectType: field(16, 2) + 1, index, pce: programConfig });
    for (const [i, payload] of payloads.entries()) {
      frames.push({ config, sampleRate: rates[index]!, payload, missing: i === 0 ? missing : 0 });
    }
    missing = 0;
    if (frames.length > 1024) throw new NaiveError('ERR_CLOUDPUSH_AUDIO_FRAME_LIMIT');
  }
  if (frames.length === 0) throw new NaiveError(damage!);
  return { frames, programConfig, damage };
}

function specificConfig({ objectType, index, channels, pce }: Config): number[] {
  const fixed = [objectType.toString(2).padStart(5, '0'), index.toString(2).padStart(4, '0')];
  const bits = `${fixed.join('')}${channels.toString(2).padStart(4, '0')}000`;
  if (channels !== 0 || pce === undefined) return toBytes(bits);
  const [layout, comment] = pce.split('|') as [string, string];
  const aligned = (bits + layout).padEnd(Math.ceil((bits.length + layout.length) / 8) * 8, '0');
  return toBytes(aligned + comment);
}

/** Layout bits and comment bits of the element that a raw data block begins with, divided by a bar. */
function naiveProgramConfig(raw: readonly number[]): string | undefined {
  const bits = toBits(raw);
  let at = 3;
  const read = (count: number): number => {
    const text = bits.slice(at, at + count);
    at += count;
    return text.length < count ? Number.NaN : Number.parseInt(text || '0', 2);
  };
  read(10);
  const front = read(4);
  const side = read(4);
  const back = read(4);
  const lfe = read(2);
  const data = read(3);
  const coupling = read(4);
  if (read(1) === 1) read(4);
  if (read(1) === 1) read(4);
  if (read(1) === 1) read(3);
  let channels = lfe;
  for (let i = 0; i < front + side + back; i++) {
    channels += read(1) === 1 ? 2 : 1;
    read(4);
  }
  read(4 * lfe + 4 * data + 5 * coupling);
  const layout = bits.slice(3, at);
  at = Math.ceil(at / 8) * 8;
  const start = at;
  read(8 * read(8));
  if (!(at <= bits.length) || channels === 0) return undefined;
  return `${layout}|${bits.slice(start, at)}`;
}

/** Undefined when the blocks cannot be told from each other. */
function splitBlocks(frame: readonly number[], header: number, blocks: number): number[][] | undefined {
  if (blocks === 1) return [frame.slice(header)];
  const starts = [header];
  for (let i = 1; i < blocks; i++) starts.push(header + frame[5 + 2 * i]! * 256 + frame[6 + 2 * i]!);
  const payloads: number[][] = [];
  for (const [i, start] of starts.entries()) {
    const end = (i + 1 < blocks ? starts[i + 1]! : frame.length) - 2;
    if (start >= end || end > frame.length) return undefined;
    payloads.push(frame.slice(start, end));
  }
  return payloads;
}
