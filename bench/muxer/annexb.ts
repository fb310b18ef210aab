import { muxByteLoop } from './byte-loop.js';
import { type Job, printJobTable } from './job-table.js';
import { loadMediabunny } from './mediabunny.js';
import { BenchPacket } from './packets.js';
import { repeatedMuxing } from './repeated-muxing.js';

// H.264 packets to FLV tag bodies: microseconds and gigabytes a second beside the floor, which is one native
// search for start codes over the same bytes. With --expose-gc --max-semi-space-size=256 it also tells the
// garbage a packet.

const startCodePrefix = Buffer.from([0, 0, 1]);

/** The floor: finding the start codes, as the muxer does, and nothing else. */
function searchAll(data: Uint8Array): number {
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  let found = 0;
  for (let at = bytes.indexOf(startCodePrefix); at >= 0; at = bytes.indexOf(startCodePrefix, at + 3)) found++;
  return found;
}

/** Muxes the packet again and again; one that is muxed in place is put back first. */
function muxing(packet: BenchPacket): () => void {
  return repeatedMuxing(packet, () => {
    if (packet.headroom > 0) packet.restore();
  });
}

function rows(size: number, slices: number, convert: ((data: Uint8Array) => Uint8Array) | undefined): Job[] {
  const packet = `${size / 1000} kB, ${slices} slice${slices > 1 ? 's' : ''}`;
  const source = BenchPacket.inter(size, slices, 4, 0);
  const jobs: [string, () => void][] = [
    ['floor: Buffer.indexOf', () => searchAll(source.data)],
    ['muxer, in place', muxing(BenchPacket.inter(size, slices, 4, 48))],
    ['muxer, 3-byte start codes', muxing(BenchPacket.inter(size, slices, 3, 48))],
    ['muxer, read only', muxing(source)],
    ['byte loop and copy', () => muxByteLoop(source.data)],
  ];
  if (convert !== undefined) jobs.push(['mediabunny', () => convert(source.data)]);
  return jobs.map(([job, call]) => ({ packet, job, size, call }));
}

const mediabunny = await loadMediabunny();
if (mediabunny === undefined) console.log('mediabunny is left out: MEDIABUNNY does not name its folder');
const all = [
  [20_000, 1],
  [20_000, 8],
  [200_000, 1],
  [200_000, 8],
].flatMap(([size, slices]) => rows(size!, slices!, mediabunny));

await printJobTable(all);
