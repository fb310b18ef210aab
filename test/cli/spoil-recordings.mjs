// Loaded in front of `cloudpush receive` (node --import) to make it a bad receiver: when it ends, it does to the second
// channel's recording what SPOIL says. Everywhere else it does nothing. FLV tags: E.4.1 of the FLV File Format 10.1.

import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const FIRST_TAG = 13;
const TAG_OVERHEAD = 15;
const TAG_TYPE = { audio: 8, video: 9 };

/** Offset and length of each tag of a type, with its size in front and behind. */
function tagsOf(flv, type) {
  const tags = [];
  for (let start = FIRST_TAG; start < flv.length; ) {
    const length = flv.readUIntBE(start + 1, 3) + TAG_OVERHEAD;
    if (flv[start] === type) tags.push({ start, length });
    start += length;
  }
  return tags;
}

/** Offset in a tag of the first byte of an AudioSpecificConfig or AVCDecoderConfigurationRecord. */
const CONFIG = { audio: 11 + 2, video: 11 + 5 };

/** Ways to spoil a recording, each on a frame in the midst of the stream or on a sequence header. */
const ways = {
  bit(flv) {
    const { start, length } = tagsOf(flv, TAG_TYPE.video)[10];
    flv[start + length - 20] ^= 1;
    return flv;
  },
  time(flv) {
    const { start } = tagsOf(flv, TAG_TYPE.audio)[10];
    flv.writeUIntBE(flv.readUIntBE(start + 4, 3) + 5, start + 4, 3);
    return flv;
  },
  loss(flv) {
    const { start, length } = tagsOf(flv, TAG_TYPE.audio)[10];
    return Buffer.concat([flv.subarray(0, start), flv.subarray(start + length)]);
  },
  repetition(flv) {
    const { start, length } = tagsOf(flv, TAG_TYPE.video)[10];
    return Buffer.concat([flv.subarray(0, start + length), flv.subarray(start)]);
  },
  // The first tag of each track is its sequence header.
  noseq(flv) {
    const { start, length } = tagsOf(flv, TAG_TYPE.video)[0];
    return Buffer.concat([flv.subarray(0, start), flv.subarray(start + length)]);
  },
  sps(flv) {
    const { start } = tagsOf(flv, TAG_TYPE.video)[0];
    flv[start + CONFIG.video + 16] ^= 1;
    return flv;
  },
  asc(flv) {
    const { start } = tagsOf(flv, TAG_TYPE.audio)[0];
    // samplingFrequencyIndex 3, 48 kHz, becomes 4, 44.1 kHz.
    flv.writeUInt16BE(flv.readUInt16BE(start + CONFIG.audio) ^ ((3 ^ 4) << 7), start + CONFIG.audio);
    return flv;
  },
  prevsize(flv) {
    const { start, length } = tagsOf(flv, TAG_TYPE.video)[10];
    flv[start + length - 1] ^= 1;
    return flv;
  },
  flags(flv) {
    flv[4] = 1;
    return flv;
  },
  cut: (flv) => flv.subarray(0, Math.floor(flv.length * 0.9)),
  absence: () => undefined,
};

function spoilRecordings(folder, way) {
  for (const name of readdirSync(folder)) {
    if (!name.includes('channel-2')) continue;
    const path = join(folder, name);
    const spoiled = ways[way](readFileSync(path));
    if (spoiled === undefined) rmSync(path);
    else writeFileSync(path, spoiled);
  }
}

/** Ends the process as a crash does, when the first stream comes in. */
function dieAtFirstPublish() {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = (text, ...rest) => {
    if (String(text).includes('"event":"publish"')) process.kill(process.pid, 'SIGKILL');
    return write(text, ...rest);
  };
}

if (process.argv.includes('receive')) {
  const { SPOIL } = process.env;
  const folder = process.argv[process.argv.indexOf('--record') + 1];
  if (SPOIL === 'death') dieAtFirstPublish();
  else if (SPOIL === 'chatter') process.stdout.write('a line of somebody else\n');
  else process.once('exit', () => spoilRecordings(folder, SPOIL));
}
