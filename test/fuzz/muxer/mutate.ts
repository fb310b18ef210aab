import type { Random } from './random.js';

const startCodes = [Buffer.from([0, 0, 1]), Buffer.from([0, 0, 0, 1]), Buffer.from([0, 0, 0, 0, 0, 1])];
const interesting = [
  0, 1, 2, 3, 0x7f, 0x80, 0xff, 0x67, 0x68, 0x65, 0x06, 0x0c, 0x40, 0x42, 0x44, 0x4e, 0x26, 0x4c,
];

/** NAL units with the positions of their start codes; for other media the whole packet is one. */
function pieces(data: Buffer): Buffer[] {
  const starts: number[] = [];
  for (let at = data.indexOf(startCodes[0]!); at >= 0; at = data.indexOf(startCodes[0]!, at + 3))
    starts.push(at + 3);
  if (starts.length === 0) return [data];
  return starts.map((start, i) =>
    data.subarray(start, i + 1 < starts.length ? starts[i + 1]! - 3 : data.length),
  );
}

/**
 * The NAL units of a packet put together anew: other start codes, other order, some twice, some of another
 * packet.
 */
function reassemble(data: Buffer, other: Buffer, random: Random): Buffer {
  const nals = pieces(data).concat(random.chance(3) ? pieces(other) : []);
  const parts: Buffer[] = [];
  for (let i = 0; i < nals.length; i++) {
    if (random.chance(12)) continue;
    const nal = random.chance(8) ? random.pick(nals) : nals[i]!;
    parts.push(random.chance(4) ? random.pick(startCodes) : startCodes[1]!, nal);
    if (random.chance(10)) parts.push(Buffer.alloc(random.below(4)));
    if (random.chance(10))
      parts.push(startCodes[1]!, Buffer.from([random.pick([0x0c, 0x4c, 0x46, 0x09]), 1, 0xff, 0x80]));
  }
  return Buffer.concat(parts);
}

/** Changes bits, where headers are more often than elsewhere. */
function flip(data: Buffer, random: Random): Buffer {
  const changed = Buffer.from(data);
  for (let left = 1 + random.below(4); left > 0 && changed.length > 0; left--) {
    const nal = random.pick(pieces(changed));
    const start = nal.byteOffset - changed.byteOffset;
    const at = random.chance(3)
      ? random.below(changed.length)
      : start + random.below(Math.min(48, nal.length) || 1);
    if (at >= changed.length) continue;
    changed[at] = random.chance(3) ? random.pick(interesting) : changed[at]! ^ (1 << random.below(8));
  }
  return changed;
}

function cut(data: Buffer, random: Random): Buffer {
  const at = random.below(data.length + 1);
  return random.chance(3) ? data.subarray(at) : data.subarray(0, at);
}

function insert(data: Buffer, random: Random): Buffer {
  const at = random.below(data.length + 1);
  const filling = Buffer.alloc(random.below(6), random.pick(interesting));
  return Buffer.concat([data.subarray(0, at), filling, data.subarray(at)]);
}

/**
 * Some other packet than `data`, in ways that encoders, networks and attackers change packets; sometimes as
 * it was.
 */
export function mutate(data: Uint8Array, other: Uint8Array, random: Random): Buffer {
  let changed: Buffer = Buffer.from(data);
  if (random.chance(3)) return changed;
  for (let steps = 1 + random.below(2); steps > 0; steps--) {
    switch (random.below(6)) {
      case 0:
        changed = reassemble(changed, Buffer.from(other), random);
        break;
      case 1:
        changed = Buffer.concat([changed, Buffer.from(other)]);
        break;
      case 2:
        changed = cut(changed, random);
        break;
      case 3:
        changed = insert(changed, random);
        break;
      default:
        changed = flip(changed, random);
    }
  }
  return changed;
}
