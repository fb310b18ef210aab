import assert from 'node:assert/strict';
import { type FlvTag, Muxer } from '@cloudpush/muxer';
import { mutate } from './mutate.js';
import { flush, type Outcome, Placed, run } from './placed.js';
import type { Random } from './random.js';
import type { Seed } from './seeds.js';

/**
 * Records without parameter sets, which leave them to the samples; the length size is in the byte that is
 * named.
 */
const emptyRecords = {
  h264: { bytes: Buffer.from('0164000afce000', 'hex'), lengthSizeAt: 4 },
  h265: { bytes: Buffer.from('0101600000009000000000001ef000fcfdf8f800000c00', 'hex'), lengthSizeAt: 21 },
};

type NalCodec = keyof typeof emptyRecords;

function emptyRecord(codec: NalCodec, lengthSize: number): Buffer {
  const { bytes, lengthSizeAt } = emptyRecords[codec];
  const record = Buffer.from(bytes);
  record[lengthSizeAt] = record[lengthSizeAt]! | (lengthSize - 1);
  return record;
}

const startCode = Buffer.from([0, 0, 1]);

/** The NAL units of a byte stream, without the zeros behind them; empty ones are none. */
function nalUnits(data: Buffer): Buffer[] {
  const nals: Buffer[] = [];
  for (let at = data.indexOf(startCode); at >= 0; ) {
    const next = data.indexOf(startCode, at + 3);
    let end = next < 0 ? data.length : next;
    while (end > at + 3 && data[end - 1] === 0) end--;
    if (end > at + 3) nals.push(data.subarray(at + 3, end));
    at = next;
  }
  return nals;
}

function lengthPrefixed(nals: readonly Buffer[], lengthSize: number): Buffer {
  return Buffer.concat(
    nals.flatMap((nal) => {
      const length = Buffer.alloc(lengthSize);
      length.writeUIntBE(nal.length, 0, lengthSize);
      return [length, nal];
    }),
  );
}

/**
 * One stream of a few packets, some of them changed, behind start codes and behind lengths: both must become
 * the same tags, or be refused for the same reason. Returns the number of packets.
 */
function fuzzSamples(seed: Seed, random: Random): number {
  const lengthSize = random.pick([4, 4, 3, 2]);
  const configuration = emptyRecord(seed.codec as NalCodec, lengthSize);
  const warnings: string[][] = [[], [], []];
  const [byteStream, inPlace, sliced] = warnings.map(
    (list) => new Muxer({ slices: 'join', onWarning: ({ code }) => list.push(code) }),
  ) as [Muxer, Muxer, Muxer];
  const count = 1 + random.below(6);
  const derived = random.chance(4);
  for (let i = 0; i < count; i++) {
    const original = seed.packets[Math.min(i, seed.packets.length - 1)]!;
    const nals = nalUnits(mutate(original, random.pick(seed.packets), random));
    if (nals.some(({ length }) => length >= 256 ** lengthSize)) continue;
    const dts = derived ? Number.NaN : 40 * i;
    const details = { dts, pts: 40 * i, keyFrame: random.chance(6) ? random.chance(2) : undefined };
    const annexB = Buffer.concat(nals.flatMap((nal) => [Buffer.of(0), startCode, nal]));
    const expected = run(byteStream, seed, new Placed(annexB, 0, details));
    const data = lengthPrefixed(nals, lengthSize);
    const headroom = random.pick([48, 48, 18, 9, 5, 1]);
    for (const [muxer, room] of [
      [inPlace, headroom],
      [sliced, 0],
    ] as const) {
      const placed = new Placed(data, room, { ...details, configuration });
      assert.deepEqual(run(muxer, seed, placed), expected, `behind ${lengthSize} bytes of length it differs`);
      placed.reuse();
    }
    assert.deepEqual(warnings[1], warnings[0], 'warnings differ');
  }
  assert.deepEqual(flush(inPlace), flush(byteStream), 'the last picture differs');
  return count;
}

/** Raw frames with the configuration that their ADTS headers make. Returns the number of packets. */
function fuzzRawAac(seed: Seed, random: Random): number {
  const adts = new Muxer();
  const raw = new Muxer();
  let configuration: Buffer | undefined;
  for (const [i, frame] of seed.packets.slice(0, 6).entries()) {
    const data = Buffer.from(frame);
    // Anything but the header may be changed; the first bits could be a program config element then.
    for (let left = random.below(4); left > 0; left--)
      data[8 + random.below(data.length - 8)] = random.below(256);
    const tags: FlvTag[] = [];
    adts.audio('aac', { data, headroom: 0, dts: 21 * i, pts: 21 * i }, tags);
    const bodies = tags.map(({ parts }) => Buffer.concat(parts));
    configuration ??= bodies[0]!.subarray(2);
    const placed = new Placed(data.subarray(7), random.pick([48, 2, 1, 0]), {
      dts: 21 * i,
      pts: 21 * i,
      configuration,
    });
    const outcome = run(raw, seed, placed);
    assert.deepEqual(
      bodiesOf(outcome),
      bodies.map((body) => body.toString('hex')),
      'raw frames differ',
    );
  }
  return Math.min(6, seed.packets.length);
}

function bodiesOf({ tags, code }: Outcome): unknown[] {
  assert.equal(code, '');
  return tags.map((tag) => (tag as { body: string }).body);
}

const records = {
  h264: Buffer.from(
    '0164000affe100186764000aacd9457b011000000300100000030320f1225960010006 68ebe3cb22c0fdf8f800'.replace(
      ' ',
      '',
    ),
    'hex',
  ),
  h265: Buffer.from(
    '0101600000009000000000001ef000fcfdf8f800000f03' +
      '20000100184 0010c01ffff01600000030090000003000003001e959009'.replace(' ', '') +
      '210001002942010101600000030090000003000003001ea028831659592e4caf016808000003000800000300c840' +
      '22000100064401c173d089',
    'hex',
  ),
};
const samples = {
  h264: Buffer.from('000000086588840047dae398', 'hex'),
  h265: Buffer.from('000000042801af1d', 'hex'),
};
const audioConfigs = ['1210', '2b118800', 'eb098800', '139056e5a54800', '17800bb810', '1204000400ff'].map(
  (config) => Buffer.from(config, 'hex'),
);

/**
 * Records, configurations and samples that nobody made: they are refused with an error that says so, and a
 * good packet goes through.
 */
function fuzzConfigurations(random: Random): number {
  const muxer = new Muxer();
  const sliced = new Muxer();
  const codec = random.pick(['h264', 'h265'] as const);
  for (let i = 0; i < 4; i++) {
    const at = { dts: 40 * i, pts: 40 * i, encrypted: random.chance(8), keyFrame: random.chance(2) };
    const configuration = mutate(records[codec], records[codec], random);
    const data = mutate(samples[codec], samples[codec], random);
    both(muxer, sliced, { media: 'video', codec }, data, { ...at, configuration }, random);
    const audio = { ...at, configuration: mutate(random.pick(audioConfigs), audioConfigs[0]!, random) };
    both(muxer, sliced, { media: 'audio', codec: 'aac' }, Buffer.from('21100504', 'hex'), audio, random);
  }
  // A picture that is held back may have a fault of its own, which would be told with the next one.
  flush(muxer);
  const good = { dts: 400, pts: 400, keyFrame: undefined };
  const picture = new Placed(samples[codec], 48, { ...good, configuration: records[codec] });
  assert.equal(run(muxer, { media: 'video', codec }, picture).code, '', 'a good picture is refused');
  const frame = new Placed(Buffer.from('21100504', 'hex'), 48, { ...good, configuration: audioConfigs[0] });
  assert.equal(run(muxer, { media: 'audio', codec: 'aac' }, frame).code, '', 'a good frame is refused');
  return 10;
}

function both(
  muxer: Muxer,
  sliced: Muxer,
  track: Pick<Seed, 'media' | 'codec'>,
  data: Buffer,
  details: ConstructorParameters<typeof Placed>[2],
  random: Random,
): void {
  const outcome = run(muxer, track, new Placed(data, random.pick([48, 9, 1]), details));
  assert.deepEqual(run(sliced, track, new Placed(data, 0, details)), outcome, 'in place and sliced differ');
}

/**
 * Packets as containers and RTP have them, with their configuration beside them. Returns the number of
 * packets.
 */
export function fuzzContainer(seeds: readonly Seed[], random: Random): number {
  if (random.chance(4)) return fuzzConfigurations(random);
  const seed = random.pick(
    seeds.filter(({ codec }) => codec === 'h264' || codec === 'h265' || codec === 'aac'),
  );
  return seed.codec === 'aac' ? fuzzRawAac(seed, random) : fuzzSamples(seed, random);
}
