import { createCipheriv, randomBytes } from 'node:crypto';
import { type DecryptableTag, FlvDecryptor, type FlvTag, SampleEncryptor } from '@cloudpush/muxer';
import { type Job, printJobTable } from './job-table.js';
import { BenchPacket } from './packets.js';
import { repeatedMuxing } from './repeated-muxing.js';

// Encrypting H.264 pictures: microseconds and gigabytes a second, beside muxing alone, and beside the floor,
// which is AES-CTR over the same bytes, one update of a cipher. What is encrypted in place must be copied in
// anew each time: so all jobs but decrypting copy the packet in first. With --expose-gc
// --max-semi-space-size=256 it also tells the garbage.

const key = randomBytes(32);

function ciphering(packet: BenchPacket): () => void {
  const cipher = createCipheriv('aes-256-ctr', key, randomBytes(16));
  return () => {
    packet.copyIn();
    cipher.update(packet.data);
  };
}

/** Copies the packet in and muxes it, again and again. */
function muxing(packet: BenchPacket): () => FlvTag {
  return repeatedMuxing(packet, () => packet.copyIn());
}

function encrypting(packet: BenchPacket): () => FlvTag {
  const mux = muxing(packet);
  const encryptor = new SampleEncryptor('video');
  encryptor.configure({ mode: 'allFrames', key });
  return () => encryptor.encrypt(mux(), packet.headroom > 0);
}

function decrypting(packet: BenchPacket): () => void {
  const { type, timestamp, parts } = encrypting(packet)();
  const tag: DecryptableTag = { type, timestamp, payload: Buffer.concat(parts) };
  const decryptor = new FlvDecryptor({ keys: [key] });
  return () => decryptor.decrypt(tag);
}

/** In a headroom of 40 bytes there is no room for a trailer, in one of 128 for three. */
function rows([size, slices]: readonly [number, number]): Job[] {
  const packet = `${size / 1000} kB, ${slices} slice${slices > 1 ? 's' : ''}`;
  const source = BenchPacket.inter(size, slices, 4, 0);
  const jobs: [string, () => void][] = [
    ['floor: cipher.update', ciphering(source)],
    ['mux, in place', muxing(BenchPacket.inter(size, slices, 4, 48))],
    ['mux and encrypt, trailers in the headroom', encrypting(BenchPacket.inter(size, slices, 4, 128))],
    ['mux and encrypt, trailers as parts', encrypting(BenchPacket.inter(size, slices, 4, 40))],
    ['mux and encrypt, read only', encrypting(source)],
    ['decrypt', decrypting(source)],
  ];
  return jobs.map(([job, call]) => ({ packet, job, size, call }));
}

const packets = [
  [1000, 1],
  [20_000, 1],
  [20_000, 8],
  [200_000, 1],
  [200_000, 8],
] as const;
const all = packets.flatMap(rows);

await printJobTable(all);
