import { type AudioCodec, FlvDemuxer, type FlvTag, Muxer, TagRole, type VideoCodec } from '@cloudpush/muxer';
import { expect, test } from 'vitest';
import { loadSeeds, type Seed } from './seeds.js';

type Feed = (muxer: Muxer, tags: FlvTag[]) => void;

function muxed(feed: Feed): { type: number; role: number; timestamp: number; body: string }[] {
  const tags: FlvTag[] = [];
  feed(new Muxer(), tags);
  return tags.map(({ type, role, timestamp, parts }) => {
    return { type, role, timestamp, body: Buffer.concat(parts).toString('hex') };
  });
}

const fromSeed =
  (seed: Seed): Feed =>
  (muxer, tags) => {
    seed.packets.forEach((data, i) => {
      const packet = {
        data,
        headroom: 0,
        dts: 40 * i,
        pts: 40 * i + (seed.codec.startsWith('h26') ? 80 : 0),
      };
      if (seed.media === 'video') muxer.video(seed.codec as VideoCodec, packet, tags);
      else muxer.audio(seed.codec as AudioCodec, packet, tags);
    });
  };

/** Codecs whose configuration, as an elementary stream has it, is a packet that the muxer takes. */
const configPackets = new Set<string>(['h264', 'h265', 'av1', 'opus', 'flac']);

const fromTags =
  (source: ReturnType<typeof muxed>): Feed =>
  (muxer, tags) => {
    const demuxer = new FlvDemuxer();
    for (const { type, timestamp, body } of source) {
      const unit = demuxer.demux({ type, timestamp, payload: Buffer.from(body, 'hex') });
      if (unit === undefined || (unit.kind === 'config' && !configPackets.has(unit.codec))) continue;
      const packet = { data: unit.data, headroom: 0, dts: unit.dts, pts: unit.pts };
      if (unit.track === 'video') muxer.video(unit.codec, packet, tags);
      else muxer.audio(unit.codec, packet, tags);
    }
  };

// A program config element is repeated in front of every frame, so that each can be decoded on its own.
const seeds = loadSeeds().filter(({ name }) => name !== 'aac-pce.aac');

test.for(seeds)('$name, muxed, demuxed and muxed again, is the same', (seed) => {
  const first = muxed(fromSeed(seed));
  expect(first.length).toBeGreaterThan(seed.codec === 'vp9' || seed.codec === 'opus' ? 9 : 3);
  expect(muxed(fromTags(first))).toEqual(first);
  // Parameter sets that follow a picture in its packet would come too late: the header is in front.
  const header = seed.media === 'video' ? TagRole.videoSequenceHeader : TagRole.audioSequenceHeader;
  const hasHeader = !['mp3', 'ac3', 'eac3'].includes(seed.codec);
  expect(first.findIndex(({ role }) => role === header)).toBe(hasHeader ? 0 : -1);
});
