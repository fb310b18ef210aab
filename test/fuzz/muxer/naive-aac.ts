import { NaiveError } from './naive-bits.js';

const rates = [
  96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025, 8000, 7350,
];

interface NaiveAacFrame {
  /** AudioSpecificConfig. */
  config: number[];
  sampleRate: number;
  payload: number[];
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

/** ADTS frames, read as bit strings. `known` is the program config element that came before, as bits. */
export function naiveAacFrames(
  bytes: readonly number[],
  known: string | undefined,
  encrypted: boolean,
): { frames: NaiveAacFrame[]; programConfig: string | undefined } {
  let programConfig = known;
  const frames: NaiveAacFrame[] = [];
  for (let at = 0; at < bytes.length; ) {
    const rest = bytes.slice(at);
    if (rest.length < 7) throw new NaiveError('ERR_CLOUDPUSH_ADTS_CUT_OFF');
    const bits = toBits(rest.slice(0, 7));
    const field = (from: number, count: number) => Number.parseInt(bits.slice(from, from + count), 2);
    if (field(0, 12) !== 0xfff) throw new NaiveError('ERR_CLOUDPUSH_ADTS_SYNC');
    if (field(13, 2) !== 0) throw new NaiveError('ERR_CLOUDPUSH_ADTS_LAYER');
    const unprotected = field(15, 1) === 1;
    if (field(12, 1) === 1 && field(16, 2) === 3) throw new NaiveError('ERR_CLOUDPUSH_ADTS_PROFILE');
    const index = field(18, 4);
    if (index > 12) throw new NaiveError('ERR_CLOUDPUSH_ADTS_SAMPLE_RATE');
    const channels = field(23, 3);
    const length = field(30, 13);
    const blocks = field(54, 2) + 1;
    const header = unprotected ? 7 : 7 + 2 * blocks;
    if (length <= header) throw new NaiveError('ERR_CLOUDPUSH_ADTS_FRAME_LENGTH');
    if (length > rest.length) throw new NaiveError('ERR_CLOUDPUSH_ADTS_CUT_OFF');
    if (blocks > 1 && unprotected) throw new NaiveError('ERR_CLOUDPUSH_ADTS_RAW_DATA_BLOCKS');
    const payloads = splitBlocks(rest.slice(0, length), header, blocks);
    const raw = rest.slice(header, length);
    if (channels === 0) {
      if (!encrypted && toBits(raw.slice(0, 1)).startsWith('101')) programConfig = naiveProgramConfig(raw);
      if (programConfig === undefined) throw new NaiveError('ERR_CLOUDPUSH_ADTS_NO_CHANNELS');
    }
    const config = specificConfig({ channels, objectType: field(16, 2) + 1, index, pce: programConfig });
    for (const payload of payloads) frames.push({ config, sampleRate: rates[index]!, payload });
    at += length;
    if (frames.length > 1024) throw new NaiveError('ERR_CLOUDPUSH_AUDIO_FRAME_LIMIT');
  }
  return { frames, programConfig };
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

function splitBlocks(frame: readonly number[], header: number, blocks: number): number[][] {
  if (blocks === 1) return [frame.slice(header)];
  const starts = [header];
  for (let i = 1; i < blocks; i++) starts.push(header + frame[5 + 2 * i]! * 256 + frame[6 + 2 * i]!);
  return starts.map((start, i) => {
    const end = (i + 1 < blocks ? starts[i + 1]! : frame.length) - 2;
    if (start >= end || end > frame.length) throw new NaiveError('ERR_CLOUDPUSH_ADTS_RAW_DATA_BLOCKS');
    return frame.slice(start, end);
  });
}
