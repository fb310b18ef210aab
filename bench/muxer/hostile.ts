import {
  AccessUnitSplitter,
  AdtsSplitter,
  FlvReader,
  type FlvTag,
  Mp3Splitter,
  Muxer,
  MuxerError,
} from '@cloudpush/muxer';

// Inputs that an attacker would choose: time a byte must be the same for 64 kB and for 4 MB. It is linear
// then.

const small = 65_536;
const large = 4 * 2 ** 20;
const rounds = 5;

/** `pattern` behind `start`, as often as it fits as a whole. */
function fill(start: string, pattern: string, size: number): Buffer {
  const first = Buffer.from(start, 'hex');
  const unit = Buffer.from(pattern, 'hex');
  const times = Math.floor((size - first.length) / unit.length);
  return Buffer.concat([first, Buffer.alloc(times * unit.length, unit)]);
}

const sps = '0000000167640000';
const video = (codec: 'h264' | 'h265') => (data: Buffer) => {
  const tags: FlvTag[] = [];
  new Muxer().video(codec, { data, headroom: 0, dts: 0, pts: 0 }, tags);
};
const audio = (codec: 'aac' | 'mp3') => (data: Buffer) => {
  const tags: FlvTag[] = [];
  new Muxer().audio(codec, { data, headroom: 0, dts: 0, pts: 0 }, tags);
};
const inPieces = (make: () => { push(piece: Buffer): unknown; flush?(): unknown }) => (data: Buffer) => {
  const reader = make();
  for (let at = 0; at < data.length; at += 1000) reader.push(data.subarray(at, at + 1000));
  reader.flush?.();
};

const cases: [string, (data: Buffer) => void, string, string][] = [
  ['zeros', video('h264'), '', '00'],
  ['start codes alone', video('h264'), '00000001', '000001'],
  ['NAL units of one byte', video('h264'), '', '00000109'],
  ['one NAL unit of nearly start codes', video('h264'), '0000000101', '000002'],
  ['emulation prevention in an SPS', video('h264'), sps, '000003'],
  ['SEI with an endless size', video('h264'), '0000000106', 'ff'],
  ['SEI messages of no size', video('h265'), '000000014e01', '0500'],
  ['ADTS sync words', audio('aac'), '', 'fff1'],
  ['shortest ADTS frames', audio('aac'), '', 'fff15040011ffc21'],
  ['shortest MP3 frames', audio('mp3'), '', `fff314c4${'00'.repeat(20)}`],
  ['splitter: NAL units of one byte', inPieces(() => new AccessUnitSplitter('h264')), '', '00000109'],
  [
    'splitter: first slices without parameter sets',
    inPieces(() => new AccessUnitSplitter('h265')),
    '',
    '0000012601ff',
  ],
  ['splitter: ADTS sync words', inPieces(() => new AdtsSplitter()), '', 'fff1'],
  ['splitter: MP3 sync words', inPieces(() => new Mp3Splitter()), '', 'fffb'],
  [
    'FLV: empty tags',
    inPieces(() => new FlvReader()),
    '464c5601050000000900000000',
    '08000000000000000000000000000b',
  ],
];

function timeOf(call: (data: Buffer) => void, start: string, pattern: string, size: number): number {
  const times: number[] = [];
  for (let i = 0; i < rounds; i++) {
    const data = fill(start, pattern, size);
    const begin = process.hrtime.bigint();
    try {
      call(data);
    } catch (error) {
      if (!(error instanceof MuxerError)) throw error;
    }
    times.push(Number(process.hrtime.bigint() - begin) / size);
  }
  return Math.min(...times);
}

console.table(
  cases.map(([input, call, start, pattern]) => {
    const short = timeOf(call, start, pattern, small);
    const long = timeOf(call, start, pattern, large);
    return { input, 'ns a byte, 64 kB': short.toFixed(2), 'ns a byte, 4 MB': long.toFixed(2) };
  }),
);
