import { type AudioCodec, type FlvTag, type MediaPacket, Muxer } from '@cloudpush/muxer';
import { Bench } from 'tinybench';
import { garbageOf } from '../support/garbage.js';
import { BenchPacket } from './packets.js';

// The forms that packets come in: H.264 behind start codes and behind lengths, AAC behind ADTS headers and
// raw, G.711. Microseconds a packet.

const batch = 50;

/** Muxes the packet again and again, `interval` ms apart, and makes it anew before if need be. */
function muxing(
  send: (packet: MediaPacket, out: FlvTag[]) => void,
  packet: MediaPacket,
  restore: () => void,
  interval: number,
): () => void {
  const tags: FlvTag[] = [];
  return () => {
    restore();
    packet.dts += interval;
    packet.pts = packet.dts;
    tags.length = 0;
    send(packet, tags);
  };
}

const nothing = (): void => {};

function annexB(size: number, slices: number, headroom: number): () => void {
  const muxer = new Muxer();
  muxer.video('h264', { data: BenchPacket.key().data, headroom: 0, dts: 0, pts: 0 }, []);
  const source = BenchPacket.inter(size, slices, 4, headroom);
  const packet = { data: source.data, headroom, dts: 0, pts: 0 };
  const restore = headroom > 0 ? () => source.restore() : nothing;
  return muxing((given, out) => muxer.video('h264', given, out), packet, restore, 40);
}

function lengthPrefixed(size: number, slices: number, headroom: number): () => void {
  const muxer = new Muxer();
  const { configuration } = BenchPacket;
  const key = {
    data: Buffer.from('000000086588840047dae398', 'hex'),
    headroom: 0,
    dts: 0,
    pts: 0,
    configuration,
  };
  muxer.video('h264', key, []);
  const packet = { data: BenchPacket.sample(size, slices), headroom, dts: 0, pts: 0, configuration };
  return muxing((given, out) => muxer.video('h264', given, out), packet, nothing, 40);
}

/** A frame of 350 bytes behind `header`, which muxing in place writes over. */
function sound(codec: AudioCodec, header: string, configuration?: Uint8Array): () => void {
  const muxer = new Muxer();
  const head = Buffer.from(header, 'hex');
  const data = new Uint8Array(new SharedArrayBuffer(48 + head.length + 350), 48);
  data.fill(0x21, head.length);
  const packet = { data, headroom: 48, dts: 0, pts: 0, configuration };
  const restore = head.length > 0 ? () => data.set(head) : nothing;
  return muxing((given, out) => muxer.audio(codec, given, out), packet, restore, 20);
}

const rows: readonly (readonly [packet: string, form: string, call: () => void])[] = [
  ...[1, 8].flatMap((slices) =>
    [48, 0].flatMap((headroom) => {
      const packet = `20 kB, ${slices} slice${slices > 1 ? 's' : ''}, ${headroom > 0 ? 'in place' : 'read only'}`;
      return [
        [packet, 'Annex-B', annexB(20_000, slices, headroom)],
        [packet, 'length-prefixed', lengthPrefixed(20_000, slices, headroom)],
      ] as const;
    }),
  ),
  ['AAC, 350 bytes, in place', 'ADTS', sound('aac', 'fff150802cbffc')],
  ['AAC, 350 bytes, in place', 'raw', sound('aac', '', Buffer.from('1210', 'hex'))],
  ['G.711, 350 bytes, in place', 'samples', sound('g711a', '')],
];

const bench = new Bench({ time: 400, warmupTime: 100 });
for (const [packet, form, call] of rows) {
  bench.add(`${packet}: ${form}`, () => {
    for (let i = 0; i < batch; i++) call();
  });
}
await bench.run();
console.table(
  rows.map(([packet, form, call], i) => {
    const { result } = bench.tasks[i]!;
    if (!('latency' in result)) throw new Error(`${bench.tasks[i]!.name} did not run`);
    const micros = (result.latency.p50 * 1000) / batch;
    return { packet, form, 'µs a packet': micros.toFixed(2), 'heap bytes a packet': garbageOf(call) };
  }),
);
