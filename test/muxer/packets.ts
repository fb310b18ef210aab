import { run } from '../support/process.js';

/** Frames of an IVF file: a 32-byte header, then size, 64-bit time and frame. */
export function ivfFrames(file: Buffer): Buffer[] {
  const frames: Buffer[] = [];
  for (let at = 32; at < file.length; ) {
    const size = file.readUInt32LE(at);
    frames.push(file.subarray(at + 12, at + 12 + size));
    at += 12 + size;
  }
  return frames;
}

/** Packets of an Ogg file with one logical stream (RFC 3533 §6). */
export function oggPackets(file: Buffer): Buffer[] {
  const packets: Buffer[] = [];
  let packet: Buffer[] = [];
  for (let at = 0; at < file.length; ) {
    const segments = file[at + 26]!;
    let dataAt = at + 27 + segments;
    for (const size of file.subarray(at + 27, at + 27 + segments)) {
      packet.push(file.subarray(dataAt, dataAt + size));
      dataAt += size;
      if (size === 255) continue;
      packets.push(Buffer.concat(packet));
      packet = [];
    }
    at = dataAt;
  }
  return packets;
}

/** The bytes of the packets of a file, as ffprobe finds them. */
export async function packetData(file: string): Promise<Buffer[]> {
  const args = ['-v', 'error', '-show_packets', '-show_data', '-of', 'json', file];
  const { code, stdout, stderr } = await run('ffprobe', args, { timeoutMs: 30_000 });
  if (code !== 0) throw new Error(`ffprobe ${file} ended with ${code}: ${stderr}`);
  const { packets } = JSON.parse(stdout) as { packets: { data: string }[] };
  return packets.map(({ data }) => {
    // Lines of a hex dump: offset, up to eight groups of digits, text.
    const lines = data.trim().split('\n');
    return Buffer.from(lines.map((line) => line.slice(10, 50).replaceAll(' ', '')).join(''), 'hex');
  });
}
